/**
 * The consensus core: Raft as a pure, deterministic function of the messages, ticks and proposals
 * it is fed, with no thread, clock, file, socket or logger. Read {@link dev.jangada.raft.Raft}
 * first, then {@link dev.jangada.raft.Ready}.
 *
 * <p>References are to Ongaro and Ousterhout, "In Search of an Understandable Consensus Algorithm"
 * (the paper), and Ongaro, "Consensus: Bridging Theory and Practice" (the dissertation).
 */
@NullMarked
package dev.jangada.raft;

import org.jspecify.annotations.NullMarked;
