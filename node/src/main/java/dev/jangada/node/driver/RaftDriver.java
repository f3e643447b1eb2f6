package dev.jangada.node.driver;

import dev.jangada.node.request.Failures;
import dev.jangada.node.request.Outcome;
import dev.jangada.node.request.RaftException;
import dev.jangada.node.request.StartResult;
import dev.jangada.node.snapshot.SnapshotCoordinator;
import dev.jangada.node.snapshot.SnapshotEvent;
import dev.jangada.node.snapshot.SnapshotPolicy;
import dev.jangada.node.snapshot.SnapshotStatistics;
import dev.jangada.node.snapshot.Snapshots;
import dev.jangada.node.transport.Transport;
import dev.jangada.raft.Entry;
import dev.jangada.raft.EntryId;
import dev.jangada.raft.Invariant;
import dev.jangada.raft.Membership;
import dev.jangada.raft.MembershipChange;
import dev.jangada.raft.Message;
import dev.jangada.raft.Persisted;
import dev.jangada.raft.Proposal;
import dev.jangada.raft.ProposeResult;
import dev.jangada.raft.Raft;
import dev.jangada.raft.RaftConfig;
import dev.jangada.raft.RaftStatus;
import dev.jangada.raft.ReadState;
import dev.jangada.raft.Ready;
import dev.jangada.raft.Refusal;
import dev.jangada.raft.SnapshotMetadata;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Runs a {@link Raft}: carries out what it says in each {@link Ready}, and looks after the requests
 * of this node's clients until each has an outcome.
 *
 * <h2>Design</h2>
 *
 * <p>The driver is as deterministic as the core: no thread, no clock, no future, no random number.
 * Everything comes in as a call (a message, a tick, a request, a finished write, an applied batch)
 * and everything goes out through a port ({@link LogWriter}, {@link Transport}, {@link Applier},
 * {@link Snapshots}, {@link Outcome}), none of which blocks or calls back. {@link
 * dev.jangada.node.RaftNode} runs it on a thread with a real disk, a simulator with simulated ones;
 * the driver cannot tell.
 *
 * <p>Calls only note what has come; {@link #advance} does what follows from it. Whoever runs the
 * driver makes all calls that have accumulated and then advances once, so that what came together
 * is proposed, written, sent and confirmed together.
 *
 * <p><b>Durability.</b> Writes are numbered and under way side by side with everything else. What a
 * Ready promises to others ({@link Ready#sendAfterPersist()}) is held back until its writes and all
 * earlier ones are durable, in the order of the Readys.
 *
 * <p><b>Requests.</b> Each kind has a class of its own that says what may become of it: {@link
 * PendingCommands}, {@link PendingReads}, {@link PendingChanges}, {@link PendingTransfers}. The
 * driver sees to it that each has an outcome, and its deadline.
 *
 * <p><b>Reads.</b> All reads that have arrived share one {@link Raft#readIndex}. One that fails, or
 * of which nothing has been heard for an election timeout, is repeated under a new number. A read
 * is ready when this node has applied the confirmed index.
 *
 * <p><b>Snapshots.</b> The core says which follower needs one and when one is to be installed;
 * {@link SnapshotCoordinator} sees to the rest. While one is installed nothing is handed out to be
 * applied: first the state machine gets the state of the snapshot, then the log is emptied, and
 * when both are durable the core is told. The stored snapshot outlives both, so that a crash in
 * between is made good at the next start. What was committed in the entries that are skipped, this
 * node never learns: the outcome of commands that stood there is unknown.
 *
 * <p><b>Bounds.</b> Commands that wait are bounded here; those under way by the leader's limit of
 * uncommitted bytes; writes and committed batches under way by the windows of the core. Whoever
 * runs the driver bounds how many requests it lets in.
 *
 * <p>Rejected: holding up one Ready until the one before is on disk, which would make the latency
 * of the disk that of the whole cluster.
 *
 * <p>Not thread-safe. If a method throws, other than as documented, the driver must not be used any
 * more.
 */
public final class RaftDriver {
  private final Raft raft;
  private final RaftConfig config;
  private final LogWriter logWriter;
  private final Transport transport;
  private final Applier applier;
  private final LeadershipListener leadershipListener;
  private final SnapshotCoordinator snapshots;

  /** Number of the next proposal or read. */
  private long nextNumber;

  private long tick;

  private long leader;
  private long term;

  private final ArrayDeque<UnsentPromises> unsentPromises = new ArrayDeque<>();
  private long lastWrite;
  private long lastWritten;

  private final ArrayDeque<CommittedBatch> batches = new ArrayDeque<>();
  private long handedOutIndex;
  private long appliedIndex;

  /** The snapshot that the state machine is restored from; null while there is none. */
  private @Nullable SnapshotMetadata installing;

  /** The last step of an installation; null while there is none at that point. */
  private @Nullable LogReset logReset;

  private final DeadlineWheel requests = new DeadlineWheel();

  private final PendingCommands commands;
  private final PendingReads reads;
  private final PendingTransfers transfers = new PendingTransfers(this::finish);
  private final PendingChanges changes;

  /** What the transport knows to be committed. */
  private Membership toldCommitted;

  /** Messages that may leave, and a receipt that may be handed in, once a write is durable. */
  private record UnsentPromises(
      long afterWrite, List<Message> messages, @Nullable Persisted receipt) {}

  /** The log will begin after a snapshot's last entry once a write is durable. */
  private record LogReset(long write, SnapshotMetadata snapshot) {}

  /**
   * Creates a driver.
   *
   * @param raft to be used by nobody else from now on
   * @param config the settings that {@code raft} was made with
   * @param firstNumber where the numbering of proposals and reads begins. Drawn at random from all
   *     64 bits each time a node starts, so that no number is ever used twice by a node
   * @param maxWaitingBytes commands are refused while more than this waits for a leader
   * @param logWriter writes the log
   * @param transport sends messages
   * @param applier applies what is committed
   * @param snapshots works at snapshots
   * @param policy when there are snapshots; {@link SnapshotPolicy#NONE} if the state machine does
   *     not support them
   * @param leadershipListener told of each new term and leader, within {@link #advance}
   */
  public RaftDriver(
      Raft raft,
      RaftConfig config,
      long firstNumber,
      long maxWaitingBytes,
      LogWriter logWriter,
      Transport transport,
      Applier applier,
      Snapshots snapshots,
      SnapshotPolicy policy,
      LeadershipListener leadershipListener) {
    this.raft = raft;
    this.config = config;
    this.nextNumber = firstNumber;
    this.logWriter = logWriter;
    this.transport = transport;
    this.applier = applier;
    this.leadershipListener = leadershipListener;
    this.term = raft.term();
    this.handedOutIndex = raft.status().applied();
    this.appliedIndex = handedOutIndex;
    this.commands =
        new PendingCommands(raft, config, maxWaitingBytes, () -> nextNumber++, this::finish);
    this.reads = new PendingReads(config.electionTimeoutTicks());
    this.snapshots = new SnapshotCoordinator(raft, config, snapshots, transport, policy);
    this.changes = new PendingChanges(raft, this::finish);
    this.toldCommitted = changes.committed();
    transport.membershipChanged(raft.membership(), toldCommitted);
  }

  // ---------------------------------------------------------------------------------------------
  // Events
  // ---------------------------------------------------------------------------------------------

  /**
   * Tells the time, for lease reads only: see {@link Raft#observeTime}. To be called before the
   * other events of a turn.
   */
  public void observeTime(long monotonicNanos) {
    raft.observeTime(monotonicNanos);
  }

  /** A message has arrived from a peer. */
  public void receive(Message message) {
    raft.step(message);
  }

  /** One unit of time has passed. */
  public void tick() {
    tick++;
    raft.tick();
    requests.expire(tick, this::expire);
    reads.repeatSilent(tick);
    snapshots.tick();
    if (tick % config.electionTimeoutTicks() == 0) {
      sweep();
    }
  }

  /**
   * How many more ticks it takes, without any other event, until one of them has consequences; at
   * least 1. A tick before that one may be late, as long as it comes before the next event.
   */
  public long ticksUntilDue() {
    long due = Math.min(raft.ticksUntilDue(), requests.ticksUntilDue(tick));
    due = Math.min(due, Math.min(snapshots.ticksUntilDue(), changes.ticksUntilDue(tick)));
    due = Math.min(due, Math.min(commands.ticksUntilDue(tick), reads.ticksUntilDue(tick)));
    return Math.max(1, due);
  }

  /** The write with this number, and all before it, are durable. */
  public void written(long number) {
    Invariant.check(
        number > lastWritten && number <= lastWrite,
        "write %s is said to be durable, but %s are and %s were asked for",
        number,
        lastWritten,
        lastWrite);
    lastWritten = number;
    while (!unsentPromises.isEmpty() && unsentPromises.peek().afterWrite() <= number) {
      UnsentPromises kept = unsentPromises.remove();
      for (Message message : kept.messages()) {
        // What was promised in an earlier term helps nobody any more, and what it was about may
        // have been replaced in the log meanwhile.
        if (message.term() == raft.term()) {
          transport.send(message);
        }
      }
      if (kept.receipt() != null) {
        raft.persisted(kept.receipt());
      }
    }
    LogReset reset = logReset;
    if (reset != null && reset.write() <= number) {
      logReset = null;
      installed(reset.snapshot());
    }
  }

  /** The state machine has applied everything up to an index that is the last one of a batch. */
  public void applied(long index) {
    while (!batches.isEmpty() && batches.peek().lastIndex() <= index) {
      @Nullable SubmitRequest @Nullable [] answered = batches.remove().requests();
      if (answered != null) {
        for (SubmitRequest request : answered) {
          if (request != null && !request.isDone()) {
            finish(request);
          }
        }
      }
    }
    raft.applied(index);
    appliedIndex = index;
    snapshots.applied(index);
    reads.applied(index, this::readReady);
  }

  /**
   * What the state machine has applied up to an index would be found again after a crash: see
   * {@link dev.jangada.raft.StateMachine#durableIndex()}.
   *
   * @param index at most what it has {@link #applied}
   */
  public void stateDurable(long index) {
    snapshots.stateDurable(index);
  }

  /** Something that was asked of {@link Snapshots} is done. */
  public void snapshotEvent(SnapshotEvent event) {
    if (event instanceof SnapshotEvent.Restored(EntryId last)) {
      SnapshotMetadata snapshot = Objects.requireNonNull(installing, "a snapshot to install");
      installing = null;
      Invariant.check(batches.isEmpty(), "%s was restored before what comes before it", last);
      lastWrite++;
      logReset = new LogReset(lastWrite, snapshot);
      logWriter.write(new LogWriter.Write(lastWrite, null, List.of(), 0, snapshot));
    } else {
      snapshots.event(event);
    }
  }

  /** State machine and log are those of a snapshot: goes on after it. */
  private void installed(SnapshotMetadata snapshot) {
    EntryId last = snapshot.last();
    raft.snapshotInstalled(last);
    snapshots.installed(last);
    handedOutIndex = last.index();
    appliedIndex = last.index();
    commands.skipTo(last);
    changes.skipTo(last, snapshot.membership());
    reads.applied(last.index(), this::readReady);
  }

  /**
   * Wants a command replicated and applied, by way of whichever node leads.
   *
   * @param command not modified any more
   * @param timeoutTicks after so many ticks the outcome is told, whatever is known by then; at
   *     least 1
   * @param outcome told what becomes of it, possibly before this method has returned
   */
  public void submit(byte[] command, long timeoutTicks, Outcome.Submit outcome) {
    Proposal proposal = new Proposal(raft.id(), nextNumber++, command);
    RaftException refusal = commands.refusal(proposal);
    if (refusal != null) {
      outcome.failed(refusal);
    } else {
      SubmitRequest request = new SubmitRequest(proposal, tick + timeoutTicks, outcome);
      requests.add(request);
      commands.add(request);
    }
  }

  /**
   * Appends a command to the log if this node leads; nobody is told what becomes of it.
   *
   * @param command not modified any more
   * @throws RaftException if this node leads and yet does not take the command, because it is too
   *     large or too much is under way
   */
  public StartResult start(byte[] command) {
    return switch (raft.propose(new Proposal(raft.id(), nextNumber++, command))) {
      case ProposeResult.Accepted(long index, long ofTerm) -> new StartResult(index, ofTerm, true);
      case ProposeResult.Refused(Refusal reason) ->
          switch (reason) {
            case NOT_LEADER -> new StartResult(0, raft.term(), false);
            case TOO_LARGE -> throw Failures.tooLarge(command.length, config.maxEntryBytes());
            case TOO_MANY_UNCOMMITTED -> throw Failures.overloaded("too much is uncommitted");
            case TRANSFERRING -> throw Failures.overloaded("the leadership is being handed over");
          };
    };
  }

  /**
   * Wants to read the state machine of this node, such that the read sees everything that was
   * acknowledged to anybody before this call.
   *
   * @param timeoutTicks after so many ticks the read fails; at least 1
   * @param outcome told when the state machine may be read
   */
  public void read(long timeoutTicks, Outcome.Read outcome) {
    ReadRequest request = new ReadRequest(tick + timeoutTicks, outcome);
    requests.add(request);
    reads.add(request);
  }

  /**
   * Wants another node to lead. Only the leader can do that.
   *
   * @param to the other node
   * @param timeoutTicks after so many ticks the request fails; at least 1
   * @param outcome told when that node leads, or fails; with {@link
   *     RaftException.Reason#NOT_A_VOTER} if it has no vote
   */
  public void transferLeadership(long to, long timeoutTicks, Outcome.Transfer outcome) {
    if (raft.leader() == to) {
      outcome.transferred();
    } else if (!raft.isLeader()) {
      outcome.failed(Failures.notLeader(raft.leader()));
    } else if (!raft.membership().isVoter(to)) {
      outcome.failed(Failures.notVoter(to));
    } else {
      boolean begun = raft.transferLeadership(to);
      Invariant.check(begun, "the leader cannot hand its leadership over to %s", to);
      TransferRequest request = new TransferRequest(to, tick + timeoutTicks, outcome);
      requests.add(request);
      transfers.add(request);
    }
  }

  /**
   * Wants the membership changed, by this node as the leader: all of the changes together, as
   * {@link Raft#changeMembership} says. Waits until a leader is known, and for the change before.
   *
   * @param wanted at least one
   * @param timeoutTicks after so many ticks the outcome is told, whatever is known by then; at
   *     least 1
   * @param outcome told when the change is made, or fails: with {@link
   *     RaftException.Reason#NOT_LEADER} as soon as another node leads, and with {@link
   *     RaftException.Reason#CHANGE_REFUSED} if the leader refuses it for good, or its time is up
   *     before it could be begun
   */
  public void changeMembership(
      List<MembershipChange> wanted, long timeoutTicks, Outcome.Change outcome) {
    ChangeRequest request = new ChangeRequest(wanted, tick + timeoutTicks, outcome);
    requests.add(request);
    changes.add(request);
  }

  /**
   * Wants the state saved as a snapshot, as it is now or will be soon.
   *
   * @param outcome told when it is durable
   * @throws UnsupportedOperationException if there are no snapshots
   */
  public void takeSnapshot(Outcome.Snapshot outcome) {
    snapshots.take(outcome);
  }

  /** Ends this driver: every request that has no outcome yet fails. */
  public void stop(String reason) {
    requests.drain(request -> {
      request.markDone();
      request.outcome().failed(Failures.stopped(reason, request.isUnderWay()));
    });
    snapshots.stop(Failures.stopped(reason, false));
  }

  // ---------------------------------------------------------------------------------------------
  // What follows from them
  // ---------------------------------------------------------------------------------------------

  /** Does everything that follows from the events so far. */
  public void advance() {
    proceed();
    while (raft.hasReady()) {
      carryOut(raft.ready());
      proceed();
    }
  }

  private void proceed() {
    noticeLeadership();
    commands.offer(tick);
    changes.offer(tick);
    askForReads();
    snapshots.advance();
    if (!toldCommitted.equals(changes.committed())) {
      toldCommitted = changes.committed();
      transport.membershipChanged(raft.membership(), toldCommitted);
    }
  }

  private void carryOut(Ready ready) {
    if (ready.membership() != null) {
      transport.membershipChanged(ready.membership(), changes.committed());
    }
    for (Message message : ready.sendNow()) {
      transport.send(message);
    }
    Persisted receipt = ready.persisted();
    if (receipt != null || ready.discardUpTo() > 0) {
      lastWrite++;
      logWriter.write(
          new LogWriter.Write(
              lastWrite, ready.hardState(), ready.append(), ready.discardUpTo(), null));
    }
    if (lastWritten == lastWrite) {
      for (Message message : ready.sendAfterPersist()) {
        transport.send(message);
      }
    } else if (receipt != null || !ready.sendAfterPersist().isEmpty()) {
      unsentPromises.add(new UnsentPromises(lastWrite, ready.sendAfterPersist(), receipt));
    }
    for (Message.ForwardRefused refused : ready.refused()) {
      commands.refused(refused, tick);
    }
    for (ReadState read : ready.reads()) {
      reads.answered(read, appliedIndex, tick, this::readReady);
    }
    if (!ready.apply().isEmpty()) {
      handOut(ready.apply());
    }
    for (Message message : ready.snapshotMessages()) {
      snapshots.received(message);
    }
    for (long peer : ready.snapshotsWanted()) {
      snapshots.wanted(peer);
    }
    SnapshotMetadata install = ready.install();
    if (install != null) {
      installing = install;
      snapshots.install(install.last());
    }
  }

  private void noticeLeadership() {
    if (raft.term() == term && raft.leader() == leader) {
      return;
    }
    term = raft.term();
    leader = raft.leader();
    snapshots.leadershipChanged();
    leadershipListener.leadershipChanged(leader, term, raft.isLeader());
    if (leader != 0 && leader != raft.id()) {
      transfers.ledBy(leader);
    }
  }

  private void askForReads() {
    if (reads.haveToAsk(tick) && raft.leader() != 0) {
      raft.readIndex(reads.ask(nextNumber++, tick));
    }
  }

  /** Gives committed entries to the state machine, together with those who wait for them. */
  private void handOut(List<Entry> entries) {
    @Nullable SubmitRequest @Nullable [] claimants = null;
    for (int i = 0; i < entries.size(); i++) {
      Entry entry = entries.get(i);
      Invariant.check(
          entry.index() == handedOutIndex + 1,
          "entry %s is to be applied after %s",
          entry,
          handedOutIndex);
      handedOutIndex = entry.index();
      changes.committed(entry);
      SubmitRequest request = commands.committed(entry);
      if (request != null && !request.isDone()) {
        if (claimants == null) {
          claimants = new @Nullable SubmitRequest[entries.size()];
        }
        claimants[i] = request;
      }
    }
    CommittedBatch batch = new CommittedBatch(entries, claimants);
    batches.add(batch);
    applier.apply(batch);
  }

  private void readReady(ReadRequest request, long index) {
    finish(request);
    request.outcome().ready(index);
  }

  // ---------------------------------------------------------------------------------------------
  // The end of requests
  // ---------------------------------------------------------------------------------------------

  private void finish(Request request) {
    requests.remove(request);
    request.markDone();
  }

  /** Ends a request, already taken out of the wheel, whose time is up. */
  private void expire(Request request) {
    RaftException failure =
        switch (request) {
          case SubmitRequest command -> commands.expired(command);
          case ReadRequest read ->
              raft.leader() == 0 ? Failures.noLeader() : Failures.timeout(false);
          case TransferRequest transfer -> Failures.timeout(false);
          case ChangeRequest change -> change.expired();
        };
    request.markDone();
    request.outcome().failed(failure);
  }

  /** Forgets expired requests where they are still referred to. */
  private void sweep() {
    commands.sweep();
    reads.sweep();
    transfers.sweep();
    changes.sweep();
  }

  // ---------------------------------------------------------------------------------------------
  // State
  // ---------------------------------------------------------------------------------------------

  /** A picture of the core's state. */
  public RaftStatus status() {
    return raft.status();
  }

  /** The latest configuration that this node knows to be committed; see {@link #status}, too. */
  public Membership committedMembership() {
    return changes.committed();
  }

  /** What has been done with snapshots. */
  public SnapshotStatistics snapshotStatistics() {
    return snapshots.statistics();
  }

  /** Number of requests that have no outcome yet. */
  public int pendingRequests() {
    return requests.size();
  }
}
