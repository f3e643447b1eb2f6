package dev.jangada.raft;

import java.util.LinkedHashSet;
import java.util.TreeSet;

/** What a node is at the moment, with only the state that exists in that role (paper, Figure 4). */
sealed interface Role {

  RaftRole kind();

  /** Follows a leader, or waits for one. */
  final class Follower implements Role {
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
  }

  /** Has no leader: a node that campaigns has given up on the one it had. */
  final class PreCandidate implements Role {
    final Tally tally;

    PreCandidate(Membership membership) {
      tally = new Tally(membership);
    }

    @Override
    public RaftRole kind() {
      return RaftRole.PRE_CANDIDATE;
    }
  }

  /** Campaigns in the current term. */
  final class Candidate implements Role {
    final Tally tally;

    Candidate(Membership membership) {
      tally = new Tally(membership);
    }

    @Override
    public RaftRole kind() {
      return RaftRole.CANDIDATE;
    }
  }

  /** Leads the current term. */
  final class Leader implements Role {
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
      this.firstIndex = log.last() + 1;
      this.replication = new Replication(config, term, log, reads);
      this.followers = new Followers(config, log.membership(), firstIndex);
    }

    @Override
    public RaftRole kind() {
      return RaftRole.LEADER;
    }
  }
}
