package dev.jangada.raft;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What must happen next, in the only permitted order. The names carry the durability rule: what may
 * leave before the write to disk and what may not.
 *
 * <p>Several Readys may be under way at once, but each step of them in the order in which they were
 * made: hard state and entries of an earlier one are made durable first, and a {@link
 * #sendAfterPersist} message waits for the writes of its own Ready and of all earlier ones, even
 * where its own has none.
 *
 * @param sendNow messages that promise nothing which is not durable yet
 * @param hardState term and vote to be made durable before, or together with, {@code append}; null
 *     when unchanged
 * @param append entries to be made durable in order; when the first one's index is not past the end
 *     of the log on disk, it replaces that entry and everything after it
 * @param sendAfterPersist acknowledgements and granted votes: only after what they promise is
 *     durable
 * @param persisted receipt to be handed to {@link Raft#persisted} when {@code hardState} and {@code
 *     append} are durable; null when there is nothing to persist
 * @param discardUpTo entries up to this index are to be removed from the beginning of the log on
 *     disk, after the writes of this Ready and of all earlier ones; nobody waits for it. 0 for none
 * @param apply committed entries, contiguous with those of the Ready before, or with the snapshot
 *     installed in between; {@link Raft#applied} reports back
 * @param reads outcomes of linearizable reads
 * @param refused this node's own forwarded proposals that the leader turned down
 * @param snapshotsWanted followers that need a snapshot, because the log no longer has their next
 *     entry. Each is named once and then again only after {@link Raft#snapshotSent} has told how it
 *     went
 * @param snapshotMessages chunks and acknowledgements of snapshots that came from other nodes, in
 *     order, their senders and terms checked
 * @param membership the configuration in force, if it is another one than at the Ready before:
 *     whoever carries messages learns from it with whom to keep connections. Null if it is the same
 * @param install a snapshot that {@link Raft#snapshotReceived} announced is to be installed, after
 *     the writes of this Ready and of all earlier ones, and after what was handed out to be
 *     applied: the state machine is replaced by it, the log on disk becomes empty after it, and
 *     when both are durable {@link Raft#snapshotInstalled} is told. Until then no Ready appends or
 *     applies an entry. The stored snapshot outlives both steps, so that a node that finds only one
 *     of them done when it starts can do the other. Null for none
 */
public record Ready(
    List<Message> sendNow,
    @Nullable HardState hardState,
    List<Entry> append,
    List<Message> sendAfterPersist,
    @Nullable Persisted persisted,
    long discardUpTo,
    List<Entry> apply,
    List<ReadState> reads,
    List<Message.ForwardRefused> refused,
    List<Long> snapshotsWanted,
    List<Message> snapshotMessages,
    @Nullable Membership membership,
    @Nullable SnapshotMetadata install) {}
