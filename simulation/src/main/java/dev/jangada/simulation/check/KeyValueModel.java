package dev.jangada.simulation.check;

import dev.jangada.simulation.check.KeyValueModel.Reply;
import dev.jangada.simulation.check.KeyValueModel.Request;
import dev.jangada.simulation.check.KeyValueModel.Store;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A key-value store with one revision, as etcd's: every change of the store raises the revision by
 * one and becomes the key's mod revision; a compare-and-put goes through only while the key has the
 * mod revision that the client saw. A compaction changes nothing that this model can be asked for,
 * but only that no revision is compacted twice.
 *
 * <p>Every answer carries the store's revision, so keys are not independent and the store is judged
 * as one; in return the revision pins nearly every operation to its place, and a revision that is
 * used twice or skipped is found as well.
 */
public final class KeyValueModel implements Model<Store, Request, Reply> {

  /** What a client asks. */
  public sealed interface Request {
    /** The key; empty if it concerns all. */
    String key();
  }

  /** Writes. */
  public record Put(String key, String value) implements Request {}

  /** Reads. */
  public record Get(String key) implements Request {}

  /** Removes the key if it is there. */
  public record Delete(String key) implements Request {}

  /**
   * Writes if the key's mod revision is the expected one.
   *
   * @param modRevision the expected one; 0 if the key must be absent
   */
  public record CompareAndPut(String key, long modRevision, String value) implements Request {}

  /**
   * Gives up the history before a revision, which must be neither compacted already nor to come.
   */
  public record Compact(long revision) implements Request {
    @Override
    public String key() {
      return "";
    }
  }

  /**
   * What a client is answered.
   *
   * @param revision the store's, after the operation; 0 for a compaction that was refused
   * @param succeeded for a delete, whether the key was there; for a compare-and-put, whether it
   *     wrote; for a compaction, whether it was not refused; otherwise true
   * @param found for a get, what is there; otherwise null
   */
  public record Reply(long revision, boolean succeeded, @Nullable Version found) {}

  /** A key's value and the revision that wrote it. */
  public record Version(String value, long modRevision) {}

  /** All keys, the revision of the last change, and that of the last compaction. */
  public record Store(long revision, long compacted, SortedMap<String, Version> versions) {

    private Store with(String key, String value) {
      SortedMap<String, Version> changed = new TreeMap<>(versions);
      changed.put(key, new Version(value, revision + 1));
      return new Store(revision + 1, compacted, Collections.unmodifiableSortedMap(changed));
    }

    private Store without(String key) {
      SortedMap<String, Version> changed = new TreeMap<>(versions);
      changed.remove(key);
      return new Store(revision + 1, compacted, Collections.unmodifiableSortedMap(changed));
    }
  }

  private static final Reply REFUSED = new Reply(0, false, null);

  private final long initialRevision;

  /** A store that is empty at revision 1, as etcd's. */
  public KeyValueModel() {
    this(1);
  }

  /** A store that is empty at a revision. */
  public KeyValueModel(long initialRevision) {
    this.initialRevision = initialRevision;
  }

  @Override
  public Store initial() {
    return new Store(initialRevision, 0, Collections.emptySortedMap());
  }

  @Override
  public @Nullable Store step(Store store, Request request, @Nullable Reply output) {
    Version version = store.versions().get(request.key());
    long modRevision = version == null ? 0 : version.modRevision();
    return switch (request) {
      case Put put -> judge(store.with(put.key(), put.value()), true, null, output);
      case Get get -> judge(store, true, version, output);
      case Delete delete when version == null -> judge(store, false, null, output);
      case Delete delete -> judge(store.without(delete.key()), true, null, output);
      case CompareAndPut put when put.modRevision() != modRevision ->
          judge(store, false, null, output);
      case CompareAndPut put -> judge(store.with(put.key(), put.value()), true, null, output);
      case Compact compact
          when compact.revision() <= store.compacted() || compact.revision() > store.revision() ->
          output == null || output.equals(REFUSED) ? store : null;
      case Compact compact ->
          judge(
              new Store(store.revision(), compact.revision(), store.versions()),
              true,
              null,
              output);
    };
  }

  /** A revision that is past never comes again. */
  @Override
  public boolean isStillPossible(Store store, Request request, Reply output) {
    return output.revision() >= store.revision() || output.equals(REFUSED);
  }

  private static @Nullable Store judge(
      Store after, boolean succeeded, @Nullable Version found, @Nullable Reply output) {
    Reply right = new Reply(after.revision(), succeeded, found);
    return output == null || output.equals(right) ? after : null;
  }
}
