package dev.jangada.node.snapshot;

import dev.jangada.raft.EntryId;
import dev.jangada.raft.SnapshotMetadata;
import dev.jangada.raft.StateMachine;

/** What came of a {@link SnapshotTask}. A task that fails has no event: it ends the node. */
public sealed interface SnapshotEvent {

  /** There is a picture of the state. */
  record Captured(SnapshotTask.Purpose purpose, StateMachine.Snapshot snapshot)
      implements SnapshotEvent {}

  /** Some more of a picture is stored. */
  record Saving(EntryId last) implements SnapshotEvent {}

  /** A picture is stored durably and is the node's latest snapshot, unless a later one was. */
  record Saved(EntryId last, long size) implements SnapshotEvent {}

  /** A piece has been read; it is not modified any more. */
  record Piece(EntryId last, long offset, byte[] data) implements SnapshotEvent {}

  /** Another node's snapshot is stored up to an offset. */
  record Written(EntryId last, long received) implements SnapshotEvent {}

  /** Another node's snapshot is complete and durable, and is the node's latest. */
  record Received(SnapshotMetadata metadata, StateMachine.Snapshot snapshot)
      implements SnapshotEvent {}

  /** The state is that of the snapshot. */
  record Restored(EntryId last) implements SnapshotEvent {}
}
