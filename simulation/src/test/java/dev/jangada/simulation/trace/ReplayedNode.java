package dev.jangada.simulation.trace;

import dev.jangada.raft.RaftRole;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What a node is after some events, entry by entry: what the page's own account is held against.
 */
final class ReplayedNode {

  private boolean up;
  private RaftRole role = RaftRole.FOLLOWER;
  private long term;
  private long base;
  private List<Long> termsOfEntries = new ArrayList<>();
  private long durable;
  private long committed;
  private long applied;

  void take(TraceEvent event) {
    switch (event) {
      case TraceEvent.Started e -> {
        up = true;
        role = RaftRole.FOLLOWER;
        term = e.term();
        base = e.base().index();
        termsOfEntries = new ArrayList<>();
        append(e.log());
        durable = last();
        applied = e.applied();
        committed = Math.max(base, applied);
      }
      case TraceEvent.Crashed e -> {
        up = false;
        role = RaftRole.FOLLOWER;
      }
      case TraceEvent.RoleChanged e -> {
        role = e.to();
        term = e.term();
      }
      case TraceEvent.Voted e -> term = e.term();
      case TraceEvent.Appended e -> append(e.entries());
      case TraceEvent.Truncated e -> {
        termsOfEntries.subList((int) (e.first() - base - 1), termsOfEntries.size()).clear();
        durable = Math.min(durable, e.first() - 1);
      }
      case TraceEvent.Synced e -> durable = e.last();
      case TraceEvent.Committed e -> committed = e.index();
      case TraceEvent.Applied e -> applied = e.last();
      case TraceEvent.Compacted e -> {
        termsOfEntries.subList(0, (int) (e.base().index() - base)).clear();
        base = e.base().index();
      }
      case TraceEvent.SnapshotInstalled e -> {
        long index = e.last().index();
        boolean matches = index > base && index <= last() && term(index) == e.last().term();
        termsOfEntries =
            matches
                ? new ArrayList<>(
                    termsOfEntries.subList((int) (index - base), termsOfEntries.size()))
                : new ArrayList<>();
        base = index;
        durable = Math.max(durable, base);
        committed = Math.max(committed, base);
        applied = base;
      }
      default -> {
        // Changes no node.
      }
    }
  }

  private void append(List<TermRun> runs) {
    for (TermRun run : runs) {
      for (long index = run.first(); index <= run.last(); index++) {
        if (index != last() + 1) {
          throw new AssertionError("entry " + index + " after " + last());
        }
        termsOfEntries.add(run.term());
      }
    }
  }

  private long last() {
    return base + termsOfEntries.size();
  }

  private long term(long index) {
    return termsOfEntries.get((int) (index - base - 1));
  }

  /** In the same words as the page's account in {@code TracePageTest}. */
  @Override
  public String toString() {
    String name = role.name().toLowerCase(Locale.ROOT).replace('_', '-');
    return (up ? name : "down")
        + " "
        + term
        + " "
        + base
        + termsOfEntries.stream().map(t -> " " + t).reduce("", String::concat)
        + " / "
        + durable
        + " "
        + committed
        + " "
        + applied;
  }
}
