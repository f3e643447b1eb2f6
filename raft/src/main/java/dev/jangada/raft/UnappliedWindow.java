package dev.jangada.raft;

import java.util.ArrayDeque;
import java.util.List;

/** What was handed out to be applied and has not been reported applied, bounded in bytes. */
final class UnappliedWindow {

  private record Batch(long last, long weight) {}

  private final long maxBytes;
  private final ArrayDeque<Batch> batches = new ArrayDeque<>();
  private long bytes;

  UnappliedWindow(long maxBytes) {
    this.maxBytes = maxBytes;
  }

  /** Whether nothing more may be handed out. */
  boolean isFull() {
    return bytes >= maxBytes;
  }

  void add(List<Entry> entries) {
    if (entries.isEmpty()) {
      return;
    }
    long weight = 0;
    for (Entry entry : entries) {
      weight += entry.weight();
    }
    batches.add(new Batch(entries.getLast().index(), weight));
    bytes += weight;
  }

  void free(long applied) {
    while (!batches.isEmpty() && batches.getFirst().last <= applied) {
      bytes -= batches.removeFirst().weight;
    }
  }
}
