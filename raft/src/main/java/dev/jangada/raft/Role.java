package dev.jangada.raft;

import java.util.LinkedHashSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** What a node is at the moment, with only the state that exists in that role (paper, Figure 4). */
sealed interface Role {

  RaftRole kind();

  /** The pre-votes for the next term; null if this node is not asking for any. */
  default @Nullable Tally preVotes() {
    return null;
  }

  /** What is left when a majority has refused them. */
  default Role withoutPreVotes() {
    return new Follower(0);
  }

  /** Follows a leader, or waits for one. */
  final class Follower implements Role {
    /**
     * How many reads a follower keeps in mind that the leader has not answered. Where messages are
     * lost, the oldest are given up rather than kept for as long as the leader stays.
     */
    static final int MAX_FORWARDED_READS = 1024;

    /** The leader of the current term, 0 while unknown. */
    final long leader;

    /** Reads that this node asked the leader about and has heard nothing of, oldest first. */
    final LinkedHashSet<Long> forwardedReads = new LinkedHashSet<>();

    Follower(long leader) {
      this.leader = leader;
    }

    @Override
    public RaftRole kind() {
      return RaftRole.FOLLOWER;
    }
  }

  /** The votes for and against a candidate. */
  final class Tally {
    private final VoterSets voters;
    private final TreeSet<Long> granted = new TreeSet<>();
    private final TreeSet<Long> refused = new TreeSet<>();

    Tally(Membership membership) {
      this.voters = new VoterSets(membership);
    }

    /** Counts one node's answer, the first that it gives; that of one without a vote is nothing. */
    Quorum.Outcome count(long voter, boolean vote) {
      if (!granted.contains(voter) && !refused.contains(voter)) {
        (vote ? granted : refused).add(voter);
      }
      return voters.outcome(granted, refused);
    }

    boolean isGrantedBy(long voter) {
      return granted.contains(voter);
    }
  }

  /** Has no leader: a node that campaigns has given up on the one it had. */
  final class PreCandidate implements Role {
    private final Tally preVotes;

    PreCandidate(Tally preVotes) {
      this.preVotes = preVotes;
    }

    @Override
    public Tally preVotes() {
      return preVotes;
    }

    @Override
    public RaftRole kind() {
      return RaftRole.PRE_CANDIDATE;
    }
  }

  /**
   * Campaigns in the current term. When its time is up it asks whether it could win the next one,
   * and until it enters that the votes of this one still count, however late they come: nobody else
   * can have them.
   */
  final class Candidate implements Role {
    final Tally votes;

    private final @Nullable Tally preVotes;

    Candidate(Membership membership) {
      votes = new Tally(membership);
      preVotes = null;
    }

    private Candidate(Tally votes, @Nullable Tally preVotes) {
      this.votes = votes;
      this.preVotes = preVotes;
    }

    /** The same candidate, asking for pre-votes. */
    Candidate asking(Membership membership) {
      return new Candidate(votes, new Tally(membership));
    }

    @Override
    public @Nullable Tally preVotes() {
      return preVotes;
    }

    @Override
    public Role withoutPreVotes() {
      return new Candidate(votes, null);
    }

    /** What is left when a majority has refused its vote: that says nothing about the next term. */
    Role withoutVotes() {
      return preVotes == null ? new Follower(0) : new PreCandidate(preVotes);
    }

    @Override
    public RaftRole kind() {
      return RaftRole.CANDIDATE;
    }
  }

  /** Leads the current term. */
  final class Leader implements Role {
    final long term;

    private final RaftLog log;

    /** Where each other member's log stands. */
    final Followers followers;

    final ReadRounds reads = new ReadRounds();

    final Replication replication;

    /** Index of the first entry that this leader appended in its term. */
    final long firstIndex;

    /** Weight of this leader's own entries that are not committed. */
    long uncommittedBytes;

    /** Node that the leadership is being handed to, 0 if none. */
    long transferee;

    int transferElapsed;

    /**
     * Whether another node was told to campaign at once. From then on a new leader may arise at any
     * time in spite of every lease, even if the transfer seems to have failed.
     */
    boolean leaseForfeited;

    Leader(RaftConfig config, long term, RaftLog log) {
      this.term = term;
      this.log = log;
      this.firstIndex = log.last() + 1;
      this.replication = new Replication(config, term, log, reads);
      this.followers = new Followers(config, log.membership(), firstIndex);
    }

    /** Before that, a new leader does not know what is committed (dissertation, section 6.4). */
    boolean hasCommittedInItsTerm() {
      return log.term(log.committed()) == term;
    }

    /** Whether there is something to be sent. */
    boolean owes() {
      if (reads.hasWaiting() && hasCommittedInItsTerm()) {
        return true;
      }
      for (Progress progress : followers.all()) {
        if (replication.owes(progress)) {
          return true;
        }
      }
      return false;
    }

    /** Notes what an answer says by merely being there; null if it is no follower's. */
    @Nullable Progress heard(long from, long readRound) {
      Progress progress = followers.progress(from);
      if (progress == null || readRound > reads.current()) {
        return null;
      }
      progress.heard();
      progress.confirmedRound = Math.max(progress.confirmedRound, readRound);
      return progress;
    }

    /** Why a proposal cannot be taken now; null if it can. */
    @Nullable Refusal objection(Proposal proposal, RaftConfig config) {
      if (proposal.data().length > config.maxEntryBytes()) {
        return Refusal.TOO_LARGE;
      }
      if (transferee != 0) {
        return Refusal.TRANSFERRING;
      }
      boolean isTooMuch = uncommittedBytes + proposal.weight() > config.maxUncommittedBytes();
      return uncommittedBytes > 0 && isTooMuch ? Refusal.TOO_MANY_UNCOMMITTED : null;
    }

    /** How many ticks it takes until one of them makes a difference to a follower or a transfer. */
    int ticksUntilDue(RaftConfig config) {
      int due =
          transferee == 0 ? Integer.MAX_VALUE : config.electionTimeoutTicks() - transferElapsed;
      for (Progress progress : followers.all()) {
        due = Math.min(due, progress.ticksUntilDue());
      }
      return due;
    }

    @Override
    public RaftRole kind() {
      return RaftRole.LEADER;
    }
  }
}
