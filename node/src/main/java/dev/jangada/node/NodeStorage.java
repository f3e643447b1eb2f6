package dev.jangada.node;

import dev.jangada.raft.EntryId;
import dev.jangada.raft.HardState;
import dev.jangada.raft.RecoveredLog;
import dev.jangada.raft.StateMachine;
import dev.jangada.storage.Disk;
import dev.jangada.storage.SnapshotStore;
import dev.jangada.storage.StoredSnapshot;
import dev.jangada.storage.WalConfig;
import dev.jangada.storage.WriteAheadLog;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a node has on disk: its log and its latest snapshot, and a state machine that goes with
 * them. Opening brings the three together, whatever a crash has left undone:
 *
 * <ul>
 *   <li>a machine that is behind the snapshot is restored from it: because it keeps its state in
 *       memory, or because the snapshot came from another node and was yet to be installed;
 *   <li>a log that does not have the snapshot's last entry is emptied, and goes on after it: the
 *       second half of an installation.
 * </ul>
 */
public final class NodeStorage implements AutoCloseable {
  /** Where log and snapshots are in a data directory. */
  static final String LOG_DIRECTORY = "wal";

  /**
   * The file that is there while a member is being made the only one of its cluster. From the
   * moment in which the state machine is given what was never known to be committed, until the log
   * says that it counts, the two must not be taken for a member of the cluster that was.
   */
  private static final String FORCING_FILE = "forcing";

  private static final Logger logger = LoggerFactory.getLogger(RaftNode.class);

  private final Disk disk;
  private final WriteAheadLog log;
  private final SnapshotStore snapshots;
  private final long applied;

  private NodeStorage(Disk disk, WriteAheadLog log, SnapshotStore snapshots, long applied) {
    this.disk = disk;
    this.log = log;
    this.snapshots = snapshots;
    this.applied = applied;
  }

  /**
   * Opens a node's log and snapshots, and prepares its state machine.
   *
   * @param node name of the node, for messages
   * @param disk where log and snapshots are; the caller closes it, after this
   * @param stateMachine nothing was applied to it yet; the caller closes it
   * @throws IllegalStateException if the machine does not go with the log: it has lost state that
   *     the log no longer has, or is ahead of it; or if it may be, because the node was being made
   *     the only one of its cluster
   * @throws IOException if the disk fails or what is on it is damaged
   */
  public static NodeStorage open(
      String node, Disk disk, WalConfig config, StateMachine stateMachine) throws IOException {
    if (isBeingForced(disk)) {
      throw new IllegalStateException(
          "the data directory of "
              + node
              + " is that of a member which was being made the only one of its cluster, when that"
              + " was cut short: what it has applied the others may never have agreed on. Have it"
              + " made the only one once more (forceNewCluster), or restore a copy of the directory"
              + " that is older than that, or let the node join anew with an empty one");
    }
    return openToForce(node, disk, config, stateMachine);
  }

  /** Opens the storage of a node that is to be made, or was being made, the only one. */
  static NodeStorage openToForce(
      String node, Disk disk, WalConfig config, StateMachine stateMachine) throws IOException {
    WriteAheadLog log = WriteAheadLog.open(disk, config);
    try {
      SnapshotStore snapshots = SnapshotStore.open(disk);
      try {
        long applied = bringTogether(node, log, snapshots, stateMachine);
        checkTogether(node, log, applied);
        return new NodeStorage(disk, log, snapshots, applied);
      } catch (Throwable failure) {
        snapshots.close();
        throw failure;
      }
    } catch (Throwable failure) {
      log.close();
      throw failure;
    }
  }

  private static long bringTogether(
      String node, WriteAheadLog log, SnapshotStore snapshots, StateMachine stateMachine)
      throws IOException {
    long applied = stateMachine.appliedIndex();
    try (StoredSnapshot snapshot = snapshots.latest()) {
      if (snapshot == null) {
        return applied;
      }
      if (snapshot.index() > applied) {
        if (!stateMachine.supportsSnapshots()) {
          throw new IllegalStateException(
              "the data directory of "
                  + node
                  + " holds a snapshot up to entry "
                  + snapshot.last()
                  + ", and "
                  + stateMachine.getClass().getName()
                  + " does not support snapshots: start the node with the state machine that it"
                  + " had");
        }
        try (InputStream in = snapshot.open()) {
          stateMachine.restore(snapshot.index(), in);
        }
        applied = snapshot.index();
        logger.info("{} has restored its state up to entry {}", node, snapshot.last());
      }
      if (snapshot.index() == applied && isUnknown(snapshot.last(), log)) {
        logger.info(
            "{} begins its log, which ends at {}, anew after the snapshot {}",
            node,
            log.last(),
            snapshot.last());
        if (log.hardState().term() < snapshot.last().term()) {
          // It received the snapshot in a later term than it could remember, so that it promised
          // nothing to anybody in that one.
          log.append(new HardState(snapshot.last().term(), HardState.NO_VOTE), List.of());
        }
        log.reset(snapshot.last(), snapshot.metadata().membership());
      }
    }
    return applied;
  }

  /** Whether a log that was not cut beyond an entry does not have it. */
  private static boolean isUnknown(EntryId id, WriteAheadLog log) {
    if (id.index() < log.base().index()) {
      return false;
    }
    if (id.index() > log.last().index()) {
      return true;
    }
    EntryId found = log.base();
    for (EntryId start : log.termStarts()) {
      if (start.index() <= id.index()) {
        found = start;
      }
    }
    return found.term() != id.term();
  }

  private static void checkTogether(String node, WriteAheadLog log, long applied) {
    if (applied > log.last().index()) {
      throw new IllegalStateException(
          "the state machine of "
              + node
              + " has applied entry "
              + applied
              + ", but the log in its data directory ends at "
              + log.last().index()
              + ": they do not belong together. Restore the log that belongs to the state, or"
              + " remove both and let the node join anew");
    }
    if (applied < log.base().index()) {
      throw new IllegalStateException(
          "the state machine of "
              + node
              + " has applied no more than entry "
              + applied
              + ", but the log in its data directory begins after "
              + log.base().index()
              + ", because the state up to there was durable: it was lost since, or exchanged."
              + " Restore the state that belongs to the log, or remove both and let the node join"
              + " anew");
    }
  }

  /** Whether making a node the only one of its cluster was begun on a disk, and did not end. */
  static boolean isBeingForced(Disk disk) throws IOException {
    return disk.list().contains(FORCING_FILE);
  }

  /** Durably notes that this node is being made the only one of its cluster. */
  void beginForcing() throws IOException {
    if (!isBeingForced(disk)) {
      disk.create(FORCING_FILE, 0).close();
    }
    disk.syncDirectory();
  }

  /** Durably notes that this has come to an end: log and state machine go together. */
  void endForcing() throws IOException {
    if (isBeingForced(disk)) {
      disk.delete(FORCING_FILE);
      disk.syncDirectory();
    }
  }

  /**
   * How much the log holds: see {@link WriteAheadLog#logicalBytes}. It is read by a thread of its
   * own: if the caller's were interrupted meanwhile, the files would be closed under the log.
   */
  long logBytes() {
    CompletableFuture<Long> bytes = new CompletableFuture<>();
    Thread.ofPlatform()
        .daemon()
        .name("jangada-log-bytes")
        .start(() -> {
          try {
            bytes.complete(log.logicalBytes());
          } catch (Throwable e) {
            bytes.completeExceptionally(e);
          }
        });
    try {
      return bytes.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw e;
    }
  }

  /** The log. */
  public WriteAheadLog log() {
    return log;
  }

  /** The snapshots. */
  public SnapshotStore snapshots() {
    return snapshots;
  }

  /** Index up to which the state machine has applied the log. */
  public long applied() {
    return applied;
  }

  /** What a core needs to know of the log. */
  public RecoveredLog recoveredLog() {
    return new RecoveredLog(log.base(), log.termStarts(), log.last(), log.configurations(), log);
  }

  @Override
  public void close() throws IOException {
    try {
      snapshots.close();
    } finally {
      log.close();
    }
  }
}
