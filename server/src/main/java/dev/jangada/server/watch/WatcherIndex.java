package dev.jangada.server.watch;

import dev.jangada.kv.bytes.Bytes;
import dev.jangada.kv.command.KeyRange;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Finds those who watch a key. Watchers of single keys are found by a hash table, and so are those
 * of a prefix, once for each length that prefixes have. Others are asked range by range, however
 * many watch the same one: there are few of them in practice, and an interval tree would be many
 * lines. For one thread.
 */
final class WatcherIndex {

  private final Map<Bytes, Set<Watcher>> byKey = new HashMap<>();
  private final Map<Bytes, Set<Watcher>> byPrefix = new HashMap<>();
  private final Map<KeyRange, Set<Watcher>> byRange = new LinkedHashMap<>();

  /** How many prefixes there are, by their length. */
  private final TreeMap<Integer, Integer> prefixLengths = new TreeMap<>();

  private int size;

  /** One that is not in it yet. */
  void add(Watcher watcher) {
    size++;
    KeyRange keys = watcher.keys();
    if (isSingleKey(keys)) {
      join(byKey, keys.from(), watcher);
    } else if (isPrefix(keys)) {
      if (!byPrefix.containsKey(keys.from())) {
        prefixLengths.merge(keys.from().length(), 1, Integer::sum);
      }
      join(byPrefix, keys.from(), watcher);
    } else {
      join(byRange, keys, watcher);
    }
  }

  private static <K> void join(Map<K, Set<Watcher>> places, K place, Watcher watcher) {
    places.computeIfAbsent(place, unused -> new LinkedHashSet<>()).add(watcher);
  }

  /** One that is in it. */
  void remove(Watcher watcher) {
    size--;
    KeyRange keys = watcher.keys();
    if (isSingleKey(keys)) {
      leave(byKey, keys.from(), watcher);
    } else if (isPrefix(keys)) {
      if (leave(byPrefix, keys.from(), watcher)) {
        prefixLengths.computeIfPresent(
            keys.from().length(), (length, count) -> count == 1 ? null : count - 1);
      }
    } else {
      leave(byRange, keys, watcher);
    }
  }

  /** Whether the watcher was the last one there. */
  private static <K> boolean leave(Map<K, Set<Watcher>> places, K place, Watcher watcher) {
    Set<Watcher> others = places.get(place);
    if (others == null || !others.remove(watcher) || !others.isEmpty()) {
      return false;
    }
    places.remove(place);
    return true;
  }

  private static boolean isSingleKey(KeyRange keys) {
    return keys.equals(KeyRange.of(keys.from(), Bytes.EMPTY));
  }

  private static boolean isPrefix(KeyRange keys) {
    return !keys.from().isEmpty()
        && keys.equals(KeyRange.of(keys.from(), KeyRange.prefixEnd(keys.from())));
  }

  /** How many watchers are in it. */
  int size() {
    return size;
  }

  /** All watchers in it. */
  List<Watcher> all() {
    List<Watcher> all = new ArrayList<>();
    byKey.values().forEach(all::addAll);
    byPrefix.values().forEach(all::addAll);
    byRange.values().forEach(all::addAll);
    return all;
  }

  /** Does something with each who watches the key. The action must not change this index. */
  void forEach(Bytes key, Consumer<Watcher> action) {
    each(byKey.get(key), action);
    for (int length : prefixLengths.keySet()) {
      if (length > key.length()) {
        break;
      }
      each(byPrefix.get(beginning(key, length)), action);
    }
    for (Map.Entry<KeyRange, Set<Watcher>> range : byRange.entrySet()) {
      if (range.getKey().contains(key)) {
        range.getValue().forEach(action);
      }
    }
  }

  private static void each(@Nullable Collection<Watcher> watchers, Consumer<Watcher> action) {
    if (watchers != null) {
      watchers.forEach(action);
    }
  }

  /** Whether anybody watches the key. */
  boolean watches(Bytes key) {
    if (byKey.containsKey(key)) {
      return true;
    }
    for (int length : prefixLengths.keySet()) {
      if (length <= key.length() && byPrefix.containsKey(beginning(key, length))) {
        return true;
      }
    }
    for (KeyRange range : byRange.keySet()) {
      if (range.contains(key)) {
        return true;
      }
    }
    return false;
  }

  private static Bytes beginning(Bytes key, int length) {
    return length == key.length() ? key : Bytes.wrap(Arrays.copyOf(key.array(), length));
  }
}
