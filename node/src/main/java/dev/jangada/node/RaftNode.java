package dev.jangada.node;

import dev.jangada.node.driver.LeadershipListener;
import dev.jangada.node.driver.RaftDriver;
import dev.jangada.node.membership.Correspondence;
import dev.jangada.node.membership.LogIdentities;
import dev.jangada.node.membership.MembershipListener;
import dev.jangada.node.membership.MembershipRequests;
import dev.jangada.node.request.Failures;
import dev.jangada.node.request.RaftException;
import dev.jangada.node.request.StartResult;
import dev.jangada.node.snapshot.SnapshotEvent;
import dev.jangada.node.snapshot.SnapshotKeeper;
import dev.jangada.node.snapshot.SnapshotPolicy;
import dev.jangada.node.snapshot.SnapshotStatistics;
import dev.jangada.node.thread.ApplierThread;
import dev.jangada.node.thread.DiskThread;
import dev.jangada.node.thread.DriverEvent;
import dev.jangada.node.thread.DriverThread;
import dev.jangada.node.thread.Mailbox;
import dev.jangada.node.thread.SnapshotThread;
import dev.jangada.node.transport.Transport;
import dev.jangada.raft.EntryId;
import dev.jangada.raft.Member;
import dev.jangada.raft.Membership;
import dev.jangada.raft.MembershipChange;
import dev.jangada.raft.Message;
import dev.jangada.raft.Raft;
import dev.jangada.raft.RaftConfig;
import dev.jangada.raft.RaftStatus;
import dev.jangada.raft.StateMachine;
import dev.jangada.storage.FileDisk;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
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
 * <p>All methods may be called by any thread. A node has four threads of its own beside those of
 * its transport: the driver runs consensus, the disk thread writes the log, the applier runs the
 * state machine, and one more stores and reads snapshots. Results of {@link #submit} are completed
 * by the applier thread; reads, failures and listeners by the driver thread. What depends on a
 * future without an executor of its own runs on that thread too: it must not block, or the node
 * stands still.
 *
 * <h2>Failures</h2>
 *
 * <p>A request that fails does so with a {@link RaftException}. A failure of the disk, an exception
 * of the state machine and a broken invariant end the node for good: see {@link #whenStopped}. It
 * can be started anew from its data directory; in the same process, with a new state machine.
 */
public final class RaftNode implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(RaftNode.class);

  /** How many changes of the membership can be made together: they are counted in a byte. */
  private static final int MAX_CHANGES = 255;

  private final NodeConfig config;
  private final long memberId;

  private final Mailbox<DriverEvent> mailbox = new Mailbox<>();
  private final PendingBudget pending;
  private final Inbox inbox = new Inbox(mailbox);

  private final NodeListeners listeners;
  private final StateMachine stateMachine;
  private final @Nullable FileDisk fileDisk;
  private final NodeStorage storage;
  private final Transport transport;
  private final DiskThread diskThread;
  private final ApplierThread applierThread;
  private final SnapshotThread snapshotThread;
  private final DriverThread driverThread;
  private final RaftDriver driver;

  private volatile RaftStatus status;

  /** Whether this node is reached at another place than its log says. */
  private final boolean moved;

  private final LogIdentities logIdentities;
  private final MembershipRequests membershipRequests;
  private final Correspondence correspondence;
  private volatile Membership membership;

  /** When this node ends because it was removed, on the clock of {@link System#nanoTime}. */
  private @Nullable Long endsAtNanos;

  /** Who knows that this node was removed. */
  private String removedBy = "";

  private volatile SnapshotStatistics snapshotStatistics = SnapshotStatistics.NONE;

  /** The failure that ended the node; null while there is none. */
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

  private final CompletableFuture<@Nullable Void> stopped = new CompletableFuture<>();

  RaftNode(
      NodeConfig config,
      StateMachine stateMachine,
      @Nullable FileDisk fileDisk,
      NodeStorage storage,
      Transport.Factory transportFactory)
      throws IOException {
    this.config = config;
    this.memberId = config.memberId();
    this.listeners = new NodeListeners(config.id(), memberId);
    this.pending = new PendingBudget(config.maxPendingBytes());
    this.stateMachine = stateMachine;
    this.fileDisk = fileDisk;
    this.storage = storage;

    RaftConfig raftConfig = config.raftConfig();
    Raft raft = newRaft(raftConfig);
    this.status = raft.status();
    this.membership = raft.snapshotMetadata(status.applied()).membership();
    SnapshotKeeper keeper = new SnapshotKeeper(stateMachine, storage.snapshots());
    this.diskThread =
        new DiskThread(threadName("disk"), storage.log(), this::onWritten, this::fail);
    this.applierThread =
        new ApplierThread(
            threadName("applier"),
            config.id(),
            stateMachine,
            keeper,
            raftConfig.maxApplyBytes(),
            new ApplierListener(),
            this::fail);
    this.snapshotThread =
        new SnapshotThread(
            threadName("snapshots"),
            config.id(),
            keeper,
            applierThread,
            this::onSnapshotEvent,
            this::fail);
    long incarnation = storage.log().incarnation();
    Member self = raft.membership().member(memberId);
    this.moved = self != null && !self.address().equals(config.address());
    this.transport =
        transportFactory.open(config.transportConfig(incarnation, moved), new TransportReceiver());
    this.logIdentities =
        new LogIdentities(memberId, incarnation, config.ticks(config.requestTimeout()));
    this.correspondence = new Correspondence(config.clusterId(), transport);
    this.membershipRequests =
        new MembershipRequests(
            config.clusterId(),
            memberId,
            () -> status,
            () -> membership,
            this::changeHere,
            correspondence,
            transport);
    this.driver =
        new RaftDriver(
            raft,
            raftConfig,
            new SecureRandom().nextLong(),
            config.maxPendingBytes(),
            diskThread,
            transport,
            applierThread,
            snapshotThread,
            stateMachine.supportsSnapshots() ? config.snapshotPolicy() : SnapshotPolicy.NONE,
            this::onLeadership);
    this.driverThread =
        new DriverThread(
            threadName("driver"),
            mailbox,
            driver,
            config.tickInterval().toNanos(),
            this::afterTurn,
            this::fail,
            this::shutDown);
  }

  private Raft newRaft(RaftConfig raftConfig) {
    Raft raft =
        new Raft(
            raftConfig,
            storage.log().hardState(),
            storage.recoveredLog(),
            storage.applied(),
            new SplittableRandom(new SecureRandom().nextLong()));
    raft.traceTo(new LoggingTracer(config.id()));
    return raft;
  }

  private String threadName(String role) {
    return "jangada-" + config.id() + "-" + role;
  }

  /** Begins to work. Called once. */
  void startThreads() {
    log.info(
        "{} ({}) starts in term {} with a log after {} that ends at {}, {} members",
        config.id(),
        MemberId.toString(memberId),
        status.term(),
        status.base(),
        status.last(),
        status.configuration().membership().members().size());
    diskThread.start();
    applierThread.start();
    snapshotThread.start();
    driverThread.start();
    if (moved) {
      tellAddress();
    }
  }

  /** Has the others know where this node is reached since it was moved, however long it takes. */
  private void tellAddress() {
    var unused =
        changeMembership(List.of(new MembershipChange.Move(memberId, config.address())))
            .whenComplete((changed, failure) -> {
              if (failure == null) {
                log.info("{} is reached at {} from now on", config.id(), config.address());
              } else if (!stopped.isDone()
                  && !(MembershipRequests.cause(failure) instanceof RaftException refused
                      && refused.reason() == RaftException.Reason.CHANGE_REFUSED)) {
                CompletableFuture.delayedExecutor(
                        config.electionTimeout().toMillis(), TimeUnit.MILLISECONDS)
                    .execute(this::tellAddress);
              }
            });
  }

  /** Begins the settings of a node. */
  public static RaftNodeBuilder builder() {
    return new RaftNodeBuilder();
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
    return transferLeadership(MemberId.of(config.cluster(), id));
  }

  /**
   * The same for a member by its number.
   *
   * @throws IllegalArgumentException if there is no voter with this number
   */
  public CompletableFuture<@Nullable Void> transferLeadership(long id) {
    if (!status.configuration().membership().isVoter(id)) {
      throw new IllegalArgumentException(
          MemberId.toString(id) + " is not a member with a vote: " + status.configuration());
    }
    PendingTransfer transfer =
        new PendingTransfer(id, ticks(config.electionTimeout().multipliedBy(2)));
    post(transfer);
    return transfer.future();
  }

  /** {@link #changeMembership(List, Duration)} with the configured request timeout. */
  public CompletableFuture<Membership> changeMembership(List<MembershipChange> changes) {
    return changeMembership(changes, config.requestTimeout());
  }

  /**
   * Changes who belongs to the cluster, by way of whichever member leads: all of the changes
   * together. Waits for a change that is under way. Addresses have the form {@code host:port}.
   *
   * @param changes from 1 to 255; an id that is added is one that was never used, drawn at random
   *     from all numbers but 0. The node that goes by it is then started with {@link
   *     RaftNodeBuilder#identity}
   * @param timeout positive; when it is over the future fails
   * @return the configuration that is committed then; fails with {@link
   *     RaftException.Reason#CHANGE_REFUSED} and the leader's reason, or as {@link #submit} does
   */
  public CompletableFuture<Membership> changeMembership(
      List<MembershipChange> changes, Duration timeout) {
    if (changes.isEmpty() || changes.size() > MAX_CHANGES) {
      throw new IllegalArgumentException(
          "from 1 to " + MAX_CHANGES + " changes can be made together, not " + changes.size());
    }
    ticks(timeout);
    return membershipRequests.change(List.copyOf(changes), timeout);
  }

  private CompletableFuture<Membership> changeHere(
      List<MembershipChange> changes, Duration timeout) {
    PendingChange change = new PendingChange(changes, ticks(timeout));
    post(change);
    return change.future();
  }

  /**
   * Asks those who use another node something that is no command, such as how they are.
   *
   * @param member the other node's number; it must be known where it is reached
   * @param question for what that one {@linkplain #answerWith answers with}, at most 32 KiB
   * @return its reply; fails with an {@link IOException} if there is none in time. What depends on
   *     it must not block
   */
  public CompletableFuture<byte[]> ask(long member, byte[] question, Duration timeout) {
    return correspondence.ask(member, question, timeout);
  }

  /**
   * Says who replies to what others {@link #ask} of this node; nobody, as long as nothing is said.
   *
   * @param responder called by threads of the transport, which it must not block; its reply has 32
   *     KiB at most, fails if there is none, and comes in any case
   */
  public void answerWith(Function<byte[], CompletableFuture<byte[]>> responder) {
    correspondence.answerWith(responder);
  }

  /**
   * Saves the state machine's state as a snapshot on this member's disk, so that the log behind it
   * can be cut and need not be applied again after a restart. Members do that by themselves, too:
   * see {@link RaftNodeBuilder#snapshotEntries}.
   *
   * @return the last entry whose effects are in the snapshot, once it is durable; fails with {@link
   *     RaftException.Reason#STOPPED}, or with an {@link UnsupportedOperationException} if the
   *     state machine does not {@linkplain StateMachine#supportsSnapshots support snapshots}
   */
  public CompletableFuture<EntryId> takeSnapshot() {
    if (!stateMachine.supportsSnapshots()) {
      return CompletableFuture.failedFuture(
          new UnsupportedOperationException(
              stateMachine.getClass().getName() + " does not support snapshots"));
    }
    PendingSnapshot snapshot = new PendingSnapshot();
    post(snapshot);
    return snapshot.future();
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

  /**
   * Who belongs to the cluster: the latest configuration that this member knows to be committed.
   */
  public Membership membership() {
    return membership;
  }

  /** The state as of the driver's latest turn. Never waits. */
  public RaftStatus status() {
    return status;
  }

  /** What this node has done since it was started. */
  public NodeStatistics statistics() {
    return new NodeStatistics(
        pending.used(),
        inbox.received(),
        inbox.dropped(),
        LogStatistics.of(storage.log().statistics()),
        snapshotStatistics);
  }

  /**
   * How much the log holds, in bytes: see {@link dev.jangada.storage.WriteAheadLog#logicalBytes}.
   * Reads all of it.
   *
   * @throws IllegalStateException if this node is closed
   */
  public long logBytes() {
    return storage.logBytes();
  }

  /**
   * Has a listener told of the term and leader as they are now, as soon as the driver thread gets
   * to it, and then of every change.
   */
  public void addListener(LeadershipListener listener) {
    post(raftDriver -> {
      RaftStatus now = raftDriver.status();
      listeners.add(listener, now.leader(), now.term());
    });
  }

  /**
   * Has a listener told who belongs to the cluster now, as soon as the driver thread gets to it,
   * and then of every change.
   */
  public void addMembershipListener(MembershipListener listener) {
    post(raftDriver -> listeners.add(listener, membership));
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
    if (!List.of(driverThread, diskThread, applierThread, snapshotThread).contains(caller)) {
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

  private final class TransportReceiver implements Transport.Receiver {
    @Override
    public void accept(Message message) {
      inbox.accept(message);
    }

    @Override
    public void identified(long member, long logIncarnation) {
      mailbox.put(raftDriver -> logIdentities.seen(member, logIncarnation));
    }

    @Override
    public void expelled(Transport.Expulsion why, String by) {
      String who = "as " + by + " says";
      switch (why) {
        case LOST_LOG -> expel(why, who);
        case REMOVED -> mailbox.put(raftDriver -> endSoon(who));
      }
    }

    @Override
    public CompletableFuture<byte[]> asked(byte[] bytes) {
      return membershipRequests.asked(bytes);
    }
  }

  private final class ApplierListener implements ApplierThread.Listener {
    @Override
    public void applied(long index, long durable) {
      mailbox.put(raftDriver -> {
        raftDriver.applied(index);
        raftDriver.stateDurable(durable);
      });
    }

    @Override
    public void done(SnapshotEvent event) {
      onSnapshotEvent(event);
    }
  }

  private void onSnapshotEvent(SnapshotEvent event) {
    post(new SnapshotNews(event));
  }

  private void onLeadership(long leader, long term, boolean isLeader) {
    // Before anybody is told: who then asks for the status must see the same leader.
    status = driver.status();
    logIdentities.leadershipChanged();
    listeners.leadershipChanged(leader, term);
  }

  private void noticeMembership(Membership committed) {
    if (!committed.equals(membership)) {
      membership = committed;
      log.info(
          "{} belongs to a cluster of {} now; the logs of {} of them are known",
          config.id(),
          committed,
          committed.members().stream().filter(member -> member.incarnation() != 0).count());
      listeners.membershipChanged(committed);
    }
  }

  private void expel(Transport.Expulsion why, String by) {
    String member = config.id() + " (" + MemberId.toString(memberId) + ")";
    fail(ExpelledException.of(why, member, by));
  }

  /**
   * Ends this node if it was removed: a little later, so that whoever asked for that through this
   * node gets an answer, and a leader has time to tell the others.
   */
  private void endIfRemoved(long now) {
    if (membership.isRemoved(memberId)) {
      endSoon("as its own log says");
    }
    if (endsAtNanos != null && now - endsAtNanos >= 0) {
      expel(Transport.Expulsion.REMOVED, removedBy);
    }
  }

  private void endSoon(String who) {
    if (endsAtNanos == null) {
      endsAtNanos = System.nanoTime() + config.electionTimeout().toNanos();
      removedBy = who;
    }
  }

  /** Ends the node because of a failure. Any thread; the first failure is the one that counts. */
  private void fail(Throwable cause) {
    if (failure.compareAndSet(null, cause)) {
      if (cause instanceof ExpelledException) {
        log.error("{} stops for good: {}", config.id(), cause.getMessage());
      } else {
        log.error("{} stops for good", config.id(), cause);
      }
    }
    mailbox.close();
  }

  // ---------------------------------------------------------------------------------------------
  // The driver thread
  // ---------------------------------------------------------------------------------------------

  private boolean afterTurn(long now) {
    status = driver.status();
    noticeMembership(driver.committedMembership());
    logIdentities.advance(driver, status.leader() == memberId);
    endIfRemoved(now);
    snapshotStatistics = driver.snapshotStatistics();
    return failure.get() == null;
  }

  /**
   * Releases everything.
   *
   * @param untold what was under way to the driver when that failed
   */
  private void shutDown(List<DriverEvent> untold) {
    // The mailbox is closed: whatever comes now is refused by the one who brings it.
    mailbox.close();
    String why = whyStopped();
    release("stop the driver", () -> driver.stop(why));
    List<DriverEvent> left = new ArrayList<>();
    mailbox.drainTo(left);
    untold.addAll(left);
    for (DriverEvent event : untold) {
      release("refuse a request", () -> event.refuse(Failures.stopped(why, false)));
    }
    release("close the transport", transport::close);
    diskThread.finish();
    applierThread.finish();
    joinUninterruptibly(diskThread);
    joinUninterruptibly(applierThread);
    snapshotThread.finish();
    joinUninterruptibly(snapshotThread);
    release("close the state machine", stateMachine::close);
    release("close the log", storage::close);
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
}
