package dev.jangada.node.thread;

import dev.jangada.node.driver.Applier;
import dev.jangada.node.driver.CommittedBatch;
import dev.jangada.node.snapshot.SnapshotEvent;
import dev.jangada.node.snapshot.SnapshotKeeper;
import dev.jangada.node.snapshot.SnapshotTask;
import dev.jangada.raft.Entry;
import dev.jangada.raft.EntryId;
import dev.jangada.raft.Invariant;
import dev.jangada.raft.StateMachine;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the state machine and hands out its results. What accumulates while the state machine is at
 * work is applied together.
 */
public final class ApplierThread extends Thread implements Applier {
  private static final Logger log = LoggerFactory.getLogger(ApplierThread.class);

  /** A machine is asked what is durable after so many entries: it may have to look it up. */
  private static final int DURABLE_INTERVAL = 64;

  private final Mailbox<Work> mailbox = new Mailbox<>();
  private final String id;
  private final StateMachine stateMachine;
  private final SnapshotKeeper keeper;
  private final long maxApplyBytes;
  private final Listener listener;
  private final Consumer<Throwable> failed;

  /** What the machine last said to be durable, and after which entry it was asked. */
  private long durable;

  private long durableAskedAt;

  private sealed interface Work {
    record Apply(CommittedBatch batch) implements Work {}

    record Perform(SnapshotTask.OfMachine task) implements Work {}
  }

  /** Told what is done, on this thread. */
  public interface Listener {

    /**
     * Everything up to an index is applied.
     *
     * @param durable a {@link StateMachine#durableIndex()} of before or after that
     */
    void applied(long index, long durable);

    /** What came of a task. */
    void done(SnapshotEvent event);
  }

  /**
   * Creates the thread.
   *
   * @param id name of the node, for the log of the process
   * @param keeper does what is wanted of the state machine for snapshots
   * @param maxApplyBytes batches are not put together beyond this weight
   * @param listener told what is done
   * @param failed told the failure that ends the thread
   */
  public ApplierThread(
      String name,
      String id,
      StateMachine stateMachine,
      SnapshotKeeper keeper,
      long maxApplyBytes,
      Listener listener,
      Consumer<Throwable> failed) {
    super(name);
    this.id = id;
    this.stateMachine = stateMachine;
    this.keeper = keeper;
    this.maxApplyBytes = maxApplyBytes;
    this.listener = listener;
    this.failed = failed;
  }

  @Override
  public void apply(CommittedBatch batch) {
    mailbox.put(new Work.Apply(batch));
  }

  /** Takes a task to be done after the batches that came before. Any thread. */
  void perform(SnapshotTask.OfMachine task) {
    mailbox.put(new Work.Perform(task));
  }

  /** Lets the thread end after what it was given so far. */
  public void finish() {
    mailbox.close();
  }

  @Override
  public void run() {
    List<Work> works = new ArrayList<>();
    List<CommittedBatch> group = new ArrayList<>();
    try {
      while (mailbox.drainTo(works)) {
        if (works.isEmpty()) {
          mailbox.await(Long.MAX_VALUE);
          continue;
        }
        long bytes = 0;
        for (Work work : works) {
          switch (work) {
            case Work.Apply(CommittedBatch batch) -> {
              if (bytes + batch.weight() > maxApplyBytes) {
                applyTogether(group);
                bytes = 0;
              }
              group.add(batch);
              bytes += batch.weight();
            }
            case Work.Perform(SnapshotTask.OfMachine task) -> {
              applyTogether(group);
              bytes = 0;
              performNow(task);
            }
          }
        }
        applyTogether(group);
        works.clear();
      }
    } catch (Throwable failure) {
      failed.accept(failure);
    }
  }

  private void performNow(SnapshotTask.OfMachine task) throws IOException {
    SnapshotEvent event = keeper.perform(task);
    if (event instanceof SnapshotEvent.Restored(EntryId last)) {
      log.info("snapshot installed: node={} upTo={}", id, last);
    }
    listener.done(event);
  }

  /** Applies what has been put together, and takes it out. */
  private void applyTogether(List<CommittedBatch> batches) {
    if (batches.isEmpty()) {
      return;
    }
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
    long last = batches.getLast().lastIndex();
    if (last - durableAskedAt >= DURABLE_INTERVAL) {
      durableAskedAt = last;
      durable = stateMachine.durableIndex();
    }
    listener.applied(last, durable);
    batches.clear();
  }
}
