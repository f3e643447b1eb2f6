/**
 * The threads of a node: one that runs the driver, one that writes the log, one that runs the state
 * machine, one that works at snapshots, and the mailboxes between them. Read {@link
 * dev.jangada.node.thread.DriverThread} first.
 *
 * <p>Internal: all that is public here is so for {@link dev.jangada.node.RaftNode} only.
 */
@NullMarked
package dev.jangada.node.thread;

import org.jspecify.annotations.NullMarked;
