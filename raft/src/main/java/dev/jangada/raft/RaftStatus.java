package dev.jangada.raft;

import java.util.List;

/**
 * A core's state at one moment, for people, metrics and {@link RaftInvariants}.
 *
 * @param id the node
 * @param term its current term
 * @param vote whom it voted for in that term, 0 for nobody
 * @param role what it is
 * @param leader the leader it knows of in that term, 0 for none
 * @param base identity of the last entry that was cut off from the beginning of its log, {@link
 *     EntryId#NONE} if none was
 * @param last identity of its last log entry; {@code base} if it has none
 * @param durable index up to which its log is durable on its own disk
 * @param committed its commit index
 * @param applied index up to which its state machine has reported entries applied
 * @param uncommittedBytes on a leader, the weight of its own uncommitted entries
 * @param pendingReads on a leader, the number of linearizable reads waiting to be confirmed
 * @param transferee on a leader, the node that the leadership is being handed to, 0 for none
 * @param configuration the configuration in force and where it is in the log; committed if {@code
 *     committed} reaches so far
 * @param followers on a leader, what it knows of the others; empty elsewhere
 */
public record RaftStatus(
    long id,
    long term,
    long vote,
    RaftRole role,
    long leader,
    EntryId base,
    EntryId last,
    long durable,
    long committed,
    long applied,
    long uncommittedBytes,
    int pendingReads,
    long transferee,
    Configuration configuration,
    List<FollowerStatus> followers) {

  /** Who belongs to the cluster, as far as this node knows. */
  public Membership membership() {
    return configuration.membership();
  }

  /**
   * What a leader knows of one follower.
   *
   * @param id the follower
   * @param match index up to which its durable log is known to equal the leader's
   * @param next index of the next entry to be sent to it
   * @param probing whether the leader is still finding out where the logs match
   * @param needsSnapshot whether the log no longer has the entry at {@code next}, so that nothing
   *     but signs of life is sent until a snapshot has brought the follower further; never together
   *     with {@code probing}
   * @param inflightAppends appends on their way, 0 unless the logs are known to match
   * @param inflightBytes bytes of entries on their way, 0 unless the logs are known to match
   * @param recentlyActive whether it was heard since the last check of the quorum
   * @param reachable whether it was heard within the last election timeout
   * @param caughtUp whether a learner could be promoted: it is reachable, and has what the leader
   *     had an election timeout ago
   */
  public record FollowerStatus(
      long id,
      long match,
      long next,
      boolean probing,
      boolean needsSnapshot,
      int inflightAppends,
      long inflightBytes,
      boolean recentlyActive,
      boolean reachable,
      boolean caughtUp) {}
}
