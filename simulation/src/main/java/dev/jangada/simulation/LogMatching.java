package dev.jangada.simulation;

import dev.jangada.node.driver.LogWriter;
import dev.jangada.raft.Entry;
import dev.jangada.raft.EntryId;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * If two logs have an entry with the same index and term, they are the same up to it (paper, figure
 * 3): it is the same entry everywhere, and comes after the same entry everywhere.
 */
final class LogMatching implements Property {

  private record Placed(Entry entry, long termBefore) {}

  private final Map<EntryId, Placed> known = new LinkedHashMap<>();

  @Override
  public void writing(ObservedNode node, LogWriter.Write write) {
    if (write.entries().isEmpty()) {
      return;
    }
    long termBefore = node.log().term(write.entries().getFirst().index() - 1);
    for (Entry entry : write.entries()) {
      Placed placed = new Placed(entry, termBefore);
      Placed other = known.putIfAbsent(entry.id(), placed);
      if (other != null && !other.equals(placed)) {
        require(
            false,
            "n%d writes %s after term %d; elsewhere %s is %s",
            node.number(),
            entry,
            termBefore,
            entry.id(),
            other);
      }
      termBefore = entry.term();
    }
  }
}
