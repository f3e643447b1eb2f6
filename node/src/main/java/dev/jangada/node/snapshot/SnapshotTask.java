package dev.jangada.node.snapshot;

import dev.jangada.raft.EntryId;
import dev.jangada.raft.SnapshotMetadata;
import dev.jangada.raft.StateMachine;

/** Something that a driver wants done with a snapshot, by a {@link SnapshotKeeper}. */
public sealed interface SnapshotTask {

  /** To be done where the state machine is applied to, in order with the batches for it. */
  sealed interface OfMachine extends SnapshotTask {}

  /** To be done one after the other, beside what is applied and what is written to the log. */
  sealed interface OfStore extends SnapshotTask {}

  /** What a picture of the state is for. */
  enum Purpose {
    /** For a start of this node, and so that its log can be cut. */
    SAVE,
    /** For another node. */
    SEND
  }

  /** Takes a picture of the state: {@link SnapshotEvent.Captured} follows. */
  record Capture(Purpose purpose) implements OfMachine {}

  /**
   * Replaces the state by that of a received snapshot, which is closed then: {@link
   * SnapshotEvent.Restored} follows.
   */
  record Restore(EntryId last, StateMachine.Snapshot snapshot) implements OfMachine {}

  /**
   * Stores a picture durably, as far as can be done without keeping others waiting: {@link
   * SnapshotEvent.Saving} follows, upon which the task is given again, and in the end {@link
   * SnapshotEvent.Saved}.
   */
  record Save(SnapshotMetadata metadata, StateMachine.Snapshot snapshot) implements OfStore {}

  /** Reads a piece of a picture: {@link SnapshotEvent.Piece} follows. */
  record Read(EntryId last, StateMachine.Snapshot snapshot, long offset, int length)
      implements OfStore {}

  /** Lets go of a picture, after whatever was asked of it earlier. Nothing follows. */
  record Close(StateMachine.Snapshot snapshot) implements OfStore {}

  /**
   * Stores a piece of another node's snapshot. At offset 0 it begins one, in place of any that is
   * not complete; after that the pieces come in order. {@link SnapshotEvent.Written} follows, and
   * after the last piece {@link SnapshotEvent.Received}.
   *
   * @param total size of the whole snapshot in bytes
   * @param data not modified any more
   */
  record Write(SnapshotMetadata metadata, long total, long offset, byte[] data) implements OfStore {

    /** The last entry whose effects are in the snapshot. */
    public EntryId last() {
      return metadata.last();
    }
  }
}
