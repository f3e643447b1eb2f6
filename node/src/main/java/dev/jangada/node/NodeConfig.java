package dev.jangada.node;

import dev.jangada.node.snapshot.SnapshotPolicy;
import dev.jangada.node.transport.TransportConfig;
import dev.jangada.raft.Entry;
import dev.jangada.raft.Member;
import dev.jangada.raft.Membership;
import dev.jangada.raft.RaftConfig;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The settings of a {@link RaftNode}, checked together, and what follows from them.
 *
 * <p>The node counts time in ticks of a tenth of the heartbeat interval: fine enough that the
 * random election timeouts of a few nodes seldom meet in the same tick (there are about fifty to
 * choose from by default), and coarse enough that an idle node wakes up only a hundred times a
 * second.
 *
 * @param id this node's name, one of the peers'
 * @param cluster name of the cluster
 * @param identity the ids, where they do not follow from the names: then the node does not begin a
 *     cluster with its peers, but finds out who belongs to it; null where they do
 * @param peers all members; where an identity is given, only this one counts
 * @param listenHost where to listen
 * @param listenPort where to listen
 */
record NodeConfig(
    String id,
    String cluster,
    @Nullable NodeIdentity identity,
    List<Peer> peers,
    String listenHost,
    int listenPort,
    Duration heartbeatInterval,
    Duration electionTimeout,
    Duration requestTimeout,
    boolean preVote,
    boolean checkQuorum,
    boolean leaseReads,
    boolean noop,
    int maxEntryBytes,
    long maxPendingBytes,
    long maxUncommittedBytes,
    long snapshotEntries,
    long retainedEntries) {

  private static final int TICKS_PER_HEARTBEAT = 10;
  private static final Duration SHORTEST_TICK = Duration.ofMillis(1);
  private static final Duration LONGEST_TIMEOUT = Duration.ofDays(365);

  /** What an encoded message may hold beside its entries and their weight. */
  private static final int MESSAGE_OVERHEAD_BYTES = 64 << 10;

  /**
   * How much shorter than the election timeout a lease is, as a divisor: clocks may drift apart by
   * a tenth before a lease outlives the patience of the followers.
   */
  private static final int LEASE_MARGIN_DIVISOR = 10;

  NodeConfig {
    peers = List.copyOf(peers);
    checkPeers(id, cluster, identity == null, peers);
    checkTimes(heartbeatInterval, electionTimeout, requestTimeout);
    require(listenPort >= 0 && listenPort <= 65_535, "no port to listen at: " + listenPort);
    require(
        !leaseReads || checkQuorum,
        "leaseReads needs checkQuorum: without it a leader that is cut off never steps down");
    require(
        maxEntryBytes > 0 && maxEntryBytes <= 256 << 20,
        "maxEntryBytes must be between 1 and 256 MiB, is " + maxEntryBytes);
    require(
        maxPendingBytes >= maxEntryBytes + (long) Entry.OVERHEAD_BYTES,
        "maxPendingBytes ("
            + maxPendingBytes
            + ") must have room for one command of maxEntryBytes ("
            + maxEntryBytes
            + ") and "
            + Entry.OVERHEAD_BYTES
            + " bytes");
    require(
        maxUncommittedBytes > 0, "maxUncommittedBytes must be positive, is " + maxUncommittedBytes);
    require(
        snapshotEntries >= 0 && retainedEntries >= 0 && retainedEntries < Long.MAX_VALUE / 16,
        "snapshotEntries ("
            + snapshotEntries
            + ") and retainedEntries ("
            + retainedEntries
            + ") cannot be negative, nor beyond all bounds");
  }

  private static void checkPeers(
      String id, String cluster, boolean idsFollowFromNames, List<Peer> peers) {
    require(!peers.isEmpty(), "peers is empty: name all members of the cluster, this one included");
    require(
        peers.stream().anyMatch(peer -> peer.id().equals(id)),
        "peers "
            + peers
            + " do not contain this node, \""
            + id
            + "\": name all members, this one included");
    if (!idsFollowFromNames) {
      return;
    }
    Map<Long, Peer> byMemberId = new HashMap<>();
    for (Peer peer : peers) {
      Peer other = byMemberId.put(MemberId.of(cluster, peer.id()), peer);
      if (other == null) {
        continue;
      }
      require(!other.id().equals(peer.id()), "peers name \"" + peer.id() + "\" twice");
      throw new IllegalArgumentException(
          "\"" + other.id() + "\" and \"" + peer.id() + "\" have the same member id: rename one");
    }
  }

  private static void checkTimes(
      Duration heartbeatInterval, Duration electionTimeout, Duration requestTimeout) {
    require(
        heartbeatInterval.compareTo(SHORTEST_TICK) >= 0,
        "heartbeatInterval must be at least 1 ms, is " + heartbeatInterval);
    require(
        electionTimeout.compareTo(heartbeatInterval.multipliedBy(2)) >= 0,
        "electionTimeout ("
            + electionTimeout
            + ") must be at least twice the heartbeatInterval ("
            + heartbeatInterval
            + "), and should be five times: one lost heartbeat must not start an election");
    require(
        electionTimeout.compareTo(Duration.ofHours(1)) <= 0,
        "electionTimeout must be at most an hour, is " + electionTimeout);
    require(requestTimeout.isPositive(), "requestTimeout must be positive, is " + requestTimeout);
  }

  private static void require(boolean condition, String message) {
    if (!condition) {
      throw new IllegalArgumentException(message);
    }
  }

  long memberId() {
    return identity != null ? identity.memberId() : MemberId.of(cluster, id);
  }

  long clusterId() {
    return identity != null ? identity.clusterId() : MemberId.ofCluster(cluster);
  }

  Duration tickInterval() {
    Duration tenth = heartbeatInterval.dividedBy(TICKS_PER_HEARTBEAT);
    return tenth.compareTo(SHORTEST_TICK) < 0 ? SHORTEST_TICK : tenth;
  }

  /** After how many ticks a time has passed for certain. */
  long ticks(Duration time) {
    long tick = tickInterval().toNanos();
    Duration bounded = time.compareTo(LONGEST_TIMEOUT) > 0 ? LONGEST_TIMEOUT : time;
    // One more than the time has: the next tick may be just about to come.
    return (bounded.toNanos() + tick - 1) / tick + 1;
  }

  /** Who belongs to the cluster as long as the log does not say. */
  Membership initialMembership() {
    return identity != null
        ? Membership.NONE
        : Membership.of(
            peers.stream()
                .map(peer -> Member.voter(MemberId.of(cluster, peer.id()), peer.address()))
                .toList());
  }

  RaftConfig raftConfig() {
    long tick = tickInterval().toNanos();
    RaftConfig.Builder builder =
        RaftConfig.builder(memberId(), initialMembership())
            .heartbeatTicks((int) (heartbeatInterval.toNanos() / tick))
            .electionTimeoutTicks((int) (electionTimeout.toNanos() / tick))
            .preVote(preVote)
            .checkQuorum(checkQuorum)
            .noop(noop)
            .maxEntryBytes(maxEntryBytes)
            .maxUncommittedBytes(maxUncommittedBytes);
    if (leaseReads) {
      long timeout = electionTimeout.toNanos();
      builder.leaseReads(timeout - timeout / LEASE_MARGIN_DIVISOR);
    }
    return builder.build();
  }

  SnapshotPolicy snapshotPolicy() {
    return SnapshotPolicy.every(snapshotEntries, retainedEntries);
  }

  /** The peer that is this node. */
  private Peer self() {
    return peers.stream().filter(peer -> peer.id().equals(id)).findFirst().orElseThrow();
  }

  /** Where the others reach this node, by these settings. */
  String address() {
    return self().address();
  }

  /**
   * The settings of the transport.
   *
   * @param logIncarnation of this node's log
   * @param moved whether the settings are newer than the addresses in the log
   */
  TransportConfig transportConfig(long logIncarnation, boolean moved) {
    RaftConfig raft = raftConfig();
    // An append ends with the entry that fills it, whatever its size.
    long maxMessageBytes =
        Math.max(
                raft.maxAppendBytes() + maxEntryBytes + Entry.OVERHEAD_BYTES,
                snapshotPolicy().chunkBytes())
            + MESSAGE_OVERHEAD_BYTES;
    return new TransportConfig(
        clusterId(),
        memberId(),
        listenHost,
        listenPort,
        address(),
        logIncarnation,
        peers.stream()
            .filter(peer -> identity == null && !peer.id().equals(id))
            .map(peer ->
                new TransportConfig.Remote(
                    MemberId.of(cluster, peer.id()), peer.id(), peer.host(), peer.port()))
            .toList(),
        moved,
        Math.toIntExact(maxMessageBytes));
  }
}
