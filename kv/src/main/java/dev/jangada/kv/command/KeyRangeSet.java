package dev.jangada.kv.command;

import dev.jangada.kv.bytes.Bytes;
import java.util.Collection;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/** A union of ranges of keys. Looking up a key, or whether a range is within, is one search. */
public final class KeyRangeSet {

  /** Ranges by their first key. No two overlap or touch, so that looking at one is enough. */
  private final NavigableMap<Bytes, KeyRange> ranges = new TreeMap<>();

  /** Makes the keys of a range part of the union. */
  public void add(KeyRange keys) {
    if (keys.isEmpty()) {
      return;
    }
    KeyRange union = keys;
    Map.Entry<Bytes, KeyRange> before = ranges.floorEntry(keys.from());
    if (before != null && reaches(before.getValue(), keys.from())) {
      union = union(before.getValue(), keys);
    }
    Map.Entry<Bytes, KeyRange> next = ranges.ceilingEntry(union.from());
    while (next != null && reaches(union, next.getKey())) {
      union = union(union, next.getValue());
      ranges.remove(next.getKey());
      next = ranges.ceilingEntry(union.from());
    }
    ranges.put(union.from(), union);
  }

  void addAll(KeyRangeSet others) {
    others.ranges.values().forEach(this::add);
  }

  private static boolean reaches(KeyRange keys, Bytes key) {
    return keys.to() == null || key.compareTo(keys.to()) <= 0;
  }

  /** The union of two ranges that overlap or touch, the first of which starts first. */
  private static KeyRange union(KeyRange first, KeyRange second) {
    return endsBy(second, first) ? first : new KeyRange(first.from(), second.to());
  }

  /** Whether a range has no key after another one's end. */
  private static boolean endsBy(KeyRange keys, KeyRange other) {
    return other.to() == null || (keys.to() != null && keys.to().compareTo(other.to()) <= 0);
  }

  /** Whether a key is part of the union. */
  public boolean contains(Bytes key) {
    Map.Entry<Bytes, KeyRange> range = ranges.floorEntry(key);
    return range != null && range.getValue().contains(key);
  }

  /** Whether every key of a range that is not empty is part of the union. */
  public boolean covers(KeyRange keys) {
    Map.Entry<Bytes, KeyRange> range = ranges.floorEntry(keys.from());
    return range != null && endsBy(keys, range.getValue());
  }

  /** The ranges that it is made of, in order. */
  Collection<KeyRange> ranges() {
    return ranges.values();
  }
}
