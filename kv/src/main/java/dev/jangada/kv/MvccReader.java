package dev.jangada.kv;

import dev.jangada.kv.bytes.ByteWriter;
import dev.jangada.kv.bytes.Bytes;
import dev.jangada.kv.command.KeyRange;
import dev.jangada.kv.command.KeyValue;
import dev.jangada.kv.command.MemberAttributes;
import dev.jangada.kv.store.OrderedStore;
import dev.jangada.raft.InvariantViolation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Reads versions of keys from the {@link Layout}, as they were at a revision. Does not know which
 * revisions may be asked for: below the compacted one the answers are wrong.
 *
 * <p>Reading the latest versions takes one look-up a key. Reading at an older revision takes one
 * more for each key that was changed since.
 */
final class MvccReader {

  /** Stands for the current revision, whatever it is. */
  static final long LATEST = Long.MAX_VALUE;

  private final OrderedStore.Reader reader;

  MvccReader(OrderedStore.Reader reader) {
    this.reader = reader;
  }

  /** The version of a key at a revision; null if it did not exist. */
  @Nullable KeyValue get(Bytes key, long revision) {
    byte[] latest = reader.get(Layout.latestKey(key));
    if (latest != null && Layout.modRevision(latest) <= revision) {
      return Layout.version(key, latest);
    }
    if (revision == LATEST) {
      return null;
    }
    try (OrderedStore.Cursor older =
        reader.cursor(Layout.historyKey(key, revision), Layout.historyEnd(key))) {
      if (!older.isValid()) {
        return null;
      }
      byte[] version = older.value();
      return version.length == 0 ? null : Layout.version(key, version);
    }
  }

  /** The keys of a range that existed at a revision, in order. The caller closes it. */
  VersionCursor cursor(KeyRange keys, long revision) {
    if (keys.isEmpty()) {
      return new NoVersions();
    }
    OrderedStore.Cursor latest =
        reader.cursor(Layout.latestKey(keys.from()), Layout.latestEnd(keys.to()));
    if (revision == LATEST) {
      return new LatestVersions(latest);
    }
    OrderedStore.Cursor history =
        reader.cursor(Layout.historyStart(keys.from()), Layout.historyRangeEnd(keys.to()));
    return new VersionsAt(revision, latest, history);
  }

  /**
   * What revisions did to some keys, found by the index.
   *
   * @param keys which keys are of interest
   * @param from the first revision, not below the compacted one
   * @param state of what is read
   * @param maxLooked stop after about so many events of any keys, at the end of a revision
   * @param maxBytes stop when the events found weigh this much, at the end of a revision
   */
  EventPage events(
      Predicate<Bytes> keys, long from, StoreState state, int maxLooked, long maxBytes) {
    List<KeyEvent> events = new ArrayList<>();
    long at = from;
    int looked = 0;
    long bytes = 0;
    try (OrderedStore.Cursor index =
        reader.cursor(Layout.indexKey(from, 0), Layout.indexKey(state.revision() + 1, 0))) {
      for (; index.isValid(); index.next()) {
        byte[] indexKey = index.key();
        long revision = Layout.revisionOfIndex(indexKey);
        if (revision != at && (looked >= maxLooked || bytes >= maxBytes)) {
          return new EventPage(events, revision, state.compactedRevision());
        }
        at = revision;
        looked++;
        Layout.Event written = Layout.event(indexKey, index.value());
        if (keys.test(written.key())) {
          KeyEvent event = event(written, revision, state.compactedRevision());
          events.add(event);
          bytes += event.weight();
        }
      }
    }
    return new EventPage(events, Math.max(from, state.revision() + 1), state.compactedRevision());
  }

  private KeyEvent event(Layout.Event written, long revision, long compactedRevision) {
    Bytes key = written.key();
    // Of what the compacted revision replaced nothing may be left, at this member or at another.
    KeyValue previous =
        written.previousRevision() == 0 || revision <= compactedRevision
            ? null
            : get(key, written.previousRevision());
    if (written.delete()) {
      return KeyEvent.deletion(key, revision, previous);
    }
    KeyValue made = get(key, revision);
    if (made == null || made.modRevision() != revision) {
      throw new InvariantViolation(
          "revision %d put key %s, but what it put is not in the store".formatted(revision, key));
    }
    return new KeyEvent(false, made, previous);
  }

  /** What is known of the members, in the order of their ids as unsigned numbers. */
  List<MemberAttributes> members() {
    List<MemberAttributes> members = new ArrayList<>();
    try (OrderedStore.Cursor cursor = reader.cursor(Layout.membersStart(), Layout.membersEnd())) {
      for (; cursor.isValid(); cursor.next()) {
        members.add(Layout.member(cursor.value()));
      }
    }
    return members;
  }

  /**
   * The hash of every version of every key that can be read at some revision from the compacted one
   * up to the given one, deletions in between included.
   */
  long hash(long compactedRevision, long revision) {
    CRC32C hash = new CRC32C();
    try (OrderedStore.Cursor latest =
            reader.cursor(Layout.latestKey(Bytes.EMPTY), Layout.latestEnd(null));
        OrderedStore.Cursor history =
            reader.cursor(Layout.historyStart(Bytes.EMPTY), Layout.historyRangeEnd(null))) {
      new VersionHasher(hash, compactedRevision, revision, latest, history).run();
    }
    return hash.getValue();
  }

  /** Goes through keys in order, each in one version. For one thread. */
  abstract static class VersionCursor implements AutoCloseable {

    /** Goes on to the next key, at first to the first one; false if there is none. */
    abstract boolean next();

    /** The version of the key this stands at. */
    abstract KeyValue current();

    @Override
    public abstract void close();
  }

  private static final class NoVersions extends VersionCursor {
    @Override
    boolean next() {
      return false;
    }

    @Override
    KeyValue current() {
      throw new IllegalStateException("at no key");
    }

    @Override
    public void close() {}
  }

  private static final class LatestVersions extends VersionCursor {
    private final OrderedStore.Cursor latest;
    private boolean started;

    LatestVersions(OrderedStore.Cursor latest) {
      this.latest = latest;
    }

    @Override
    boolean next() {
      if (started) {
        latest.next();
      }
      started = true;
      return latest.isValid();
    }

    @Override
    KeyValue current() {
      return Layout.version(Layout.keyOfLatest(latest.key()), latest.value());
    }

    @Override
    public void close() {
      latest.close();
    }
  }

  /** Goes through the latest versions and the history side by side. */
  private static final class VersionsAt extends VersionCursor {
    private final long revision;
    private final OrderedStore.Cursor latest;
    private final OrderedStore.Cursor history;
    private Bytes key = Bytes.EMPTY;
    private byte[] version = Layout.DELETION;

    VersionsAt(long revision, OrderedStore.Cursor latest, OrderedStore.Cursor history) {
      this.revision = revision;
      this.latest = latest;
      this.history = history;
    }

    @Override
    boolean next() {
      while (latest.isValid() || history.isValid()) {
        Bytes latestKey = latest.isValid() ? Layout.keyOfLatest(latest.key()) : null;
        Bytes historyKey = history.isValid() ? Layout.keyOfHistory(history.key()) : null;
        if (latestKey != null && (historyKey == null || latestKey.compareTo(historyKey) <= 0)) {
          boolean hasHistory = historyKey != null && historyKey.equals(latestKey);
          key = latestKey;
          version = latest.value();
          latest.next();
          if (Layout.modRevision(version) <= revision) {
            if (hasHistory) {
              history.seek(Layout.historyEnd(key));
            }
            return true;
          }
          if (hasHistory && findInHistory()) {
            return true;
          }
        } else if (historyKey != null) {
          key = historyKey;
          if (findInHistory()) {
            return true;
          }
        }
      }
      return false;
    }

    /** Leaves the history at the next key. */
    private boolean findInHistory() {
      history.seek(Layout.historyKey(key, revision));
      if (!history.isValid() || !Layout.keyOfHistory(history.key()).equals(key)) {
        return false;
      }
      version = history.value();
      history.seek(Layout.historyEnd(key));
      return version.length > 0;
    }

    @Override
    KeyValue current() {
      return Layout.version(key, version);
    }

    @Override
    public void close() {
      latest.close();
      history.close();
    }
  }

  /**
   * Goes through all versions, of each key the newest first, and leaves out what compaction gave up
   * whether it has been removed or not.
   */
  private static final class VersionHasher {
    private final CRC32C hash;
    private final long compactedRevision;
    private final long revision;
    private final OrderedStore.Cursor latest;
    private final OrderedStore.Cursor history;

    /** Whether the key at hand has a version, already seen, which hides older ones for good. */
    private boolean complete;

    VersionHasher(
        CRC32C hash,
        long compactedRevision,
        long revision,
        OrderedStore.Cursor latest,
        OrderedStore.Cursor history) {
      this.hash = hash;
      this.compactedRevision = compactedRevision;
      this.revision = revision;
      this.latest = latest;
      this.history = history;
    }

    void run() {
      while (latest.isValid() || history.isValid()) {
        Bytes latestKey = latest.isValid() ? Layout.keyOfLatest(latest.key()) : null;
        Bytes historyKey = history.isValid() ? Layout.keyOfHistory(history.key()) : null;
        complete = false;
        if (latestKey != null && (historyKey == null || latestKey.compareTo(historyKey) <= 0)) {
          byte[] version = latest.value();
          add(latestKey, Layout.modRevision(version), version);
          latest.next();
          hashHistory(latestKey);
        } else if (historyKey != null) {
          hashHistory(historyKey);
        }
      }
    }

    private void hashHistory(Bytes key) {
      byte[] start = Layout.historyStart(key);
      byte[] end = Layout.historyEnd(key);
      while (history.isValid() && isWithin(history.key(), start, end)) {
        if (complete) {
          history.seek(end);
        } else {
          add(key, Layout.revisionOfHistory(history.key()), history.value());
          history.next();
        }
      }
    }

    private static boolean isWithin(byte[] historyKey, byte[] start, byte[] end) {
      return Arrays.compareUnsigned(historyKey, start) >= 0
          && Arrays.compareUnsigned(historyKey, end) < 0;
    }

    private void add(Bytes key, long modRevision, byte[] version) {
      if (modRevision > revision) {
        return;
      }
      complete = modRevision <= compactedRevision;
      if (complete && version.length == 0) {
        return;
      }
      byte[] head =
          new ByteWriter(24 + key.length())
              .bytes(key)
              .number(modRevision)
              .number(version.length)
              .toByteArray();
      hash.update(head, 0, head.length);
      hash.update(version, 0, version.length);
    }
  }
}
