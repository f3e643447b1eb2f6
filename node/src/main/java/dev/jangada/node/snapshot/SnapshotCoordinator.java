package dev.jangada.node.snapshot;

import dev.jangada.node.request.Outcome;
import dev.jangada.node.request.RaftException;
import dev.jangada.node.transport.Transport;
import dev.jangada.raft.EntryId;
import dev.jangada.raft.InvariantViolation;
import dev.jangada.raft.Membership;
import dev.jangada.raft.Message;
import dev.jangada.raft.Raft;
import dev.jangada.raft.RaftConfig;
import dev.jangada.raft.RaftStatus;
import dev.jangada.raft.SnapshotMetadata;
import dev.jangada.raft.StateMachine;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The part of a driver that looks after snapshots: has them saved, cuts the log, and ties sender
 * and receiver to the core and to whoever works at snapshots.
 */
public final class SnapshotCoordinator implements SnapshotSender.Outlet, SnapshotReceiver.Outlet {

  /**
   * For so many election timeouts the log is kept for a follower that has received a snapshot, and
   * has to install it and to catch up.
   */
  private static final int INSTALLATION_TIMEOUTS = 60;

  private static final SnapshotMetadata NO_METADATA =
      new SnapshotMetadata(EntryId.NONE, Membership.NONE);

  private final Raft raft;
  private final Snapshots snapshots;
  private final Transport transport;
  private final SnapshotPolicy policy;
  private final LogCompaction compaction;
  private final SnapshotSender sender;
  private final SnapshotReceiver receiver;
  private final long installationTicks;

  private long tick;

  /** Whether a picture to be saved was asked for, or is being saved. */
  private boolean saving;

  private StateMachine.@Nullable Snapshot beingSaved;
  private SnapshotMetadata beingSavedMetadata = NO_METADATA;

  /** What is told of the picture that is sent to others. */
  private SnapshotMetadata pictured = NO_METADATA;

  /** The entry up to which the state was last saved. */
  private EntryId saved = EntryId.NONE;

  /** Those who want to know of the snapshot that is being saved. */
  private List<Outcome.Snapshot> waitingForThis = new ArrayList<>();

  /** Those who asked for one since. */
  private List<Outcome.Snapshot> waitingForNext = new ArrayList<>();

  /** The snapshot that was received to be installed. */
  private StateMachine.@Nullable Snapshot received;

  /**
   * Whether one is being installed: the machine may be where it ends while the log is not, and then
   * nobody can say which entry a picture of the machine ends with. Nothing is saved meanwhile.
   */
  private boolean installing;

  /** Which followers install what they were sent, or catch up, and until when they have time. */
  private final Map<Long, Installation> installations = new TreeMap<>();

  private long savedCount;
  private long savedBytes;
  private long sentCount;
  private long sentBytes;
  private long installedCount;
  private long receivedBytes;

  /** The term in which the sender works. */
  private long term;

  private record Installation(long index, long untilTick) {}

  /**
   * Creates a coordinator.
   *
   * @param raft the driver's
   * @param config the settings that {@code raft} was made with
   * @param snapshots works at snapshots
   * @param transport sends pieces and acknowledgements
   * @param policy when there are snapshots
   */
  public SnapshotCoordinator(
      Raft raft,
      RaftConfig config,
      Snapshots snapshots,
      Transport transport,
      SnapshotPolicy policy) {
    RaftStatus status = raft.status();
    this.raft = raft;
    this.snapshots = snapshots;
    this.transport = transport;
    this.policy = policy;
    this.term = raft.term();
    this.compaction = new LogCompaction(policy, status.base().index(), status.applied());
    this.sender =
        new SnapshotSender(
            policy,
            config.electionTimeoutTicks(),
            compaction::cut,
            () -> compaction.applied() - policy.retainedEntries(),
            this);
    this.receiver = new SnapshotReceiver(this);
    this.installationTicks = (long) INSTALLATION_TIMEOUTS * config.electionTimeoutTicks();
  }

  // ---------------------------------------------------------------------------------------------
  // Events
  // ---------------------------------------------------------------------------------------------

  /** One unit of time has passed. */
  public void tick() {
    tick++;
    sender.tick();
    compaction.tick();
  }

  /** How many ticks there are, the last one included, until one has consequences. */
  public long ticksUntilDue() {
    return sender.ticksUntilDue();
  }

  /** The state machine has applied everything up to an index. */
  public void applied(long index) {
    compaction.applied(index);
  }

  /** What was applied up to an index would be found again after a crash. */
  public void stateDurable(long index) {
    compaction.safeUpTo(index);
  }

  /** There is a new term, or another leader or none in it. */
  public void leadershipChanged() {
    term = raft.term();
    sender.leadershipChanged();
    installations.clear();
  }

  /** A follower needs a snapshot, says the core. */
  public void wanted(long follower) {
    if (policy.isOn()) {
      sender.wanted(follower);
    } else {
      throw new InvariantViolation("the log was cut, but there are no snapshots");
    }
  }

  /** A chunk or an acknowledgement has arrived. */
  public void received(Message message) {
    if (message instanceof Message.SnapshotAck ack) {
      sender.acknowledged(ack.from(), ack.last(), ack.received());
    } else if (message instanceof Message.SnapshotChunk chunk && policy.isOn()) {
      SnapshotMetadata of = new SnapshotMetadata(chunk.last(), chunk.membership());
      if (chunk.last().index() <= raft.committed()) {
        // Nothing of it is needed; the leader is told what is here.
        acknowledge(chunk.from(), chunk.last(), chunk.total());
        raft.snapshotReceived(of);
      } else {
        receiver.piece(chunk.from(), chunk.term(), of, chunk.total(), chunk.offset(), chunk.data());
      }
    }
  }

  /** Something was done at a snapshot; all but {@link SnapshotEvent.Restored}. */
  public void event(SnapshotEvent event) {
    switch (event) {
      case SnapshotEvent.Captured(SnapshotTask.Purpose purpose, StateMachine.Snapshot snapshot) ->
          captured(purpose, snapshot);
      case SnapshotEvent.Saving(EntryId last) -> save(last);
      case SnapshotEvent.Saved(EntryId last, long size) -> saved(last, size);
      case SnapshotEvent.Piece(EntryId last, long offset, byte[] data) ->
          sender.piece(last, offset, data);
      case SnapshotEvent.Written(EntryId last, long upTo) -> receiver.written(last, upTo);
      case SnapshotEvent.Received(SnapshotMetadata of, StateMachine.Snapshot snapshot) ->
          received(of, snapshot);
      case SnapshotEvent.Restored restored ->
          throw new InvariantViolation("the driver itself sees to " + restored);
    }
  }

  // ---------------------------------------------------------------------------------------------
  // Saving the state and cutting the log
  // ---------------------------------------------------------------------------------------------

  /**
   * Wants the state saved.
   *
   * @throws UnsupportedOperationException if there are no snapshots
   */
  public void take(Outcome.Snapshot outcome) {
    if (!policy.isOn()) {
      throw new UnsupportedOperationException("the state machine does not support snapshots");
    }
    waitingForNext.add(outcome);
  }

  /** Does what follows from the events so far. */
  public void advance() {
    if (!saving
        && !installing
        && policy.isOn()
        && (!waitingForNext.isEmpty() || compaction.wantsSnapshot())) {
      saving = true;
      waitingForThis = waitingForNext;
      waitingForNext = new ArrayList<>();
      snapshots.begin(new SnapshotTask.Capture(SnapshotTask.Purpose.SAVE));
    }
    if (compaction.mayCut()) {
      RaftStatus status = raft.status();
      long upTo = compaction.cutUpTo(status, Math.min(sender.needed(), neededToInstall(status)));
      if (upTo > 0) {
        compaction.cutAt(raft.compact(upTo));
      }
    }
  }

  /**
   * After which index the log is needed by followers that install a snapshot now, or have, and get
   * from the log what came meanwhile: cut off before they have it, they would need another
   * snapshot, and so on without end where entries come faster than a snapshot travels. Who installs
   * one answers heartbeats; who does not may be away for long, and is not waited for. Nor is one
   * that comes back when the log has been cut meanwhile.
   */
  private long neededToInstall(RaftStatus status) {
    installations.values().removeIf(installation -> installation.untilTick() <= tick);
    if (installations.isEmpty()) {
      return Long.MAX_VALUE;
    }
    long needed = Long.MAX_VALUE;
    for (RaftStatus.FollowerStatus follower : status.followers()) {
      Installation installation = installations.get(follower.id());
      if (installation == null) {
        continue;
      }
      if (!follower.needsSnapshot()
          && follower.match() >= compaction.applied() - policy.retainedEntries()) {
        installations.remove(follower.id());
        continue;
      }
      long next = follower.needsSnapshot() ? installation.index() : follower.match();
      if (follower.reachable() && next >= compaction.cut()) {
        needed = Math.min(needed, next);
      }
    }
    return needed;
  }

  private void captured(SnapshotTask.Purpose purpose, StateMachine.Snapshot snapshot) {
    SnapshotMetadata metadata = raft.snapshotMetadata(snapshot.index());
    EntryId last = metadata.last();
    switch (purpose) {
      case SEND -> {
        pictured = metadata;
        sender.captured(last, snapshot);
      }
      case SAVE -> {
        beingSaved = snapshot;
        beingSavedMetadata = metadata;
        if (last.index() == saved.index()) {
          // Nothing has been applied since, or ever.
          saved(last, -1);
        } else {
          save(last);
        }
      }
    }
  }

  private void save(EntryId last) {
    snapshots.begin(new SnapshotTask.Save(beingSavedMetadata, present(beingSaved, last)));
  }

  private void saved(EntryId last, long size) {
    snapshots.begin(new SnapshotTask.Close(present(beingSaved, last)));
    beingSaved = null;
    saving = false;
    saved = last;
    if (size >= 0) {
      savedCount++;
      savedBytes += size;
    }
    compaction.safeUpTo(last.index());
    List<Outcome.Snapshot> answered = waitingForThis;
    waitingForThis = new ArrayList<>();
    answered.forEach(outcome -> outcome.taken(last));
  }

  // ---------------------------------------------------------------------------------------------
  // Installing
  // ---------------------------------------------------------------------------------------------

  private void received(SnapshotMetadata of, StateMachine.Snapshot snapshot) {
    EntryId last = of.last();
    receiver.stored(last);
    if (snapshot.index() == last.index() && raft.snapshotReceived(of)) {
      receiver.installing(last);
      received = snapshot;
    } else {
      snapshots.begin(new SnapshotTask.Close(snapshot));
    }
  }

  /** Has the state machine restored from the snapshot that the core wants installed. */
  public void install(EntryId last) {
    StateMachine.Snapshot snapshot = present(received, last);
    received = null;
    installing = true;
    snapshots.begin(new SnapshotTask.Restore(last, snapshot));
  }

  private static StateMachine.Snapshot present(
      StateMachine.@Nullable Snapshot snapshot, EntryId last) {
    if (snapshot == null || snapshot.index() != last.index()) {
      throw new InvariantViolation("there is no snapshot up to " + last + " to work at");
    }
    return snapshot;
  }

  /** State machine and log are those of the snapshot, durably. */
  public void installed(EntryId last) {
    receiver.installed();
    installing = false;
    saved = last.index() > saved.index() ? last : saved;
    compaction.applied(last.index());
    compaction.safeUpTo(last.index());
    compaction.cutAt(last.index());
    installedCount++;
  }

  // ---------------------------------------------------------------------------------------------
  // What sender and receiver want
  // ---------------------------------------------------------------------------------------------

  @Override
  public void capture() {
    snapshots.begin(new SnapshotTask.Capture(SnapshotTask.Purpose.SEND));
  }

  @Override
  public void read(EntryId last, StateMachine.Snapshot snapshot, long offset, int length) {
    snapshots.begin(new SnapshotTask.Read(last, snapshot, offset, length));
  }

  @Override
  public void send(long peer, EntryId last, long total, long offset, byte[] data) {
    // A message may have ended this node's leadership in the very turn in which the piece was read:
    // under the newer term's number the piece would pass for one of that term's leader.
    if (!raft.isLeader() || raft.term() != term) {
      return;
    }
    sentBytes += data.length;
    transport.send(
        new Message.SnapshotChunk(
            raft.id(), peer, raft.term(), last, pictured.membership(), total, offset, data));
  }

  @Override
  public void sending(long peer, EntryId last, long total) {
    snapshots.sending(peer, last, total);
  }

  @Override
  public void sent(long peer, EntryId last, boolean complete) {
    if (complete) {
      sentCount++;
      installations.put(peer, new Installation(last.index(), tick + installationTicks));
    }
    raft.snapshotSent(peer, complete);
    snapshots.sent(peer, last, complete);
  }

  @Override
  public void close(StateMachine.Snapshot snapshot) {
    snapshots.begin(new SnapshotTask.Close(snapshot));
  }

  @Override
  public void write(SnapshotMetadata snapshot, long total, long offset, byte[] data) {
    receivedBytes += data.length;
    snapshots.begin(new SnapshotTask.Write(snapshot, total, offset, data));
  }

  @Override
  public void acknowledge(long to, EntryId last, long upTo) {
    transport.send(new Message.SnapshotAck(raft.id(), to, raft.term(), last, upTo));
  }

  // ---------------------------------------------------------------------------------------------
  // State
  // ---------------------------------------------------------------------------------------------

  /** What was done so far. */
  public SnapshotStatistics statistics() {
    return new SnapshotStatistics(
        savedCount, savedBytes, sentCount, sentBytes, installedCount, receivedBytes);
  }

  /** Ends it all: whoever waits for a snapshot is told why none comes, and pictures are closed. */
  public void stop(RaftException why) {
    waitingForThis.forEach(outcome -> outcome.failed(why));
    waitingForNext.forEach(outcome -> outcome.failed(why));
    waitingForThis = new ArrayList<>();
    waitingForNext = new ArrayList<>();
    sender.close();
    if (beingSaved != null) {
      close(beingSaved);
      beingSaved = null;
    }
    if (received != null) {
      close(received);
      received = null;
    }
  }
}
