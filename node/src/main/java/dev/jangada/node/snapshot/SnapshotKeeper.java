package dev.jangada.node.snapshot;

import dev.jangada.raft.EntryId;
import dev.jangada.raft.Invariant;
import dev.jangada.raft.InvariantViolation;
import dev.jangada.raft.SnapshotMetadata;
import dev.jangada.raft.StateMachine;
import dev.jangada.storage.SnapshotStore;
import dev.jangada.storage.SnapshotWriter;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Does what a driver wants done with snapshots. It waits for state machine and disk, and is
 * therefore run beside the driver: the two kinds of tasks by one thread each. In a simulation that
 * may be the same one.
 *
 * <p>After an exception nothing more may be asked of it: the node is at its end.
 */
public final class SnapshotKeeper implements AutoCloseable {

  /** How much of a picture is stored in one go, while others wait. */
  static final int SAVE_BYTES = 1 << 20;

  private final StateMachine stateMachine;
  private final SnapshotStore store;

  /** What is being saved; of the thread of the store, like all that follows. */
  private @Nullable SnapshotWriter saving;

  private @Nullable InputStream savingFrom;

  /** What is being received. */
  private @Nullable SnapshotWriter receiving;

  /** What was read last, and how far. */
  private StateMachine.@Nullable Snapshot reading;

  private @Nullable InputStream readingFrom;
  private long readPosition;

  /** Creates a keeper; the caller closes the machine and the store, after this. */
  public SnapshotKeeper(StateMachine stateMachine, SnapshotStore store) {
    this.stateMachine = stateMachine;
    this.store = store;
  }

  /**
   * Does a task of the state machine.
   *
   * @throws IOException if a snapshot cannot be read, or the machine cannot store it
   */
  public SnapshotEvent perform(SnapshotTask.OfMachine task) throws IOException {
    return switch (task) {
      case SnapshotTask.Capture(SnapshotTask.Purpose purpose) ->
          new SnapshotEvent.Captured(purpose, stateMachine.snapshot());
      case SnapshotTask.Restore(EntryId last, StateMachine.Snapshot snapshot) -> {
        try (snapshot;
            InputStream in = snapshot.open()) {
          stateMachine.restore(last.index(), in);
        }
        yield new SnapshotEvent.Restored(last);
      }
    };
  }

  /**
   * Does a task of the store.
   *
   * @return null if nothing is to be told
   * @throws IOException if the disk fails
   */
  public @Nullable SnapshotEvent perform(SnapshotTask.OfStore task) throws IOException {
    return switch (task) {
      case SnapshotTask.Save(SnapshotMetadata metadata, StateMachine.Snapshot snapshot) ->
          save(metadata, snapshot);
      case SnapshotTask.Read read -> read(read);
      case SnapshotTask.Write write -> write(write);
      case SnapshotTask.Close(StateMachine.Snapshot snapshot) -> {
        if (snapshot.equals(reading)) {
          closeReading();
        }
        snapshot.close();
        yield null;
      }
    };
  }

  private SnapshotEvent save(SnapshotMetadata metadata, StateMachine.Snapshot snapshot)
      throws IOException {
    EntryId last = metadata.last();
    SnapshotWriter writer = saving;
    if (writer == null) {
      writer = store.create(metadata);
      saving = writer;
      savingFrom = snapshot.open();
    }
    Invariant.check(
        writer.last().equals(last), "%s is to be saved, but %s is", last, writer.last());
    InputStream in = Objects.requireNonNull(savingFrom);
    byte[] bytes = in.readNBytes(SAVE_BYTES);
    writer.append(bytes);
    if (bytes.length == SAVE_BYTES) {
      return new SnapshotEvent.Saving(last);
    }
    if (writer.size() != snapshot.size()) {
      throw wrongSize(snapshot, writer.size());
    }
    in.close();
    savingFrom = null;
    writer.commit();
    saving = null;
    return new SnapshotEvent.Saved(last, writer.size());
  }

  private SnapshotEvent read(SnapshotTask.Read read) throws IOException {
    InputStream in = readingFrom;
    if (in == null || !read.snapshot().equals(reading) || readPosition != read.offset()) {
      closeReading();
      in = read.snapshot().open();
      readingFrom = in;
      reading = read.snapshot();
      in.skipNBytes(read.offset());
    }
    byte[] data = in.readNBytes(read.length());
    if (data.length != read.length()) {
      throw wrongSize(read.snapshot(), read.offset() + data.length);
    }
    readPosition = read.offset() + data.length;
    return new SnapshotEvent.Piece(read.last(), read.offset(), data);
  }

  private static EOFException wrongSize(StateMachine.Snapshot snapshot, long size) {
    return new EOFException(
        "the state machine's snapshot at index "
            + snapshot.index()
            + " says that it has "
            + snapshot.size()
            + " bytes, and gives "
            + size);
  }

  private void closeReading() throws IOException {
    InputStream in = readingFrom;
    readingFrom = null;
    reading = null;
    if (in != null) {
      in.close();
    }
  }

  private SnapshotEvent write(SnapshotTask.Write write) throws IOException {
    SnapshotWriter writer = receiving;
    if (write.offset() == 0) {
      if (writer != null) {
        writer.abort();
      }
      writer = store.create(write.metadata());
      receiving = writer;
    }
    if (writer == null) {
      throw new InvariantViolation("the snapshot " + write.last() + " was never begun");
    }
    Invariant.check(
        writer.last().equals(write.last())
            && writer.size() == write.offset()
            && write.offset() + write.data().length <= write.total(),
        "%s bytes at %s are not what comes next of the snapshot %s",
        write.data().length,
        write.offset(),
        write.last());
    writer.append(write.data());
    if (writer.size() < write.total()) {
      return new SnapshotEvent.Written(write.last(), writer.size());
    }
    writer.commit();
    receiving = null;
    StateMachine.Snapshot received = Objects.requireNonNull(store.latest());
    // What this node saved meanwhile may be later. Then there is nothing to restore, and the core,
    // which has applied as much, will say so.
    return new SnapshotEvent.Received(write.metadata(), received);
  }

  /** Gives up what is not complete. */
  @Override
  public void close() throws IOException {
    InputStream in = savingFrom;
    SnapshotWriter save = saving;
    SnapshotWriter receive = receiving;
    savingFrom = null;
    saving = null;
    receiving = null;
    closeReading();
    if (in != null) {
      in.close();
    }
    if (save != null) {
      save.abort();
    }
    if (receive != null) {
      receive.abort();
    }
  }
}
