package dev.jangada.node.thread;

import dev.jangada.node.snapshot.SnapshotEvent;
import dev.jangada.node.snapshot.SnapshotKeeper;
import dev.jangada.node.snapshot.SnapshotTask;
import dev.jangada.node.snapshot.Snapshots;
import dev.jangada.raft.EntryId;
import dev.jangada.raft.SnapshotMetadata;
import dev.jangada.raft.StateMachine;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stores and reads snapshots, beside the log and the state machine, so that neither has to wait;
 * what needs the state machine it passes on to the applier.
 */
public final class SnapshotThread extends Thread implements Snapshots {
  private static final Logger log = LoggerFactory.getLogger(SnapshotThread.class);

  private final Mailbox<SnapshotTask.OfStore> mailbox = new Mailbox<>();
  private final String id;
  private final SnapshotKeeper keeper;
  private final ApplierThread applier;
  private final Consumer<SnapshotEvent> done;
  private final Consumer<Throwable> failed;

  /**
   * Creates the thread.
   *
   * @param id name of the node, for the log of the process
   * @param done told what came of each task
   * @param failed told the failure that ends the thread
   */
  public SnapshotThread(
      String name,
      String id,
      SnapshotKeeper keeper,
      ApplierThread applier,
      Consumer<SnapshotEvent> done,
      Consumer<Throwable> failed) {
    super(name);
    this.id = id;
    this.keeper = keeper;
    this.applier = applier;
    this.done = done;
    this.failed = failed;
  }

  @Override
  public void begin(SnapshotTask task) {
    switch (task) {
      case SnapshotTask.OfMachine ofMachine -> applier.perform(ofMachine);
      case SnapshotTask.OfStore ofStore -> mailbox.put(ofStore);
    }
  }

  @Override
  public void sending(long peer, EntryId last, long size) {
    log.info(
        "snapshot sent: node={} to={} upTo={} bytes={}: it lacks entries that the log no longer"
            + " has",
        id,
        Long.toHexString(peer),
        last,
        size);
  }

  @Override
  public void sent(long peer, EntryId last, boolean complete) {
    if (complete) {
      log.info("snapshot arrived: node={} at={} upTo={}", id, Long.toHexString(peer), last);
    } else {
      log.warn(
          "snapshot given up: node={} to={} upTo={}: it does not answer",
          id,
          Long.toHexString(peer),
          last);
    }
  }

  /** Lets the thread end after what it was given so far. */
  public void finish() {
    mailbox.close();
  }

  @Override
  public void run() {
    List<SnapshotTask.OfStore> tasks = new ArrayList<>();
    try (keeper) {
      while (mailbox.drainTo(tasks)) {
        if (tasks.isEmpty()) {
          mailbox.await(Long.MAX_VALUE);
          continue;
        }
        for (SnapshotTask.OfStore task : tasks) {
          SnapshotEvent event = keeper.perform(task);
          if (event != null) {
            report(event);
            done.accept(event);
          }
        }
        tasks.clear();
      }
    } catch (Throwable failure) {
      failed.accept(failure);
    }
  }

  private void report(SnapshotEvent event) {
    if (event instanceof SnapshotEvent.Saved(EntryId last, long size)) {
      log.info("snapshot saved: node={} upTo={} bytes={}", id, last, size);
    } else if (event
        instanceof SnapshotEvent.Received(SnapshotMetadata of, StateMachine.Snapshot snapshot)) {
      log.info("snapshot received: node={} upTo={} bytes={}", id, of.last(), snapshot.size());
    }
  }
}
