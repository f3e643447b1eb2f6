package dev.jangada.node;

import dev.jangada.raft.Entry;
import dev.jangada.raft.Invariant;
import dev.jangada.raft.StateMachine;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/**
 * Runs the state machine and hands out its results. What accumulates while the state machine is at
 * work is applied together.
 */
final class ApplierThread extends Thread implements Applier {
  private final Mailbox<CommittedBatch> mailbox = new Mailbox<>();
  private final StateMachine stateMachine;
  private final long maxApplyBytes;
  private final LongConsumer applied;
  private final Consumer<Throwable> failed;

  /**
   * Creates the thread.
   *
   * @param maxApplyBytes batches are not put together beyond this weight
   * @param applied told each index up to which everything is applied
   * @param failed told the failure that ends the thread
   */
  ApplierThread(
      String name,
      StateMachine stateMachine,
      long maxApplyBytes,
      LongConsumer applied,
      Consumer<Throwable> failed) {
    super(name);
    this.stateMachine = stateMachine;
    this.maxApplyBytes = maxApplyBytes;
    this.applied = applied;
    this.failed = failed;
  }

  @Override
  public void apply(CommittedBatch batch) {
    mailbox.put(batch);
  }

  /** Lets the thread end after what it was given so far. */
  void finish() {
    mailbox.close();
  }

  @Override
  public void run() {
    List<CommittedBatch> batches = new ArrayList<>();
    try {
      while (mailbox.drainTo(batches)) {
        if (batches.isEmpty()) {
          mailbox.await(Long.MAX_VALUE);
          continue;
        }
        int from = 0;
        while (from < batches.size()) {
          int to = endOfGroup(batches, from);
          applyTogether(batches.subList(from, to));
          from = to;
        }
        batches.clear();
      }
    } catch (Throwable failure) {
      failed.accept(failure);
    }
  }

  private int endOfGroup(List<CommittedBatch> batches, int from) {
    long bytes = batches.get(from).weight();
    int to = from + 1;
    while (to < batches.size() && bytes + batches.get(to).weight() <= maxApplyBytes) {
      bytes += batches.get(to).weight();
      to++;
    }
    return to;
  }

  private void applyTogether(List<CommittedBatch> batches) {
    List<Entry> entries;
    if (batches.size() == 1) {
      entries = batches.getFirst().entries();
    } else {
      entries = new ArrayList<>();
      batches.forEach(batch -> entries.addAll(batch.entries()));
    }
    List<byte[]> results = stateMachine.apply(entries);
    Invariant.check(
        results.size() == entries.size(),
        "the state machine returned %s results for %s entries",
        results.size(),
        entries.size());
    int from = 0;
    for (CommittedBatch batch : batches) {
      int to = from + batch.entries().size();
      batch.complete(results.subList(from, to));
      from = to;
    }
    applied.accept(batches.getLast().lastIndex());
  }
}
