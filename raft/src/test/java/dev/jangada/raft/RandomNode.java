package dev.jangada.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A node of a {@link RandomCluster}: a core, a disk whose writes take their time, and a state
 * machine whose work does.
 */
final class RandomNode {
  final long id;
  private final RaftConfig config;
  private final Random random;
  private final RandomCluster cluster;

  // What survives a crash.
  private HardState hardState = HardState.INITIAL;
  final List<Entry> disk = new ArrayList<>();
  private long appliedOnDisk;

  /** What was cut off from the log on disk. */
  private EntryId baseOnDisk = EntryId.NONE;

  /** Snapshots that have arrived and are yet to be stored. */
  private final ArrayDeque<SnapshotMetadata> unstored = new ArrayDeque<>();

  private @Nullable SnapshotMetadata installing;

  /** The log with all writes that were asked for. */
  final List<Entry> view = new ArrayList<>();

  /** Writes that are not durable yet, and then those that the core has not been told of. */
  private final ArrayDeque<Ready> unwritten = new ArrayDeque<>();

  private final ArrayDeque<Ready> unreported = new ArrayDeque<>();
  private final ArrayDeque<List<Entry>> unapplied = new ArrayDeque<>();
  private long handedOut;
  @Nullable Raft raft;

  RandomNode(RaftConfig config, Random random, RandomCluster cluster) {
    this.id = config.id();
    this.config = config;
    this.random = random;
    this.cluster = cluster;
    restart();
  }

  /** Comes back with what was durable; the state machine may have kept less than it had applied. */
  void restart() {
    view.clear();
    view.addAll(disk);
    appliedOnDisk -= random.nextInt((int) Math.min(appliedOnDisk - baseOnDisk.index(), 3) + 1);
    handedOut = appliedOnDisk;
    List<EntryId> termStarts = new ArrayList<>();
    for (Entry entry : disk.subList((int) baseOnDisk.index(), disk.size())) {
      if (termStarts.isEmpty() || termStarts.getLast().term() != entry.term()) {
        termStarts.add(entry.id());
      }
    }
    EntryId last = disk.isEmpty() ? EntryId.NONE : disk.getLast().id();
    raft =
        new Raft(
            config,
            hardState,
            new RecoveredLog(baseOnDisk, termStarts, last, configurations(), this::read),
            appliedOnDisk,
            new Random(random.nextLong()));
  }

  /** The configurations that the log on disk tells of. */
  private List<Configuration> configurations() {
    Configurations found = new Configurations();
    for (Entry entry : disk) {
      if (entry.type() == EntryType.CONFIGURATION) {
        found.appended(entry.index(), entry.membership());
      }
    }
    found.compactedTo(baseOnDisk.index());
    return found.all();
  }

  private List<Entry> read(long from, long to, long maxBytes) {
    assertThat(from).as("read").isGreaterThan(baseOnDisk.index());
    List<Entry> entries = new ArrayList<>();
    long bytes = 0;
    for (long index = from; index < to && bytes < maxBytes; index++) {
      entries.add(disk.get((int) index - 1));
      bytes += entries.getLast().weight();
    }
    return entries;
  }

  /** Loses everything that is not durable; what was durable but not acknowledged stays unsaid. */
  void crash() {
    raft = null;
    unwritten.clear();
    unreported.clear();
    unapplied.clear();
    unstored.clear();
    installing = null;
  }

  /** Cuts the log off behind what the state machine has, or keeps a few entries. */
  void compact() {
    feed(core -> {
      RaftStatus status = core.status();
      long index = Math.min(status.applied(), status.durable()) - random.nextInt(6);
      core.compact(Math.max(index, 0));
    });
  }

  /** A snapshot of what another node has applied has arrived. */
  void receive(SnapshotMetadata snapshot) {
    unstored.add(snapshot);
  }

  /** Makes the oldest snapshot that has arrived durable, whatever has become of its leader. */
  boolean store() {
    SnapshotMetadata snapshot = unstored.poll();
    if (snapshot == null) {
      return false;
    }
    feed(core -> {
      long committedBefore = core.committed();
      if (core.snapshotReceived(snapshot)) {
        assertThat(snapshot.last().index()).as("needed").isGreaterThan(committedBefore);
      }
    });
    return true;
  }

  /** Does what a {@link Ready#install()} asks for, in the order that it asks for. */
  boolean install() {
    if (installing == null || !unwritten.isEmpty() || !unapplied.isEmpty()) {
      return false;
    }
    EntryId last = installing.last();
    installing = null;
    disk.clear();
    disk.addAll(cluster.committedUpTo(last));
    view.clear();
    view.addAll(disk);
    baseOnDisk = last;
    appliedOnDisk = last.index();
    handedOut = last.index();
    feed(core -> core.snapshotInstalled(last));
    return true;
  }

  void feed(Consumer<Raft> input) {
    if (raft != null) {
      raft.observeTime(cluster.nowNanos());
      input.accept(raft);
    }
  }

  /** Takes one Ready, if there is one. */
  boolean drain() {
    if (raft == null || !raft.hasReady()) {
      return false;
    }
    raft.observeTime(cluster.nowNanos());
    Ready ready = raft.ready();
    ready.sendNow().forEach(cluster::send);
    for (Entry entry : ready.append()) {
      put(view, entry);
      cluster.appended(entry, view);
    }
    unwritten.add(ready);
    cluster.checkCommitted(this, raft.committed());
    if (installing != null) {
      assertThat(ready.append()).as("appended during an installation").isEmpty();
      assertThat(ready.apply()).as("applied during an installation").isEmpty();
    }
    if (ready.install() != null) {
      assertThat(installing).as("installed at once").isNull();
      installing = ready.install();
    }
    ready.snapshotsWanted().forEach(peer -> cluster.snapshotWanted(this, peer));
    ready.snapshotMessages().forEach(message -> cluster.snapshotMessage(this, message));
    if (!ready.apply().isEmpty()) {
      assertThat(ready.apply().getFirst().index()).as("applied next").isEqualTo(handedOut + 1);
      handedOut = ready.apply().getLast().index();
      assertThat(handedOut).as("applied and durable").isLessThanOrEqualTo(disk.size());
      ready.apply().forEach(cluster::applied);
      unapplied.add(ready.apply());
    }
    ready.reads().forEach(read -> cluster.readAnswered(id, read));
    ready.refused().forEach(refused -> refused.sequences().forEach(cluster::refused));
    return true;
  }

  /** Makes the oldest write durable. */
  boolean write() {
    Ready ready = unwritten.poll();
    if (ready == null) {
      return false;
    }
    HardState newHardState = ready.hardState();
    if (newHardState != null) {
      hardState = newHardState;
    }
    ready.append().forEach(entry -> put(disk, entry));
    if (ready.discardUpTo() > baseOnDisk.index()) {
      baseOnDisk = disk.get((int) ready.discardUpTo() - 1).id();
      assertThat(baseOnDisk.index()).as("cut off").isLessThanOrEqualTo(appliedOnDisk);
    }
    unreported.add(ready);
    return true;
  }

  /** Tells the core of the oldest durable write, and sends what waited for it. */
  boolean report() {
    Ready ready = unreported.poll();
    if (ready == null) {
      return false;
    }
    ready.sendAfterPersist().forEach(cluster::send);
    Persisted receipt = ready.persisted();
    if (receipt != null) {
      feed(core -> core.persisted(receipt));
    }
    return true;
  }

  boolean apply() {
    List<Entry> entries = unapplied.poll();
    if (entries == null) {
      return false;
    }
    appliedOnDisk = entries.getLast().index();
    feed(core -> core.applied(appliedOnDisk));
    return true;
  }

  private static void put(List<Entry> log, Entry entry) {
    log.subList((int) entry.index() - 1, log.size()).clear();
    log.add(entry);
  }

  EntryId last() {
    return view.isEmpty() ? EntryId.NONE : view.getLast().id();
  }

  boolean leads() {
    return raft != null && raft.isLeader();
  }

  long applied() {
    return appliedOnDisk;
  }
}
