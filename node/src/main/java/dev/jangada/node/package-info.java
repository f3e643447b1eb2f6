/**
 * The runtime around the consensus core. Read {@link dev.jangada.node.RaftNode} first to embed a
 * replicated state machine, and {@link dev.jangada.node.driver.RaftDriver} first to see how one
 * works.
 */
@NullMarked
package dev.jangada.node;

import org.jspecify.annotations.NullMarked;
