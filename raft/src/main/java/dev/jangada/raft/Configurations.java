package dev.jangada.raft;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The configurations in a log, and the one that was in force where the log begins: which of them is
 * in force at each index. Kept in step with the log entry by entry, by the core and by whoever
 * stores the log. Not thread-safe.
 */
public final class Configurations {

  /** Ascending by index. */
  private final List<Configuration> list = new ArrayList<>();

  /** Of a log in which there never was one. */
  public Configurations() {}

  /** Those of a log that was read back. */
  public Configurations(List<Configuration> found) {
    found.forEach(configuration -> appended(configuration.index(), configuration.membership()));
  }

  /** The log has got an entry with a configuration, after all others. */
  public void appended(long index, Membership membership) {
    Invariant.check(
        list.isEmpty() || list.getLast().index() < index,
        "configurations in a log ascend, and %s does not follow on %s",
        index,
        list);
    list.add(new Configuration(index, membership));
  }

  /** The log has lost its entries from an index on: what was in force before them is again. */
  public void truncatedFrom(long index) {
    while (!list.isEmpty() && list.getLast().index() >= index) {
      list.removeLast();
    }
  }

  /** The log has lost its entries up to an index: of those only the last one still matters. */
  public void compactedTo(long index) {
    while (list.size() > 1 && list.get(1).index() <= index) {
      list.removeFirst();
    }
  }

  /** The log goes on after a snapshot. Whatever it held, committed or not, is superseded. */
  public void restored(long index, @Nullable Membership membership) {
    list.clear();
    if (membership != null) {
      appended(index, membership);
    }
  }

  /** The last one, which is in force; null if there is none. */
  public @Nullable Configuration latest() {
    return list.isEmpty() ? null : list.getLast();
  }

  /**
   * The one in force after an entry that the log has, or where it begins; null if there is none.
   */
  public @Nullable Configuration at(long index) {
    for (int i = list.size() - 1; i >= 0; i--) {
      if (list.get(i).index() <= index) {
        return list.get(i);
      }
    }
    return null;
  }

  /** All of them, ascending. */
  public List<Configuration> all() {
    return List.copyOf(list);
  }
}
