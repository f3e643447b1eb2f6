package dev.jangada.node;

import dev.jangada.node.transport.NettyTransport;
import dev.jangada.node.transport.Transport;
import dev.jangada.raft.Raft;
import dev.jangada.raft.RaftConfig;
import dev.jangada.raft.RaftStatus;
import dev.jangada.raft.RecoveredLog;
import dev.jangada.raft.StateMachine;
import dev.jangada.storage.Disk;
import dev.jangada.storage.FileDisk;
import dev.jangada.storage.WalConfig;
import dev.jangada.storage.WriteAheadLog;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A member of a Raft cluster: keeps a {@link StateMachine} in step with those of the other members.
 *
 * <pre>{@code
 * try (RaftNode node = RaftNode.builder()
 *     .id("n1").peers(peers).dataDirectory(directory).stateMachine(machine).start()) {
 *   byte[] result = node.submit(command).join();
 * }
 * }</pre>
 *
 * <p>Every member may be asked for everything: commands go to the leader by themselves.
 *
 * <h2>Threads</h2>
 *
 * <p>All methods may be called by any thread. A node has three threads of its own beside those of
 * its transport: the driver runs consensus, the disk thread writes the log, and the applier runs
 * the state machine. Results of {@link #submit} are completed by the applier thread; reads,
 * failures and listeners by the driver thread. What depends on a future without an executor of its
 * own runs on that thread too: it must not block, or the node stands still.
 *
 * <h2>Failures</h2>
 *
 * <p>A request that fails does so with a {@link RaftException}. A failure of the disk, an exception
 * of the state machine and a broken invariant end the node for good: see {@link #whenStopped}. It
 * can be started anew from its data directory; in the same process, with a new state machine.
 */
public final class RaftNode implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(RaftNode.class);

  private final NodeConfig config;
  private final long memberId;
  private final long tickNanos;

  private final Mailbox<DriverEvent> mailbox = new Mailbox<>();
  private final PendingBudget pending;
  private final Inbox inbox = new Inbox(mailbox);

  /** Of the driver's thread. */
  private final List<LeadershipListener> listeners = new ArrayList<>();

  private final StateMachine stateMachine;
  private final @Nullable FileDisk fileDisk;
  private final WriteAheadLog wal;
  private final Transport transport;
  private final DiskThread diskThread;
  private final ApplierThread applierThread;
  private final Thread driverThread;
  private final RaftDriver driver;

  private volatile RaftStatus status;

  /** The failure that ended the node; null while there is none. */
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

  private final CompletableFuture<@Nullable Void> stopped = new CompletableFuture<>();

  private RaftNode(
      NodeConfig config,
      StateMachine stateMachine,
      @Nullable FileDisk fileDisk,
      WriteAheadLog wal,
      Transport.Factory transportFactory)
      throws IOException {
    this.config = config;
    this.memberId = config.memberId();
    this.tickNanos = config.tickInterval().toNanos();
    this.pending = new PendingBudget(config.maxPendingBytes());
    this.stateMachine = stateMachine;
    this.fileDisk = fileDisk;
    this.wal = wal;

    RaftConfig raftConfig = config.raftConfig();
    Raft raft = newRaft(raftConfig);
    this.status = raft.status();
    this.diskThread = new DiskThread(threadName("disk"), wal, this::onWritten, this::fail);
    this.applierThread =
        new ApplierThread(
            threadName("applier"),
            stateMachine,
            raftConfig.maxApplyBytes(),
            this::onApplied,
            this::fail);
    this.driverThread = new Thread(this::runDriver, threadName("driver"));
    this.transport = transportFactory.open(config.transportConfig(), inbox);
    this.driver =
        new RaftDriver(
            raft,
            raftConfig,
            new SecureRandom().nextLong(),
            config.maxPendingBytes(),
            diskThread,
            transport,
            applierThread,
            this::onLeadership);
  }

  private Raft newRaft(RaftConfig raftConfig) {
    long applied = stateMachine.appliedIndex();
    if (applied > wal.last().index()) {
      throw new IllegalStateException(
          "the state machine of "
              + config.id()
              + " has applied entry "
              + applied
              + ", but the log in its data directory ends at "
              + wal.last().index()
              + ": they do not belong together. Restore the log that belongs to the state, or"
              + " remove both and let the node join anew");
    }
    Raft raft =
        new Raft(
            raftConfig,
            wal.hardState(),
            new RecoveredLog(wal.termStarts(), wal.last(), wal),
            applied,
            new SplittableRandom(new SecureRandom().nextLong()));
    raft.traceTo(new LoggingTracer(config.id()));
    return raft;
  }

  private String threadName(String role) {
    return "jangada-" + config.id() + "-" + role;
  }

  private void startThreads() {
    log.info(
        "{} ({}) starts in term {} with a log that ends at {}, {} members",
        config.id(),
        MemberId.toString(memberId),
        status.term(),
        status.last(),
        config.peers().size());
    diskThread.start();
    applierThread.start();
    driverThread.start();
  }

  /** Begins the settings of a node. */
  public static Builder builder() {
    return new Builder();
  }

  // ---------------------------------------------------------------------------------------------
  // Requests
  // ---------------------------------------------------------------------------------------------

  /** {@link #submit(byte[], Duration)} with the configured request timeout. */
  public CompletableFuture<byte[]> submit(byte[] command) {
    return submit(command, config.requestTimeout());
  }

  /**
   * Has a command replicated and applied, once, by way of whichever member leads. A member that
   * knows of no leader keeps it until there is one.
   *
   * @param command for the state machine; not modified any more
   * @param timeout positive; when it is over the future fails, with {@link
   *     RaftException.Reason#NO_LEADER} if the command is certain to have no effect, and else with
   *     {@link RaftException.Reason#TIMEOUT}. Accurate to a tenth of the heartbeat interval, and
   *     longer while the process is stopped
   * @return what the state machine of this member returned for the command, once it is durable on a
   *     majority and applied here. Cancelling it does not take the command back
   */
  public CompletableFuture<byte[]> submit(byte[] command, Duration timeout) {
    long ticks = ticks(timeout);
    if (command.length > config.maxEntryBytes()) {
      return CompletableFuture.failedFuture(
          Failures.tooLarge(command.length, config.maxEntryBytes()));
    }
    if (!pending.reserve(Submission.weight(command))) {
      return CompletableFuture.failedFuture(overloaded());
    }
    Submission submission = new Submission(command, ticks, pending);
    post(submission);
    return submission.future();
  }

  /**
   * Puts a command into the log if this member leads, and says at once where. Whether it is ever
   * applied there is for the caller to see at its state machine: another command in its place says
   * that it is lost. Waits for the driver thread, but neither for a disk nor for the network.
   *
   * @param command for the state machine; not modified any more
   * @throws RaftException if this member leads and yet cannot take the command, because it is too
   *     large, too much is under way, or the node has stopped
   * @throws IllegalStateException if called by the driver thread
   */
  public StartResult start(byte[] command) {
    if (Thread.currentThread().equals(driverThread)) {
      throw new IllegalStateException(
          "start waits for the driver thread and must not be called by it: use another executor");
    }
    CompletableFuture<StartResult> result = new CompletableFuture<>();
    AtomicReference<@Nullable RaftException> refusal = new AtomicReference<>();
    post(
        new DriverEvent() {
          @Override
          public void tell(RaftDriver raftDriver) {
            try {
              result.complete(raftDriver.start(command));
            } catch (RaftException refused) {
              refuse(refused);
            }
          }

          @Override
          public void refuse(RaftException why) {
            refusal.set(why);
            result.complete(new StartResult(0, 0, false));
          }
        });
    StartResult started = result.join();
    RaftException refused = refusal.get();
    if (refused != null) {
      throw refused;
    }
    return started;
  }

  /** {@link #readIndex(Duration)} with the configured request timeout. */
  public CompletableFuture<Long> readIndex() {
    return readIndex(config.requestTimeout());
  }

  /**
   * Waits until the state machine of this member may be read such that the read is linearizable: it
   * then contains everything that was acknowledged to anybody, by any member, before this call.
   *
   * @param timeout positive; when it is over the future fails with {@link
   *     RaftException.Reason#NO_LEADER} or {@link RaftException.Reason#TIMEOUT}
   * @return the index that the state machine had to apply for that, and has applied
   */
  public CompletableFuture<Long> readIndex(Duration timeout) {
    long ticks = ticks(timeout);
    if (!pending.reserve(PendingRead.WEIGHT)) {
      return CompletableFuture.failedFuture(overloaded());
    }
    PendingRead read = new PendingRead(ticks, pending);
    post(read);
    return read.future();
  }

  /**
   * Hands the leadership to another member. Only the leader can do that; it takes no commands
   * meanwhile, and gives up after an election timeout.
   *
   * @param id name of the other member
   * @return done when this member sees the other one lead; fails with {@link
   *     RaftException.Reason#NOT_LEADER} or {@link RaftException.Reason#TIMEOUT}
   * @throws IllegalArgumentException if there is no member with this name
   */
  public CompletableFuture<@Nullable Void> transferLeadership(String id) {
    if (config.peers().stream().noneMatch(peer -> peer.id().equals(id))) {
      throw new IllegalArgumentException(
          "\"" + id + "\" is not a member; the members are " + config.peers());
    }
    PendingTransfer transfer =
        new PendingTransfer(
            MemberId.of(config.cluster(), id), ticks(config.electionTimeout().multipliedBy(2)));
    post(transfer);
    return transfer.future();
  }

  private long ticks(Duration timeout) {
    if (!timeout.isPositive()) {
      throw new IllegalArgumentException("the timeout must be positive, is " + timeout);
    }
    return config.ticks(timeout);
  }

  private RaftException overloaded() {
    return Failures.overloaded(
        "requests of " + pending.used() + " bytes have no outcome yet; try again later");
  }

  private void post(DriverEvent event) {
    if (!mailbox.put(event)) {
      event.refuse(Failures.stopped(whyStopped(), false));
    }
  }

  private String whyStopped() {
    Throwable cause = failure.get();
    return config.id()
        + (cause == null ? " was closed" : " has stopped because of a failure: " + cause);
  }

  // ---------------------------------------------------------------------------------------------
  // State
  // ---------------------------------------------------------------------------------------------

  /** This member's number in messages and in {@link #status}. */
  public long memberId() {
    return memberId;
  }

  /** The cluster's number. */
  public long clusterId() {
    return config.clusterId();
  }

  /** The name of the member with this number, null if there is none. */
  public @Nullable String nameOf(long memberId) {
    for (Peer peer : config.peers()) {
      if (MemberId.of(config.cluster(), peer.id()) == memberId) {
        return peer.id();
      }
    }
    return null;
  }

  /** The state as of the driver's latest turn. Never waits. */
  public RaftStatus status() {
    return status;
  }

  /** What this node has done since it was started. */
  public NodeStatistics statistics() {
    return new NodeStatistics(pending.used(), inbox.received(), inbox.dropped(), wal.statistics());
  }

  /**
   * Has a listener told of the term and leader as they are now, as soon as the driver thread gets
   * to it, and then of every change.
   */
  public void addListener(LeadershipListener listener) {
    post(raftDriver -> {
      listeners.add(listener);
      RaftStatus now = raftDriver.status();
      tell(listener, now.leader(), now.term());
    });
  }

  /**
   * Ends what {@link #addListener} began. The listener may still be called until the driver thread
   * gets to it.
   */
  public void removeListener(LeadershipListener listener) {
    post(raftDriver -> listeners.remove(listener));
  }

  /**
   * A future that is completed when this node has ended and released everything: normally after
   * {@link #close}, exceptionally with what was the matter if a failure ended it.
   */
  public CompletableFuture<@Nullable Void> whenStopped() {
    return stopped.copy();
  }

  /**
   * Ends this node and waits until its threads have ended, a write to disk or an application that
   * is under way included. Requests without an outcome fail with {@link
   * RaftException.Reason#STOPPED}. The state machine is closed. Called again, or by a thread of
   * this node, it does not wait.
   */
  @Override
  public void close() {
    mailbox.close();
    Thread caller = Thread.currentThread();
    if (!List.of(driverThread, diskThread, applierThread).contains(caller)) {
      joinUninterruptibly(driverThread);
    }
  }

  private static void joinUninterruptibly(Thread thread) {
    boolean interrupted = false;
    while (true) {
      try {
        thread.join();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  // ---------------------------------------------------------------------------------------------
  // What comes from other threads
  // ---------------------------------------------------------------------------------------------

  private void onWritten(long number) {
    mailbox.put(raftDriver -> raftDriver.written(number));
  }

  private void onApplied(long index) {
    mailbox.put(raftDriver -> raftDriver.applied(index));
  }

  private void onLeadership(long leader, long term, boolean isLeader) {
    // Before anybody is told: who then asks for the status must see the same leader.
    status = driver.status();
    for (LeadershipListener listener : List.copyOf(listeners)) {
      tell(listener, leader, term);
    }
  }

  private void tell(LeadershipListener listener, long leader, long term) {
    try {
      listener.leadershipChanged(leader, term, leader == memberId);
    } catch (RuntimeException e) {
      log.warn("{}: a leadership listener threw", config.id(), e);
    }
  }

  /** Ends the node because of a failure. Any thread; the first failure is the one that counts. */
  private void fail(Throwable cause) {
    if (failure.compareAndSet(null, cause)) {
      log.error("{} stops for good", config.id(), cause);
    }
    mailbox.close();
  }

  // ---------------------------------------------------------------------------------------------
  // The driver thread
  // ---------------------------------------------------------------------------------------------

  private void runDriver() {
    try {
      turns();
    } catch (Throwable cause) {
      fail(cause);
    } finally {
      shutDown();
    }
  }

  /**
   * Takes all events that have accumulated, tells the driver, and lets it do what follows, again
   * and again. What has arrived is told before the tick that has become due: after a long pause of
   * the process, a leader's message that was waiting must count before time does. Ticks that were
   * missed are not made up for, or a pause would look like silence of the leader.
   */
  private void turns() {
    List<DriverEvent> events = new ArrayList<>();
    long nextTick = System.nanoTime() + tickNanos;
    driver.advance();
    while (mailbox.drainTo(events)) {
      if (events.isEmpty()) {
        long untilTick = nextTick - System.nanoTime();
        if (untilTick > 0) {
          mailbox.await(untilTick);
          continue;
        }
      }
      long now = System.nanoTime();
      driver.observeTime(now);
      for (DriverEvent event : events) {
        event.tell(driver);
      }
      events.clear();
      if (now - nextTick >= 0) {
        driver.tick();
        nextTick = now - nextTick < tickNanos ? nextTick + tickNanos : now + tickNanos;
      }
      driver.advance();
      status = driver.status();
      if (failure.get() != null) {
        return;
      }
    }
  }

  private void shutDown() {
    // The mailbox is closed: whatever comes now is refused by the one who brings it.
    mailbox.close();
    String why = whyStopped();
    release("stop the driver", () -> driver.stop(why));
    List<DriverEvent> untold = new ArrayList<>();
    mailbox.drainTo(untold);
    for (DriverEvent event : untold) {
      release("refuse a request", () -> event.refuse(Failures.stopped(why, false)));
    }
    release("close the transport", transport::close);
    diskThread.finish();
    applierThread.finish();
    joinUninterruptibly(diskThread);
    joinUninterruptibly(applierThread);
    release("close the state machine", stateMachine::close);
    release("close the log", wal::close);
    if (fileDisk != null) {
      release("close the data directory", fileDisk::close);
    }
    Throwable cause = failure.get();
    if (cause == null) {
      log.info("{} was closed", config.id());
      stopped.complete(null);
    } else {
      stopped.completeExceptionally(cause);
    }
  }

  @FunctionalInterface
  private interface Release {
    void run() throws Exception;
  }

  /** Lets nothing that goes wrong at the end keep the rest from being released. */
  private void release(String what, Release release) {
    try {
      release.run();
    } catch (Throwable e) {
      if (failure.get() == null) {
        log.warn("{} could not {}", config.id(), what, e);
      } else {
        log.debug("{} could not {}", config.id(), what, e);
      }
    }
  }

  // ---------------------------------------------------------------------------------------------
  // Settings
  // ---------------------------------------------------------------------------------------------

  /**
   * Collects the settings of a node. {@link #id}, {@link #peers}, {@link #dataDirectory} and {@link
   * #stateMachine} have no default. All members of a cluster must have the same settings, but for
   * their id, the address to listen at, and the data directory.
   */
  public static final class Builder {
    private @Nullable String id;
    private String cluster = "jangada";
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
    private int logSegmentBytes = WalConfig.DEFAULT_SEGMENT_BYTES;

    private Builder() {}

    /** This member's name: one of the {@link #peers}, and the same in every life of the member. */
    public Builder id(String name) {
      id = name;
      return this;
    }

    /**
     * Name of the cluster, by default "jangada": a member of one cluster refuses to talk to a
     * member of another, and to open its log.
     */
    public Builder cluster(String name) {
      cluster = name;
      return this;
    }

    /** All members of the cluster, this one included. */
    public Builder peers(List<Peer> members) {
      peers = List.copyOf(members);
      return this;
    }

    /** Where to listen for the other members; by default at the address they reach this one at. */
    public Builder listen(String host, int port) {
      listenHost = host;
      listenPort = port;
      return this;
    }

    /**
     * Where the node keeps its data, created if it does not exist. The log is in its subdirectory
     * {@code wal}.
     */
    public Builder dataDirectory(Path directory) {
      dataDirectory = directory;
      return this;
    }

    /** Keeps the log on this disk instead of in the data directory. The caller closes it. */
    Builder disk(Disk other) {
      disk = other;
      return this;
    }

    /** What the log is for. Closed by the node when it ends, once {@link #start} has succeeded. */
    public Builder stateMachine(StateMachine machine) {
      stateMachine = machine;
      return this;
    }

    /** How often an idle leader writes to the others; by default 100 ms, at least 1 ms. */
    public Builder heartbeatInterval(Duration interval) {
      heartbeatInterval = interval;
      return this;
    }

    /**
     * How long a member waits at least for a sign of the leader before it wants to lead itself, and
     * twice that at most; by default 500 ms, at least two heartbeat intervals.
     */
    public Builder electionTimeout(Duration timeout) {
      electionTimeout = timeout;
      return this;
    }

    /**
     * How long requests may take for which nothing else is said; by default 5 s and two election
     * timeouts, so that a change of leader fits in.
     */
    public Builder requestTimeout(Duration timeout) {
      requestTimeout = timeout;
      return this;
    }

    /**
     * Whether members ask if they could win an election before they begin one; by default they do.
     * Without it a member that was cut off disturbs the cluster when it comes back.
     */
    public Builder preVote(boolean on) {
      preVote = on;
      return this;
    }

    /** Whether a leader that loses touch with the majority steps down; by default it does. */
    public Builder checkQuorum(boolean on) {
      checkQuorum = on;
      return this;
    }

    /**
     * Whether the leader answers reads from its lease, without asking a majority; by default not.
     * Faster, and right only while the members' clocks differ in rate by less than a tenth.
     */
    public Builder leaseReads(boolean on) {
      leaseReads = on;
      return this;
    }

    /**
     * Whether a new leader begins with an empty entry; by default it does. Without it a new leader
     * does not finish what earlier ones left, and serves no reads, until it is given a command.
     */
    public Builder noop(boolean on) {
      noop = on;
      return this;
    }

    /** The largest command that is accepted; by default 8 MiB, at most 256 MiB. */
    public Builder maxEntryBytes(int bytes) {
      maxEntryBytes = bytes;
      return this;
    }

    /**
     * How much memory the commands submitted here may hold until they have an outcome; by default
     * 256 MiB. Beyond that they are refused.
     */
    public Builder maxPendingBytes(long bytes) {
      maxPendingBytes = bytes;
      return this;
    }

    /** How many bytes of entries a leader has uncommitted; by default 256 MiB. */
    public Builder maxUncommittedBytes(long bytes) {
      maxUncommittedBytes = bytes;
      return this;
    }

    /**
     * The size of the files that make up the log; by default 64 MiB. Each is allocated when it is
     * begun, so that a small size makes for a quick first start.
     */
    public Builder logSegmentBytes(int bytes) {
      logSegmentBytes = bytes;
      return this;
    }

    /** How the members talk to each other; by default over TCP. */
    public Builder transport(Transport.Factory factory) {
      transportFactory = factory;
      return this;
    }

    /**
     * Starts the node: opens its log, its state machine's index and its transport.
     *
     * @throws IllegalArgumentException if a setting is missing or settings contradict each other
     * @throws IOException if the log cannot be opened, or the transport cannot be started
     */
    public RaftNode start() throws IOException {
      NodeConfig config = config();
      StateMachine machine = required(stateMachine, "stateMachine");
      Transport.Factory factory = transportFactory;
      // Allocating a segment takes longer than many syncs: beside the disk thread, not on it.
      String name = "jangada-" + config.id() + "-";
      WalConfig walConfig =
          WalConfig.of(config.clusterId(), config.memberId())
              .withSegmentBytes(logSegmentBytes)
              .withBackground(Thread.ofPlatform().daemon().name(name + "segment")::start);
      if (disk != null) {
        return start(config, machine, null, WriteAheadLog.open(disk, walConfig), factory);
      }
      FileDisk directory = FileDisk.open(required(dataDirectory, "dataDirectory").resolve("wal"));
      try {
        return start(config, machine, directory, WriteAheadLog.open(directory, walConfig), factory);
      } catch (Throwable e) {
        directory.close();
        throw e;
      }
    }

    private static RaftNode start(
        NodeConfig config,
        StateMachine machine,
        @Nullable FileDisk directory,
        WriteAheadLog wal,
        Transport.Factory factory)
        throws IOException {
      RaftNode node;
      try {
        node = new RaftNode(config, machine, directory, wal, factory);
      } catch (Throwable e) {
        wal.close();
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
          maxUncommittedBytes);
    }

    private static <T> T required(@Nullable T value, String name) {
      if (value == null) {
        throw new IllegalArgumentException(name + " is not set");
      }
      return value;
    }
  }
}
