package dev.jangada.simulation;

import dev.jangada.raft.Entry;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * All state machines apply the same entries in the same order, each once (paper, figure 3: state
 * machine safety); a restarted one goes on where it had got.
 */
final class AppliedInOrder implements Property {

  private final List<Entry> applied = new ArrayList<>();
  private final Map<Integer, Long> last = new TreeMap<>();

  @Override
  public void started(SimulatedNode node) {
    last.put(node.number(), node.appliedAtStart());
  }

  @Override
  public void applied(SimulatedNode node, Entry entry, byte[] result) {
    long due = last.getOrDefault(node.number(), 0L) + 1;
    require(entry.index() == due, "n%d applies %s where %d is due", node.number(), entry, due);
    last.put(node.number(), due);
    if (due > applied.size()) {
      applied.add(entry);
      return;
    }
    Entry other = applied.get((int) due - 1);
    require(
        entry.equals(other),
        "n%d applies %s where another node applied %s",
        node.number(),
        entry,
        other);
  }
}
