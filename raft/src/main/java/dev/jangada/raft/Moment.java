package dev.jangada.raft;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * As much of a core's state as {@link RaftInvariants} look at. Filled in after every step, into the
 * same two objects in turn: a {@link RaftStatus} for each step would cost more than the checks do.
 */
final class Moment {
  long id;
  long term;
  long vote;
  RaftRole role = RaftRole.FOLLOWER;
  long leader;

  /** The last entry that was cut off from the beginning of the log. */
  EntryId base = EntryId.NONE;

  long lastIndex;
  long lastTerm;
  long durable;
  long committed;
  long applied;
  Configuration configuration = new Configuration(0, Membership.NONE);

  /**
   * The last entry of the snapshot that is being installed in place of the log; null if none is.
   */
  @Nullable EntryId installing;

  /** On a leader, what it knows of the others; null elsewhere. */
  @Nullable Followers followers;

  /** Takes everything over from a core. */
  Moment set(
      long nodeId,
      long nowTerm,
      long nowVote,
      Role nowRole,
      long nowLeader,
      RaftLog log,
      @Nullable SnapshotMetadata nowInstalling) {
    id = nodeId;
    term = nowTerm;
    vote = nowVote;
    role = nowRole.kind();
    leader = nowLeader;
    base = log.base();
    lastIndex = log.last();
    lastTerm = log.lastTerm();
    durable = log.durable();
    committed = log.committed();
    applied = log.applied();
    configuration = log.configuration();
    installing = nowInstalling == null ? null : nowInstalling.last();
    followers = nowRole instanceof Role.Leader leads ? leads.followers : null;
    return this;
  }

  /** The same for whoever asks from outside, with what only a leader has. */
  RaftStatus status(Role nowRole) {
    Role.Leader leads = nowRole instanceof Role.Leader leading ? leading : null;
    return new RaftStatus(
        id,
        term,
        vote,
        role,
        leader,
        base,
        last(),
        durable,
        committed,
        applied,
        leads == null ? 0 : leads.uncommittedBytes,
        leads == null ? 0 : leads.reads.size(),
        leads == null ? 0 : leads.transferee,
        configuration,
        leads == null ? List.of() : leads.followers.status());
  }

  EntryId last() {
    return new EntryId(lastIndex, lastTerm);
  }

  Membership membership() {
    return configuration.membership();
  }
}
