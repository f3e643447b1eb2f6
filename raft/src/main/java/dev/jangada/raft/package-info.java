/**
 * The consensus core: Raft as a pure, deterministic function of the messages, ticks and proposals
 * it is fed, with no thread, clock, file, socket or logger. Read {@link dev.jangada.raft.Raft}
 * first, then {@link dev.jangada.raft.Ready}.
 *
 * <h2>Design</h2>
 *
 * <p>{@link dev.jangada.raft.Raft} is a function, not a server. It starts no thread, reads no
 * clock, touches no disk and sends nothing; it says in a {@link dev.jangada.raft.Ready} what has to
 * be written, sent and applied, and in which order, and is told through {@code persisted} and
 * {@code applied} what has been done. Time comes as {@code tick}, chance from the seeded generator
 * given to the constructor. The same inputs therefore give the same outputs, in production as in a
 * simulation.
 *
 * <p>What a node is, is a {@code Role} object that holds the state of that role and nothing else;
 * it is exchanged in exactly one place, {@code become}. Inputs only change state; what is to be
 * sent to followers is decided when {@code ready} is called, so that everything that has
 * accumulated since the last call travels in one batch, and nothing ever waits for a timer.
 * Messages and answers wait for that call in the {@code Outbox}; how a node comes by the index of a
 * read is in {@code LinearizableReads}.
 *
 * <p>Writing goes on beside everything else: several Readys may be under way. The leader sends
 * entries while its own disk still writes them, and counts itself among the majority only once they
 * are durable. Whatever a node promises to others (a granted vote, an accepted append, a request
 * for votes that tells the end of its log) is in {@link dev.jangada.raft.Ready#sendAfterPersist()}.
 *
 * <p>The rules come from the paper (Figure 2 and sections 5 to 8) and the dissertation: pre-vote
 * (9.6), leader stickiness and quorum check (4.2.3, 6.2), leadership transfer (3.10), linearizable
 * reads (6.4), pipelining (10.2.1). {@link dev.jangada.raft.RaftInvariants} are checked after every
 * input.
 *
 * <p>Of snapshots (paper, section 7) it knows identities, not bytes. It says which follower needs
 * one and when a node has to install one; pieces and acknowledgements pass through it for the sake
 * of their terms and are handed on.
 *
 * <p>Who belongs to the cluster is in the log, too, and in force from when it is appended
 * (dissertation, chapter 4): {@link dev.jangada.raft.Membership} says who decides, {@code
 * Reconfiguration} what may follow on what, {@code Followers} what a leader knows of the others. A
 * node asks nobody whether it may listen: it answers whoever writes to it, because its own log may
 * be behind, but for those whose removal is committed.
 *
 * <p>Rejected: a fixed batching delay, which costs a lone client latency and gains a busy cluster
 * nothing over batching by accumulation; a heartbeat message of its own, which would carry the
 * commit index without the check of the log that an empty append makes; and applying entries that a
 * majority has but this node's own disk does not, which would let a state machine be ahead of its
 * log after a crash.
 *
 * <h2>References</h2>
 *
 * <p>References are to Ongaro and Ousterhout, "In Search of an Understandable Consensus Algorithm"
 * (the paper), and Ongaro, "Consensus: Bridging Theory and Practice" (the dissertation).
 */
@NullMarked
package dev.jangada.raft;

import org.jspecify.annotations.NullMarked;
