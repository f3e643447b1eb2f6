/**
 * Stories of several nodes, told as text: each stanza of a file in {@code
 * src/test/resources/stories} is a command and the trace that it must give. Read {@link
 * dev.jangada.raft.interaction.StoriesTest} first.
 */
@NullMarked
package dev.jangada.raft.interaction;

import org.jspecify.annotations.NullMarked;
