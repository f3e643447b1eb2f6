package dev.jangada.raft;

import java.util.List;

/**
 * The settings of a {@link Raft}. Times are in ticks of {@link Raft#tick()}, sizes in bytes of
 * {@link Entry#weight()}.
 *
 * @param id this node, not 0
 * @param initialMembership who belongs to the cluster as long as the log does not say: voters, this
 *     node among them, the same at each of them. {@link Membership#NONE} for a node that joins a
 *     cluster: it does nothing by itself until it hears from one that lets it in
 * @param electionTimeoutTicks a follower campaigns after a random wait of this to just below twice
 *     this without a word from a leader; at least twice {@code heartbeatTicks}
 * @param heartbeatTicks how often an idle leader writes to its followers, at least 1
 * @param preVote whether a node asks if it could win before it raises its term (dissertation,
 *     section 9.6)
 * @param checkQuorum whether a leader that does not hear from a majority for an election timeout
 *     steps down (dissertation, section 6.2), and a follower that hears from its leader refuses to
 *     vote it out. Without it, a node that was removed and has not heard of it must be stopped: it
 *     campaigns, and voters that do not know of its removal either let it depose leader after
 *     leader (section 4.2.3)
 * @param leaseReads whether a leader whose lease a majority renewed less than {@code leaseNanos}
 *     ago answers a read without asking (dissertation, section 6.4.1). Needs {@code checkQuorum},
 *     and clocks whose rates differ by no more than what the margin between the lease and the
 *     election timeout allows
 * @param leaseNanos length of the lease, measured from when the confirmed message was sent
 * @param noop whether a new leader appends an empty entry. Without it, a new leader neither commits
 *     earlier terms' entries nor serves reads until a command of its own term is committed; only a
 *     laboratory that counts indices wants that
 * @param maxEntryBytes largest command that is accepted
 * @param maxUncommittedBytes a leader refuses proposals beyond this many uncommitted bytes, unless
 *     there are none
 * @param maxAppendBytes how much one append carries, unless a single entry is larger
 * @param maxInflightAppends appends with entries on their way to one follower
 * @param maxInflightBytes once this many bytes of entries are on their way to one follower, no more
 *     are sent to it
 * @param maxApplyBytes how much one {@link Ready} hands out to be applied, unless a single entry is
 *     larger
 * @param maxUnappliedBytes bytes handed out to be applied and not yet reported applied, beyond
 *     which no more are handed out
 * @param maxCachedBytes how much of the log stays in memory; older entries are read back by the
 *     {@link EntryReader}
 */
public record RaftConfig(
    long id,
    Membership initialMembership,
    int electionTimeoutTicks,
    int heartbeatTicks,
    boolean preVote,
    boolean checkQuorum,
    boolean leaseReads,
    long leaseNanos,
    boolean noop,
    long maxEntryBytes,
    long maxUncommittedBytes,
    long maxAppendBytes,
    int maxInflightAppends,
    long maxInflightBytes,
    long maxApplyBytes,
    long maxUnappliedBytes,
    long maxCachedBytes) {

  public RaftConfig {
    require(id != 0, "id must not be 0");
    require(
        !initialMembership.isKnown() || initialMembership.isVoter(id),
        "the initial members " + initialMembership + " do not contain this node, " + id);
    require(
        MembershipCodec.size(initialMembership) <= MembershipCodec.MAX_BYTES,
        "there are too many initial members");
    require(heartbeatTicks >= 1, "heartbeatTicks must be at least 1, is " + heartbeatTicks);
    require(
        electionTimeoutTicks >= 2 * heartbeatTicks,
        "electionTimeoutTicks ("
            + electionTimeoutTicks
            + ") must be at least twice heartbeatTicks ("
            + heartbeatTicks
            + ")");
    require(!leaseReads || checkQuorum, "leaseReads needs checkQuorum");
    require(!leaseReads || leaseNanos > 0, "leaseNanos must be positive, is " + leaseNanos);
    require(maxEntryBytes > 0, "maxEntryBytes must be positive, is " + maxEntryBytes);
    require(
        maxUncommittedBytes > 0, "maxUncommittedBytes must be positive, is " + maxUncommittedBytes);
    require(maxAppendBytes > 0, "maxAppendBytes must be positive, is " + maxAppendBytes);
    require(
        maxInflightAppends > 0, "maxInflightAppends must be positive, is " + maxInflightAppends);
    require(maxInflightBytes > 0, "maxInflightBytes must be positive, is " + maxInflightBytes);
    require(maxApplyBytes > 0, "maxApplyBytes must be positive, is " + maxApplyBytes);
    require(maxUnappliedBytes > 0, "maxUnappliedBytes must be positive, is " + maxUnappliedBytes);
    require(maxCachedBytes > 0, "maxCachedBytes must be positive, is " + maxCachedBytes);
  }

  private static void require(boolean condition, String message) {
    if (!condition) {
      throw new IllegalArgumentException(message);
    }
  }

  /** The defaults for this node in this cluster, to be changed one by one. */
  public static Builder builder(long id, List<Long> voters) {
    return builder(id, Membership.ofVoters(voters));
  }

  /** The same with members that have addresses, or for a node that joins. */
  public static Builder builder(long id, Membership initialMembership) {
    return new Builder(id, initialMembership);
  }

  /** Collects settings that differ from the defaults. For one thread. */
  public static final class Builder {
    private final long id;
    private final Membership initialMembership;
    private int electionTimeoutTicks = 10;
    private int heartbeatTicks = 1;
    private boolean preVote = true;
    private boolean checkQuorum = true;
    private boolean leaseReads;
    private long leaseNanos;
    private boolean noop = true;
    private long maxEntryBytes = 8L << 20;
    private long maxUncommittedBytes = 256L << 20;
    private long maxAppendBytes = 1L << 20;
    private int maxInflightAppends = 256;
    private long maxInflightBytes = 16L << 20;
    private long maxApplyBytes = 4L << 20;
    private long maxUnappliedBytes = 64L << 20;
    private long maxCachedBytes = 64L << 20;

    private Builder(long id, Membership initialMembership) {
      this.id = id;
      this.initialMembership = initialMembership;
    }

    /** See {@link RaftConfig#electionTimeoutTicks}; 10 by default. */
    public Builder electionTimeoutTicks(int ticks) {
      electionTimeoutTicks = ticks;
      return this;
    }

    /** See {@link RaftConfig#heartbeatTicks}; 1 by default. */
    public Builder heartbeatTicks(int ticks) {
      heartbeatTicks = ticks;
      return this;
    }

    /** See {@link RaftConfig#preVote}; on by default. */
    public Builder preVote(boolean on) {
      preVote = on;
      return this;
    }

    /** See {@link RaftConfig#checkQuorum}; on by default. */
    public Builder checkQuorum(boolean on) {
      checkQuorum = on;
      return this;
    }

    /**
     * Turns lease reads on, which are off by default.
     *
     * @param nanos length of the lease, positive; see {@link RaftConfig#leaseNanos}
     */
    public Builder leaseReads(long nanos) {
      leaseReads = true;
      leaseNanos = nanos;
      return this;
    }

    /** See {@link RaftConfig#noop}; on by default. */
    public Builder noop(boolean on) {
      noop = on;
      return this;
    }

    /** See {@link RaftConfig#maxEntryBytes}; 8 MiB by default. */
    public Builder maxEntryBytes(long bytes) {
      maxEntryBytes = bytes;
      return this;
    }

    /** See {@link RaftConfig#maxUncommittedBytes}; 256 MiB by default. */
    public Builder maxUncommittedBytes(long bytes) {
      maxUncommittedBytes = bytes;
      return this;
    }

    /** See {@link RaftConfig#maxAppendBytes}; 1 MiB by default. */
    public Builder maxAppendBytes(long bytes) {
      maxAppendBytes = bytes;
      return this;
    }

    /** See {@link RaftConfig#maxInflightAppends}; 256 by default. */
    public Builder maxInflightAppends(int appends) {
      maxInflightAppends = appends;
      return this;
    }

    /** See {@link RaftConfig#maxInflightBytes}; 16 MiB by default. */
    public Builder maxInflightBytes(long bytes) {
      maxInflightBytes = bytes;
      return this;
    }

    /** See {@link RaftConfig#maxApplyBytes}; 4 MiB by default. */
    public Builder maxApplyBytes(long bytes) {
      maxApplyBytes = bytes;
      return this;
    }

    /** See {@link RaftConfig#maxUnappliedBytes}; 64 MiB by default. */
    public Builder maxUnappliedBytes(long bytes) {
      maxUnappliedBytes = bytes;
      return this;
    }

    /** See {@link RaftConfig#maxCachedBytes}; 64 MiB by default. */
    public Builder maxCachedBytes(long bytes) {
      maxCachedBytes = bytes;
      return this;
    }

    /**
     * Checks the settings together.
     *
     * @throws IllegalArgumentException if they contradict each other
     */
    public RaftConfig build() {
      return new RaftConfig(
          id,
          initialMembership,
          electionTimeoutTicks,
          heartbeatTicks,
          preVote,
          checkQuorum,
          leaseReads,
          leaseNanos,
          noop,
          maxEntryBytes,
          maxUncommittedBytes,
          maxAppendBytes,
          maxInflightAppends,
          maxInflightBytes,
          maxApplyBytes,
          maxUnappliedBytes,
          maxCachedBytes);
    }
  }
}
