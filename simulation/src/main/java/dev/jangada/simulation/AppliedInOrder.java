package dev.jangada.simulation;

import dev.jangada.raft.Entry;
import dev.jangada.raft.EntryId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/**
 * All state machines apply the same entries in the same order, each once (paper, figure 3: state
 * machine safety), and answer them alike; a restarted one goes on where it had got, and one that is
 * given another one's state after the last entry in it.
 */
final class AppliedInOrder implements Property {

  private final List<Entry> applied = new ArrayList<>();
  private final List<byte[]> results = new ArrayList<>();

  /** By node: the last index applied. */
  private long[] last = new long[8];

  @Override
  public void started(ObservedNode node) {
    setLast(node.number(), node.appliedAtStart());
  }

  @Override
  public void restored(ObservedNode node, EntryId last) {
    require(
        last.index() <= applied.size() && applied.get((int) last.index() - 1).id().equals(last),
        "n%d takes over a state after %s, which no node has applied",
        node.number(),
        last);
    long before = node.number() < this.last.length ? this.last[node.number()] : 0;
    require(
        before < last.index(),
        "n%d, which has applied %d, takes over a state after %s",
        node.number(),
        before,
        last);
    setLast(node.number(), last.index());
  }

  @Override
  public void applied(ObservedNode node, Entry entry, byte[] result) {
    long due = (node.number() < last.length ? last[node.number()] : 0) + 1;
    if (entry.index() != due) {
      require(false, "n%d applies %s where %d is due", node.number(), entry, due);
    }
    setLast(node.number(), due);
    require(
        due <= applied.size() + 1,
        "n%d applies %s, and nobody what is before it",
        node.number(),
        entry);
    if (due > applied.size()) {
      applied.add(entry);
      results.add(result);
      return;
    }
    Entry other = applied.get((int) due - 1);
    if (!entry.equals(other)) {
      require(false, "n%d applies %s where another node applied %s", node.number(), entry, other);
    }
    if (!Arrays.equals(result, results.get((int) due - 1))) {
      require(
          false,
          "n%d answers %s by %s, another node by %s",
          node.number(),
          entry,
          HexFormat.of().formatHex(result),
          HexFormat.of().formatHex(results.get((int) due - 1)));
    }
  }

  private void setLast(int node, long index) {
    if (node >= last.length) {
      last = Arrays.copyOf(last, 2 * node);
    }
    last[node] = index;
  }
}
