package dev.jangada.node;

import dev.jangada.node.transport.ConnectionSecurity;
import dev.jangada.node.transport.NettyTransport;
import dev.jangada.node.transport.Transport;
import dev.jangada.raft.EntryId;
import dev.jangada.raft.HardState;
import dev.jangada.raft.StateMachine;
import dev.jangada.storage.Disk;
import dev.jangada.storage.FileDisk;
import dev.jangada.storage.WalConfig;
import dev.jangada.storage.WriteAheadLog;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Collects the settings of a node. {@link #id}, {@link #peers}, {@link #dataDirectory} and {@link
 * #stateMachine} have no default. All members of a cluster must have the same settings, but for
 * their id, the address to listen at, and the data directory. For one thread.
 *
 * <p>Nothing is checked before {@link #start}, which then checks all settings together.
 */
public final class RaftNodeBuilder {
  private @Nullable String id;
  private String cluster = "jangada";
  private @Nullable NodeIdentity identity;
  private List<Peer> peers = List.of();
  private @Nullable String listenHost;
  private int listenPort;
  private @Nullable Path dataDirectory;
  private @Nullable Disk disk;
  private @Nullable StateMachine stateMachine;
  private Transport.Factory transportFactory = NettyTransport::open;
  private Duration heartbeatInterval = Duration.ofMillis(100);
  private Duration electionTimeout = Duration.ofMillis(500);
  private @Nullable Duration requestTimeout;
  private boolean preVote = true;
  private boolean checkQuorum = true;
  private boolean leaseReads;
  private boolean noop = true;
  private int maxEntryBytes = 8 << 20;
  private long maxPendingBytes = 256L << 20;
  private long maxUncommittedBytes = 256L << 20;
  private long snapshotEntries = 100_000;
  private long retainedEntries = 10_000;
  private int logSegmentBytes = WalConfig.DEFAULT_SEGMENT_BYTES;

  RaftNodeBuilder() {}

  /** This member's name: one of the {@link #peers}, and the same in every life of the member. */
  public RaftNodeBuilder id(String name) {
    id = name;
    return this;
  }

  /**
   * Name of the cluster, by default "jangada": a member of one cluster refuses to talk to a member
   * of another, and to open its log.
   */
  public RaftNodeBuilder cluster(String name) {
    cluster = name;
    return this;
  }

  /**
   * All members of the cluster, this one included, each name once. They count as long as the log of
   * this member does not say who belongs to the cluster.
   */
  public RaftNodeBuilder peers(List<Peer> members) {
    peers = List.copyOf(members);
    return this;
  }

  /**
   * Ids that were given to this member when it was added to a cluster that was there before it. It
   * then begins no cluster with its {@link #peers}, of which only its own entry counts, but waits
   * until the leader has told it who belongs to the cluster. By default the ids follow from the
   * names of the members and the cluster.
   *
   * @param given the cluster's id, and that of this member in it
   */
  public RaftNodeBuilder identity(NodeIdentity given) {
    identity = given;
    return this;
  }

  /**
   * Where to listen for the other members; by default at the address they reach this one at.
   *
   * @param host name or address of this computer, {@code 0.0.0.0} for all of them
   * @param port from 1 to 65535
   */
  public RaftNodeBuilder listen(String host, int port) {
    listenHost = host;
    listenPort = port;
    return this;
  }

  /**
   * Where the node keeps its data, created if it does not exist. The log and the snapshots are in
   * its subdirectory {@code wal}.
   */
  public RaftNodeBuilder dataDirectory(Path directory) {
    dataDirectory = directory;
    return this;
  }

  /** Keeps the log on this disk instead of in the data directory. The caller closes it. */
  RaftNodeBuilder disk(Disk other) {
    disk = other;
    return this;
  }

  /** What the log is for. Closed by the node when it ends, once {@link #start} has succeeded. */
  public RaftNodeBuilder stateMachine(StateMachine machine) {
    stateMachine = machine;
    return this;
  }

  /** How often an idle leader writes to the others; by default 100 ms, at least 1 ms. */
  public RaftNodeBuilder heartbeatInterval(Duration interval) {
    heartbeatInterval = interval;
    return this;
  }

  /**
   * How long a member waits at least for a sign of the leader before it wants to lead itself, and
   * twice that at most; by default 500 ms, at least two heartbeat intervals and at most an hour.
   */
  public RaftNodeBuilder electionTimeout(Duration timeout) {
    electionTimeout = timeout;
    return this;
  }

  /**
   * How long requests may take for which nothing else is said, positive; by default 5 s and two
   * election timeouts, so that a change of leader fits in.
   */
  public RaftNodeBuilder requestTimeout(Duration timeout) {
    requestTimeout = timeout;
    return this;
  }

  /**
   * Whether members ask if they could win an election before they begin one; by default they do.
   * Without it a member that was cut off disturbs the cluster when it comes back.
   */
  public RaftNodeBuilder preVote(boolean on) {
    preVote = on;
    return this;
  }

  /** Whether a leader that loses touch with the majority steps down; by default it does. */
  public RaftNodeBuilder checkQuorum(boolean on) {
    checkQuorum = on;
    return this;
  }

  /**
   * Whether the leader answers reads from its lease, without asking a majority; by default not.
   * Faster, and right only if all members do so, and while their clocks differ in rate by less than
   * a tenth and none stands still: a virtual machine that is suspended together with its monotonic
   * clock goes on as if nothing had happened meanwhile. Needs {@link #checkQuorum}.
   */
  public RaftNodeBuilder leaseReads(boolean on) {
    leaseReads = on;
    return this;
  }

  /**
   * Whether a new leader begins with an empty entry; by default it does. Without it a new leader
   * does not finish what earlier ones left, and serves no reads, until it is given a command.
   */
  public RaftNodeBuilder noop(boolean on) {
    noop = on;
    return this;
  }

  /**
   * The largest command that is accepted, in bytes; by default 8 MiB, at most 256 MiB. A larger one
   * fails with {@link RaftException.Reason#TOO_LARGE}.
   */
  public RaftNodeBuilder maxEntryBytes(int bytes) {
    maxEntryBytes = bytes;
    return this;
  }

  /**
   * How many bytes of memory the requests made here may hold until they have an outcome; by default
   * 256 MiB, at least one command of {@link #maxEntryBytes} and {@value
   * dev.jangada.raft.Entry#OVERHEAD_BYTES} bytes. Beyond that they fail with {@link
   * RaftException.Reason#OVERLOADED}.
   */
  public RaftNodeBuilder maxPendingBytes(long bytes) {
    maxPendingBytes = bytes;
    return this;
  }

  /**
   * How many bytes of entries a leader may have uncommitted, positive; by default 256 MiB. A
   * command beyond that fails with {@link RaftException.Reason#OVERLOADED}, unless there is no
   * other.
   */
  public RaftNodeBuilder maxUncommittedBytes(long bytes) {
    maxUncommittedBytes = bytes;
    return this;
  }

  /**
   * After how many applied entries the state of a machine that keeps it in memory is saved as a
   * snapshot, if the machine supports that; by default 100,000, 0 for never, not negative. A
   * restarted member has to apply that many entries at most, and those of the log that it retains.
   */
  public RaftNodeBuilder snapshotEntries(long entries) {
    snapshotEntries = entries;
    return this;
  }

  /**
   * How many applied entries a member keeps in its log though it could do without them; by default
   * 10,000, not negative. Another member that was away for longer than they reach back is sent a
   * snapshot; for one that is there and only slow, ten times as many are kept.
   */
  public RaftNodeBuilder retainedEntries(long entries) {
    retainedEntries = entries;
    return this;
  }

  /**
   * The size in bytes of the files that make up the log; by default 64 MiB, from 8 KiB to 1 GiB.
   * Each is allocated when it is begun, so that a small size makes for a quick first start.
   */
  public RaftNodeBuilder logSegmentBytes(int bytes) {
    logSegmentBytes = bytes;
    return this;
  }

  /** How the members talk to each other; by default over TCP. */
  public RaftNodeBuilder transport(Transport.Factory factory) {
    transportFactory = factory;
    return this;
  }

  /**
   * Starts the node: opens its log, its state machine's index and its transport.
   *
   * @throws IllegalArgumentException if a setting is missing or settings contradict each other
   * @throws IOException if the log cannot be opened or does not belong to what the state machine
   *     has kept, or the transport cannot be started
   */
  public RaftNode start() throws IOException {
    NodeConfig config = config();
    StateMachine machine = required(stateMachine, "stateMachine");
    // Allocating a segment takes longer than many syncs: beside the disk thread, not on it.
    String name = "jangada-" + config.id() + "-";
    WalConfig walConfig =
        WalConfig.of(config.clusterId(), config.memberId())
            .withSegmentBytes(logSegmentBytes)
            .withBackground(Thread.ofPlatform().daemon().name(name + "segment")::start);
    if (disk != null) {
      return start(config, machine, null, disk, walConfig);
    }
    FileDisk directory =
        FileDisk.open(required(dataDirectory, "dataDirectory").resolve(NodeStorage.LOG_DIRECTORY));
    try {
      return start(config, machine, directory, directory, walConfig);
    } catch (Throwable e) {
      directory.close();
      throw e;
    }
  }

  /**
   * Makes the data directory of a member of a new cluster whose log does not begin at the
   * beginning: its state machines are given the state after some entry of another cluster's log,
   * the same on every member. Starts nothing.
   *
   * @param index the index that the machines have applied: the log goes on after it
   * @throws IllegalArgumentException if a setting is missing or settings contradict each other
   * @throws IOException if there is a log in the data directory already, or it cannot be written
   */
  public void createLogAfter(long index) throws IOException {
    NodeConfig config = config();
    try (FileDisk directory =
        FileDisk.open(
            required(dataDirectory, "dataDirectory").resolve(NodeStorage.LOG_DIRECTORY))) {
      if (!directory.list().isEmpty()) {
        throw new IOException(
            directory.directory() + " holds a log already: use another directory");
      }
      WalConfig walConfig =
          WalConfig.of(config.clusterId(), config.memberId()).withSegmentBytes(logSegmentBytes);
      try (WriteAheadLog log = WriteAheadLog.open(directory, walConfig)) {
        EntryId base = new EntryId(index, 1);
        log.append(new HardState(base.term(), HardState.NO_VOTE), List.of());
        log.reset(base, config.initialMembership());
      }
    }
  }

  /**
   * Makes the member whose data directory this is the only one of its cluster: the way back when so
   * many of the others are lost for good that there never will be a majority again. Starts nothing;
   * {@link #start} does, afterwards, with a new state machine.
   *
   * <p>Everything in the log counts from then on, whether or not it was known to be committed: of
   * what was acknowledged, only what never reached this member is lost. All others are removed, and
   * should they come back they are refused, and stop. For a member that decides alone already this
   * does nothing. If it is cut short, or fails once the state has begun to change, the member is
   * not started until this was done again.
   *
   * @param security what secures the connections between the members: the others are asked whether
   *     they are really gone
   * @throws IllegalArgumentException if a setting is missing or settings contradict each other
   * @throws IllegalStateException if this member must not or cannot go on alone: there are no data,
   *     it was removed itself, another member still runs, or the state machine is neither durable
   *     nor supports snapshots. Nothing has changed then
   * @throws IOException if the log or the state cannot be read or written
   */
  public void forceNewCluster(ConnectionSecurity security) throws IOException {
    NodeConfig config = config();
    Path directory = required(dataDirectory, "dataDirectory");
    StateMachine machine = required(stateMachine, "stateMachine");
    if (NodeIdentity.inDirectory(directory) == null) {
      throw new IllegalStateException(
          "there are no data of a member in " + directory + " to go on with");
    }
    WalConfig walConfig =
        WalConfig.of(config.clusterId(), config.memberId()).withSegmentBytes(logSegmentBytes);
    try (FileDisk log = FileDisk.open(directory.resolve(NodeStorage.LOG_DIRECTORY));
        NodeStorage storage = NodeStorage.openToForce(config.id(), log, walConfig, machine)) {
      new ForcedCluster(config, storage, machine, security).force();
    }
  }

  private RaftNode start(
      NodeConfig config,
      StateMachine machine,
      @Nullable FileDisk directory,
      Disk on,
      WalConfig walConfig)
      throws IOException {
    NodeStorage storage;
    try {
      storage = NodeStorage.open(config.id(), on, walConfig, machine);
    } catch (IllegalStateException e) {
      // Log and state do not belong together: no mistake of the caller's, but of what is on disk.
      throw new IOException(e.getMessage(), e);
    }
    RaftNode node;
    try {
      node = new RaftNode(config, machine, directory, storage, transportFactory);
    } catch (Throwable e) {
      storage.close();
      throw e;
    }
    node.startThreads();
    return node;
  }

  private NodeConfig config() {
    String name = required(id, "id");
    Peer self = peers.stream().filter(peer -> peer.id().equals(name)).findFirst().orElse(null);
    return new NodeConfig(
        name,
        cluster,
        identity,
        peers,
        listenHost != null ? listenHost : self == null ? "" : self.host(),
        listenHost != null ? listenPort : self == null ? 0 : self.port(),
        heartbeatInterval,
        electionTimeout,
        Objects.requireNonNullElse(
            requestTimeout, Duration.ofSeconds(5).plus(electionTimeout.multipliedBy(2))),
        preVote,
        checkQuorum,
        leaseReads,
        noop,
        maxEntryBytes,
        maxPendingBytes,
        maxUncommittedBytes,
        snapshotEntries,
        retainedEntries);
  }

  private static <T> T required(@Nullable T value, String name) {
    if (value == null) {
      throw new IllegalArgumentException(name + " is not set");
    }
    return value;
  }
}
