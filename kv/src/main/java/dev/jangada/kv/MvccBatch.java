package dev.jangada.kv;

import dev.jangada.kv.auth.AuthState;
import dev.jangada.kv.bytes.Bytes;
import dev.jangada.kv.command.Alarm;
import dev.jangada.kv.command.KeyValue;
import dev.jangada.kv.command.MemberAttributes;
import dev.jangada.kv.store.OrderedStore;
import dev.jangada.raft.Invariant;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableSet;
import org.jspecify.annotations.Nullable;

/**
 * Changes to the store that will take effect together: those of a run of log entries. What it reads
 * includes what it wrote. For one thread.
 */
final class MvccBatch {

  private final Overlay overlay;
  private final MvccReader reader;
  private final LeaseBatch leases;
  private final AuthBatch auth;
  private final AlarmBatch alarms;
  private final StoreState before;

  private long revision;
  private long compactedRevision;
  private long removedRevision;

  /** The revision of the command at hand, if it writes. */
  private long commandRevision;

  /** Writes of the command at hand. */
  private int commandWrites;

  private long writes;

  /** What the writes did, if anybody wants to know. */
  private final @Nullable List<KeyEvent> events;

  MvccBatch(
      OrderedStore.Reader base,
      StoreState before,
      AuthState auth,
      NavigableSet<Alarm> alarms,
      boolean collectsEvents) {
    this.before = before;
    this.events = collectsEvents ? new ArrayList<>() : null;
    overlay = new Overlay(base);
    reader = new MvccReader(overlay);
    leases = new LeaseBatch(overlay, before.leases());
    this.auth = new AuthBatch(overlay, auth);
    this.alarms = new AlarmBatch(overlay, alarms);
    revision = before.revision();
    compactedRevision = before.compactedRevision();
    removedRevision = before.removedRevision();
    beginCommand();
  }

  /** What comes next makes one revision, if it writes. */
  void beginCommand() {
    commandRevision = revision + 1;
    commandWrites = 0;
  }

  MvccReader reader() {
    return reader;
  }

  /** The leases, to which what is put and deleted here is attached and detached by itself. */
  LeaseBatch leases() {
    return leases;
  }

  /** The users and roles, and whether they count. */
  AuthBatch auth() {
    return auth;
  }

  /** The alarms that are raised. */
  AlarmBatch alarms() {
    return alarms;
  }

  /** The current revision, that of the command at hand from its first write on. */
  long revision() {
    return revision;
  }

  long compactedRevision() {
    return compactedRevision;
  }

  /**
   * Gives a key a new version.
   *
   * @param previous its latest version; null if it does not exist
   */
  void put(Bytes key, Bytes value, long lease, @Nullable KeyValue previous) {
    long previousRevision = 0;
    long createRevision = commandRevision;
    long version = 1;
    if (previous != null) {
      retire(previous);
      previousRevision = previous.modRevision();
      createRevision = previous.createRevision();
      version = previous.version() + 1;
    }
    overlay.put(
        Layout.latestKey(key),
        Layout.version(createRevision, commandRevision, version, lease, value));
    leases.attach(key, previous == null ? 0 : previous.lease(), lease);
    written(false, key, previousRevision);
    if (events != null) {
      events.add(
          new KeyEvent(
              false,
              new KeyValue(key, createRevision, commandRevision, version, value, lease),
              previous));
    }
  }

  /** Deletes keys, given in their latest versions. */
  void delete(List<KeyValue> keys) {
    for (KeyValue previous : keys) {
      retire(previous);
      overlay.delete(Layout.latestKey(previous.key()));
      overlay.put(Layout.historyKey(previous.key(), commandRevision), Layout.DELETION);
      leases.attach(previous.key(), previous.lease(), 0);
      written(true, previous.key(), previous.modRevision());
      if (events != null) {
        events.add(KeyEvent.deletion(previous.key(), commandRevision, previous));
      }
    }
  }

  /** Moves the version that is about to be replaced to the history. */
  private void retire(KeyValue previous) {
    Invariant.check(
        previous.modRevision() < commandRevision,
        "key %s is written twice by revision %d",
        previous.key(),
        commandRevision);
    overlay.put(
        Layout.historyKey(previous.key(), previous.modRevision()),
        Layout.version(
            previous.createRevision(),
            previous.modRevision(),
            previous.version(),
            previous.lease(),
            previous.value()));
  }

  private void written(boolean delete, Bytes key, long previousRevision) {
    overlay.put(
        Layout.indexKey(commandRevision, commandWrites),
        Layout.event(delete, previousRevision, key));
    commandWrites++;
    writes++;
    revision = commandRevision;
  }

  /** Gives up what is only readable below a revision, above the compacted one. */
  void compact(long revision) {
    Invariant.check(
        compactedRevision < revision && revision <= this.revision,
        "compacted revision moves from %d to %d at revision %d",
        compactedRevision,
        revision,
        this.revision);
    compactedRevision = revision;
  }

  /** Replaces what is known of a member. No revision tells of it. */
  void putMember(MemberAttributes member) {
    overlay.put(Layout.memberKey(member.id()), Layout.member(member));
  }

  /** What the writes so far did, in order; empty unless this batch collects that. */
  List<KeyEvent> events() {
    return events == null ? List.of() : events;
  }

  /** About how many bytes of memory the writes so far take. */
  long weight() {
    return overlay.weight();
  }

  /** Number of keys written so far. */
  long writes() {
    return writes;
  }

  /** Whether there is still something to remove of what compaction gave up. */
  boolean hasLeftovers() {
    return removedRevision < compactedRevision;
  }

  /**
   * Removes some of what compaction gave up: what revisions up to the compacted one replaced or
   * deleted, found by the index. Whole revisions, one at least.
   *
   * <p>The index itself is kept from the compacted revision on, for who watches from there.
   *
   * @param enough after how many writes to stop
   */
  void removeLeftovers(long enough) {
    if (!hasLeftovers()) {
      return;
    }
    List<byte[]> doomed = new ArrayList<>();
    long removed = removedRevision;
    try (OrderedStore.Cursor index =
        overlay.cursor(
            Layout.indexKey(removedRevision + 1, 0), Layout.indexKey(compactedRevision + 1, 0))) {
      long looked = 0;
      for (; index.isValid(); index.next()) {
        byte[] indexKey = index.key();
        long eventRevision = Layout.revisionOfIndex(indexKey);
        if (looked >= enough && eventRevision != removed) {
          break;
        }
        looked++;
        removed = eventRevision;
        Layout.Event event = Layout.event(indexKey, index.value());
        if (event.previousRevision() != 0) {
          doomed.add(Layout.historyKey(event.key(), event.previousRevision()));
        }
        if (event.delete()) {
          doomed.add(Layout.historyKey(event.key(), eventRevision));
        }
      }
      if (!index.isValid()) {
        removed = compactedRevision;
      }
    }
    doomed.forEach(overlay::delete);
    removedRevision = removed;
  }

  /** Makes the changes take effect in the store. Once, as the last thing. */
  StoreState commit(OrderedStore store, long appliedIndex) {
    StoreState after =
        new StoreState(appliedIndex, revision, compactedRevision, removedRevision, leases.state());
    try (OrderedStore.Batch batch = store.newBatch()) {
      overlay.writeTo(batch);
      if (removedRevision > before.removedRevision()) {
        batch.deleteRange(
            Layout.indexKey(before.removedRevision(), 0), Layout.indexKey(removedRevision, 0));
      }
      batch.put(Layout.STATE_KEY, after.encode());
      batch.commit();
    }
    return after;
  }
}
