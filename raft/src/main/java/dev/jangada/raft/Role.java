package dev.jangada.raft;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.TreeSet;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

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
    private final int voters;
    private final TreeSet<Long> granted = new TreeSet<>();
    private final TreeSet<Long> refused = new TreeSet<>();

    Tally(int voters) {
      this.voters = voters;
    }

    /** Counts one voter's answer, the first that it gives. */
    Quorum.Outcome count(long voter, boolean vote) {
      if (!granted.contains(voter) && !refused.contains(voter)) {
        (vote ? granted : refused).add(voter);
      }
      return Quorum.outcome(voters, granted.size(), refused.size());
    }
  }

  /** Has no leader: a node that campaigns has given up on the one it had. */
  final class PreCandidate implements Role {
    final Tally tally;

    PreCandidate(int voters) {
      tally = new Tally(voters);
    }

    @Override
    public RaftRole kind() {
      return RaftRole.PRE_CANDIDATE;
    }
  }

  /** Campaigns in the current term. */
  final class Candidate implements Role {
    final Tally tally;

    Candidate(int voters) {
      tally = new Tally(voters);
    }

    @Override
    public RaftRole kind() {
      return RaftRole.CANDIDATE;
    }
  }

  /** Leads the current term. */
  final class Leader implements Role {
    /** Where each other voter's log stands, in the order of the configuration. */
    final List<Progress> followers;

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
      this.followers =
          config.voters().stream()
              .filter(peer -> peer != config.id())
              .map(peer -> new Progress(peer, firstIndex, config))
              .toList();
    }

    /** What a majority has reached in some respect, this leader being one of its members. */
    long reachedByMajority(long own, ToLongFunction<Progress> of) {
      long[] reached = new long[followers.size() + 1];
      reached[0] = own;
      for (int i = 1; i < reached.length; i++) {
        reached[i] = of.applyAsLong(followers.get(i - 1));
      }
      return Quorum.reachedByMajority(reached);
    }

    /** Whether a majority was heard of since the last time that this was asked. */
    boolean heardFromMajority() {
      int active = 1;
      for (Progress progress : followers) {
        if (progress.recentlyActive) {
          active++;
        }
        progress.recentlyActive = false;
      }
      return active >= Quorum.majority(followers.size() + 1);
    }

    @Nullable Progress progress(long id) {
      for (Progress progress : followers) {
        if (progress.id == id) {
          return progress;
        }
      }
      return null;
    }

    @Override
    public RaftRole kind() {
      return RaftRole.LEADER;
    }
  }
}
