package dev.jangada.node;

import dev.jangada.node.driver.RaftDriver;
import dev.jangada.node.request.RaftException;
import dev.jangada.node.snapshot.SnapshotEvent;
import dev.jangada.node.thread.DriverEvent;
import dev.jangada.raft.StateMachine;

/** What came of a task, on its way to the driver; lets go of the picture if it does not arrive. */
record SnapshotNews(SnapshotEvent event) implements DriverEvent {

  @Override
  public void tell(RaftDriver driver) {
    driver.snapshotEvent(event);
  }

  @Override
  public void refuse(RaftException stopped) {
    StateMachine.Snapshot snapshot =
        switch (event) {
          case SnapshotEvent.Captured captured -> captured.snapshot();
          case SnapshotEvent.Received received -> received.snapshot();
          case SnapshotEvent.Saving saving -> null;
          case SnapshotEvent.Saved saved -> null;
          case SnapshotEvent.Piece piece -> null;
          case SnapshotEvent.Written written -> null;
          case SnapshotEvent.Restored restored -> null;
        };
    if (snapshot != null) {
      snapshot.close();
    }
  }
}
