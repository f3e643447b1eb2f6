package dev.jangada.node;

import dev.jangada.node.driver.RaftDriver;
import dev.jangada.node.request.Outcome;
import dev.jangada.raft.EntryId;

/** A snapshot wanted by a user, on its way to the driver, and its future. */
final class PendingSnapshot extends PendingRequest<EntryId> implements Outcome.Snapshot {
  @Override
  public void tell(RaftDriver driver) {
    driver.takeSnapshot(this);
  }

  @Override
  public void taken(EntryId last) {
    future().complete(last);
  }
}
