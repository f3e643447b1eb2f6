package dev.jangada.raft.interaction;

import dev.jangada.raft.Configuration;
import dev.jangada.raft.Configurations;
import dev.jangada.raft.Entry;
import dev.jangada.raft.EntryId;
import dev.jangada.raft.EntryType;
import dev.jangada.raft.HardState;
import dev.jangada.raft.InvariantViolation;
import dev.jangada.raft.Membership;
import dev.jangada.raft.Message;
import dev.jangada.raft.Raft;
import dev.jangada.raft.RaftConfig;
import dev.jangada.raft.RaftRole;
import dev.jangada.raft.RaftTracer;
import dev.jangada.raft.ReadState;
import dev.jangada.raft.Ready;
import dev.jangada.raft.RecoveredLog;
import dev.jangada.raft.SnapshotMetadata;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** One node of a story: a core, its disk, and what it was told to hold back. */
final class StoryNode {
  final long id;
  private final RaftConfig config;
  private final Consumer<String> trace;
  private final Consumer<Message> network;

  // What survives a crash.
  private HardState hardState = HardState.INITIAL;
  private final List<Entry> disk = new ArrayList<>();
  private long applied;

  /** What was cut off from the log on disk; the list keeps its place. */
  private EntryId base = EntryId.NONE;

  /** The configuration in force at the base, if it is known. */
  private @Nullable Membership baseMembership;

  private @Nullable SnapshotMetadata installing;
  private boolean installationHeld;

  /** Writes that were asked for and are not durable, oldest first. */
  private final ArrayDeque<Ready> writes = new ArrayDeque<>();

  /** The log with all writes that were asked for. */
  private final List<Entry> written = new ArrayList<>();

  private boolean diskHeld;
  private boolean applyHeld;
  private long applying;
  int electionTimeout;
  private @Nullable Raft raft;

  StoryNode(
      RaftConfig config, int electionTimeout, Consumer<String> trace, Consumer<Message> network) {
    this.id = config.id();
    this.config = config;
    this.electionTimeout = electionTimeout;
    this.trace = trace;
    this.network = network;
    start();
  }

  /** Puts this on the disk of the node, which restarts from it. */
  void replaceDisk(HardState newHardState, List<Entry> entries, long newApplied, long newBase) {
    hardState = newHardState;
    disk.clear();
    disk.addAll(entries);
    applied = newApplied;
    base = newBase == 0 ? EntryId.NONE : disk.get((int) newBase - 1).id();
    start();
  }

  /** Loses everything that is not durable. */
  void crash() {
    raft = null;
    writes.clear();
    diskHeld = false;
    applyHeld = false;
    installing = null;
    installationHeld = false;
  }

  void restart(long fromApplied) {
    applied = fromApplied;
    try {
      start();
    } catch (InvariantViolation e) {
      trace.accept(id + " does not start: " + e.getMessage());
    }
  }

  long appliedBeforeCrash() {
    return applied;
  }

  boolean isUp() {
    return raft != null;
  }

  private void start() {
    written.clear();
    written.addAll(disk);
    applying = applied;
    List<EntryId> termStarts = new ArrayList<>();
    for (Entry entry : disk.subList((int) base.index(), disk.size())) {
      if (termStarts.isEmpty() || termStarts.getLast().term() != entry.term()) {
        termStarts.add(entry.id());
      }
    }
    EntryId last = disk.isEmpty() ? EntryId.NONE : disk.getLast().id();
    Raft started =
        new Raft(
            config,
            hardState,
            new RecoveredLog(base, termStarts, last, configurations(), this::read),
            applied,
            new ScriptedTimeouts());
    started.traceTo(new Tracer());
    raft = started;
  }

  private List<Configuration> configurations() {
    Configurations found = new Configurations();
    found.restored(base.index(), baseMembership);
    for (Entry entry : disk.subList((int) base.index(), disk.size())) {
      if (entry.type() == EntryType.CONFIGURATION) {
        found.appended(entry.index(), entry.membership());
      }
    }
    return found.all();
  }

  private List<Entry> read(long from, long to, long maxBytes) {
    List<Entry> entries = new ArrayList<>();
    long bytes = 0;
    for (long index = from; index < to && bytes < maxBytes; index++) {
      Entry entry = disk.get((int) index - 1);
      entries.add(entry);
      bytes += entry.weight();
    }
    return entries;
  }

  Raft raft() {
    if (raft == null) {
      throw new IllegalStateException("node " + id + " is down");
    }
    return raft;
  }

  /** Feeds the core and then does what it asks for. */
  void feed(Consumer<Raft> input) {
    try {
      input.accept(raft());
      drain();
    } catch (InvariantViolation e) {
      trace.accept(id + " STOPS: " + e.getMessage());
      crash();
    }
  }

  private void drain() {
    Raft core = raft();
    while (core.hasReady()) {
      Ready ready = core.ready();
      ready.sendNow().forEach(network);
      if (ready.persisted() != null || !ready.sendAfterPersist().isEmpty()) {
        writes.add(ready);
        write(ready);
      }
      if (ready.discardUpTo() > 0) {
        baseMembership = raft().snapshotMetadata(ready.discardUpTo()).membership();
        base = disk.get((int) ready.discardUpTo() - 1).id();
        trace.accept(id + " cuts its log off after " + base);
      }
      for (long peer : ready.snapshotsWanted()) {
        trace.accept(id + " wants a snapshot for " + peer);
      }
      for (Message message : ready.snapshotMessages()) {
        trace.accept(id + " is handed " + Text.of(message));
      }
      if (ready.membership() != null) {
        trace.accept(id + " knows members " + ready.membership());
      }
      if (ready.install() != null) {
        installing = ready.install();
        installed();
      }
      if (!ready.apply().isEmpty()) {
        trace.accept(id + " applies " + Text.commands(ready.apply()));
        applying = ready.apply().getLast().index();
        if (!applyHeld) {
          applyDone();
        }
      }
      for (ReadState read : ready.reads()) {
        trace.accept(
            id
                + " read "
                + read.id()
                + (read.index() == ReadState.FAILED
                    ? " FAILED"
                    : " may be served at index " + read.index()));
      }
      for (Message.ForwardRefused refusal : ready.refused()) {
        trace.accept(id + " is refused " + refusal.sequences() + " (" + refusal.reason() + ")");
      }
    }
  }

  void compact(long index) {
    feed(core -> core.compact(index));
  }

  /** A snapshot has arrived completely and is durable. */
  void received(SnapshotMetadata snapshot) {
    feed(core -> {
      if (!core.snapshotReceived(snapshot)) {
        trace.accept(id + " has no use for snapshot " + snapshot.last());
      }
    });
  }

  void holdInstallation() {
    installationHeld = true;
  }

  void releaseInstallation() {
    installationHeld = false;
    feed(core -> installed());
  }

  /** The entries that a snapshot stands for are filled in to keep the places of those after it. */
  private void installed() {
    SnapshotMetadata snapshot = installing;
    if (snapshot == null || installationHeld) {
      return;
    }
    EntryId last = snapshot.last();
    baseMembership = snapshot.membership();
    installing = null;
    trace.accept(id + " installs snapshot " + last);
    disk.clear();
    for (long index = 1; index <= last.index(); index++) {
      disk.add(Entry.noop(index, last.term()));
    }
    written.clear();
    written.addAll(disk);
    base = last;
    applied = last.index();
    applying = applied;
    raft().snapshotInstalled(last);
  }

  private void applyDone() {
    applied = applying;
    raft().applied(applied);
  }

  private void write(Ready ready) {
    for (Entry entry : ready.append()) {
      put(written, entry);
    }
    if (!diskHeld) {
      finishWrite();
    } else if (ready.persisted() != null) {
      trace.accept(id + " begins to write " + describe(ready));
    }
  }

  /** Makes the oldest write durable. */
  private void finishWrite() {
    Ready ready = writes.remove();
    if (ready.persisted() != null) {
      trace.accept(id + " persists " + describe(ready));
      if (ready.hardState() != null) {
        hardState = ready.hardState();
      }
      for (Entry entry : ready.append()) {
        put(disk, entry);
      }
    }
    ready.sendAfterPersist().forEach(network);
    if (ready.persisted() != null) {
      raft().persisted(ready.persisted());
    }
  }

  private static void put(List<Entry> log, Entry entry) {
    log.subList((int) entry.index() - 1, log.size()).clear();
    log.add(entry);
  }

  private static String describe(Ready ready) {
    List<String> parts = new ArrayList<>();
    HardState newHardState = ready.hardState();
    if (newHardState != null) {
      parts.add("hard state " + Text.of(newHardState));
    }
    if (!ready.append().isEmpty()) {
      parts.add("entries " + Text.ids(ready.append()));
    }
    return String.join(", ", parts);
  }

  void holdDisk() {
    diskHeld = true;
  }

  /** Finishes that many writes; the disk is held until none is left to be finished. */
  void releaseDisk(int count) {
    for (int i = 0; i < count && !writes.isEmpty(); i++) {
      feed(core -> finishWrite());
    }
  }

  /** Finishes all writes, and from now on each at once. */
  void releaseDisk() {
    diskHeld = false;
    releaseDisk(Integer.MAX_VALUE);
  }

  void holdApply() {
    applyHeld = true;
  }

  void releaseApply() {
    applyHeld = false;
    feed(core -> applyDone());
  }

  /** The log, with what is not durable in parentheses. */
  @SuppressWarnings("ReferenceEquality") // an equal entry of an older write is not this write
  String describeLog() {
    StringBuilder text = new StringBuilder(id + ":");
    if (base.index() > 0) {
      text.append(" [..").append(base).append("]");
    }
    for (Entry entry : written.subList((int) base.index(), written.size())) {
      boolean durable = entry.index() <= disk.size() && disk.get((int) entry.index() - 1) == entry;
      text.append(durable ? " " + entry.id() : " (" + entry.id() + ")");
    }
    return text.toString();
  }

  /** Draws the election timeout that the story has set. */
  private final class ScriptedTimeouts implements RandomGenerator {
    @Override
    public long nextLong() {
      throw new UnsupportedOperationException("the core draws nothing but election timeouts");
    }

    @Override
    public int nextInt(int bound) {
      return electionTimeout - bound;
    }
  }

  private final class Tracer implements RaftTracer {
    @Override
    public void roleChanged(RaftRole from, RaftRole to, long term, long leader, String reason) {
      trace.accept(
          "%d becomes %s t%d%s (%s)"
              .formatted(
                  id,
                  to,
                  term,
                  to == RaftRole.FOLLOWER && leader != 0 ? " leader=" + leader : "",
                  reason));
    }

    @Override
    public void dropped(Message message, String reason) {
      trace.accept(id + " ignores " + Text.of(message) + " (" + reason + ")");
    }
  }
}
