package dev.jangada.simulation.check;

import dev.jangada.simulation.check.KeyValueModel.Reply;
import dev.jangada.simulation.check.KeyValueModel.Request;
import dev.jangada.simulation.check.KeyValueModel.Store;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A key-value store with one revision, as etcd's: every change of the store raises the revision by
 * one and becomes the key's mod revision; a compare-and-put goes through only while the key has the
 * mod revision that the client saw. A compaction changes nothing that this model can be asked for,
 * but only that no revision is compacted twice. A key that is put for a lease goes with it, and all
 * keys of a lease go at one revision; when a lease ends is not for this model to say.
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

  /**
   * Writes; refused if the lease does not exist.
   *
   * @param lease that the key is attached to from now on; 0 for none
   */
  public record Put(String key, String value, long lease) implements Request {
    /** Without a lease. */
    public Put(String key, String value) {
      this(key, value, 0);
    }
  }

  /** Reads. */
  public record Get(String key) implements Request {}

  /** Removes the key if it is there. */
  public record Delete(String key) implements Request {}

  /**
   * Writes if the key's mod revision is the expected one; then refused if the lease does not exist.
   * If it is another one, reads what was expected: refused if that is compacted.
   *
   * @param modRevision the expected one; 0 if the key must be absent
   * @param lease as for {@link Put}
   */
  public record CompareAndPut(String key, long modRevision, String value, long lease)
      implements Request {
    /** Without a lease. */
    public CompareAndPut(String key, long modRevision, String value) {
      this(key, modRevision, value, 0);
    }
  }

  /**
   * Gives up the history before a revision, which must be neither compacted already nor to come.
   */
  public record Compact(long revision) implements Request {
    @Override
    public String key() {
      return "";
    }
  }

  /** Concerns a lease, and no key or all keys attached to it. */
  public sealed interface OfLease extends Request {
    @Override
    default String key() {
      return "";
    }
  }

  /** Begins a lease; refused if there is one of that id. */
  public record Grant(long lease, long ttlSeconds) implements OfLease {}

  /** Has a lease last for its whole time again; refused if it does not exist. */
  public record KeepAlive(long lease) implements OfLease {}

  /** Ends a lease, and deletes its keys; refused if it does not exist. */
  public record Revoke(long lease) implements OfLease {}

  /** Asks whether a lease exists. */
  public record Look(long lease) implements OfLease {}

  /** The time of these leases is over, the first one's first. Asked for by nobody. */
  public record TimeIsUp(List<Long> leases) implements OfLease {
    /** Keeps a copy. */
    public TimeIsUp {
      leases = List.copyOf(leases);
    }
  }

  /**
   * What a client is answered.
   *
   * @param revision the store's, after the operation; 0 if it was refused
   * @param succeeded for a delete, whether the key was there; for a compare-and-put, whether it
   *     wrote; for a look at a lease, whether it exists; for what was refused false; otherwise true
   * @param found for a get, what is there; otherwise null
   */
  public record Reply(long revision, boolean succeeded, @Nullable Version found) {}

  /** A key's value, the revision that wrote it, and the lease that it is attached to, or 0. */
  public record Version(String value, long modRevision, long lease) {
    /** Without a lease. */
    public Version(String value, long modRevision) {
      this(value, modRevision, 0);
    }
  }

  /** All keys and leases, the revision of the last change, and that of the last compaction. */
  public record Store(
      long revision, long compacted, SortedMap<String, Version> versions, SortedSet<Long> leases) {

    private Store with(String key, String value, long lease) {
      SortedMap<String, Version> changed = new TreeMap<>(versions);
      changed.put(key, new Version(value, revision + 1, lease));
      return new Store(revision + 1, compacted, Collections.unmodifiableSortedMap(changed), leases);
    }

    private Store without(String key) {
      SortedMap<String, Version> changed = new TreeMap<>(versions);
      changed.remove(key);
      return new Store(revision + 1, compacted, Collections.unmodifiableSortedMap(changed), leases);
    }

    private boolean hasLease(long lease) {
      return lease == 0 || leases.contains(lease);
    }

    private Store withLease(long lease) {
      SortedSet<Long> changed = new TreeSet<>(leases);
      changed.add(lease);
      return new Store(revision, compacted, versions, Collections.unmodifiableSortedSet(changed));
    }

    private Store withoutLease(long lease) {
      SortedMap<String, Version> kept = new TreeMap<>(versions);
      boolean hadKeys = kept.values().removeIf(version -> version.lease() == lease);
      SortedSet<Long> changed = new TreeSet<>(leases);
      changed.remove(lease);
      return new Store(
          hadKeys ? revision + 1 : revision,
          compacted,
          Collections.unmodifiableSortedMap(kept),
          Collections.unmodifiableSortedSet(changed));
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
    return new Store(
        initialRevision, 0, Collections.emptySortedMap(), Collections.emptySortedSet());
  }

  @Override
  public @Nullable Store step(Store store, Request request, @Nullable Reply output) {
    Version version = store.versions().get(request.key());
    long modRevision = version == null ? 0 : version.modRevision();
    return switch (request) {
      case Put put when !store.hasLease(put.lease()) -> refuse(store, output);
      case Put put -> judge(store.with(put.key(), put.value(), put.lease()), true, null, output);
      case Get get -> judge(store, true, version, output);
      case Delete delete when version == null -> judge(store, false, null, output);
      case Delete delete -> judge(store.without(delete.key()), true, null, output);
      case CompareAndPut put when put.modRevision() != modRevision ->
          put.modRevision() != 0 && put.modRevision() < store.compacted()
              ? refuse(store, output)
              : judge(store, false, null, output);
      case CompareAndPut put when !store.hasLease(put.lease()) -> refuse(store, output);
      case CompareAndPut put ->
          judge(store.with(put.key(), put.value(), put.lease()), true, null, output);
      case Compact compact
          when compact.revision() <= store.compacted() || compact.revision() > store.revision() ->
          refuse(store, output);
      case Compact compact ->
          judge(
              new Store(store.revision(), compact.revision(), store.versions(), store.leases()),
              true,
              null,
              output);
      case OfLease ofLease -> step(store, ofLease, output);
    };
  }

  private static @Nullable Store step(Store store, OfLease request, @Nullable Reply output) {
    return switch (request) {
      case Grant grant when store.hasLease(grant.lease()) -> refuse(store, output);
      case Grant grant -> judge(store.withLease(grant.lease()), true, null, output);
      case KeepAlive keepAlive when !store.hasLease(keepAlive.lease()) -> refuse(store, output);
      case KeepAlive keepAlive -> judge(store, true, null, output);
      case Revoke revoke when !store.hasLease(revoke.lease()) -> refuse(store, output);
      case Revoke revoke -> judge(store.withoutLease(revoke.lease()), true, null, output);
      case Look look -> judge(store, store.hasLease(look.lease()), null, output);
      case TimeIsUp(List<Long> leases) when !store.leases().containsAll(leases) -> null;
      case TimeIsUp(List<Long> leases) -> {
        Store after = store;
        for (long lease : leases) {
          after = after.withoutLease(lease);
        }
        yield judge(after, true, null, output);
      }
    };
  }

  private static @Nullable Store refuse(Store store, @Nullable Reply output) {
    return output == null || output.equals(REFUSED) ? store : null;
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
