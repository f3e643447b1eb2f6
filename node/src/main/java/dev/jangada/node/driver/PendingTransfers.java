package dev.jangada.node.driver;

import dev.jangada.node.request.Failures;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** The transfers of leadership that were begun at this node. The next leader decides them all. */
final class PendingTransfers {
  private final Consumer<Request> finish;
  private final List<TransferRequest> underWay = new ArrayList<>();

  /**
   * None yet.
   *
   * @param finish to be told of each request that has an outcome, before the outcome is
   */
  PendingTransfers(Consumer<Request> finish) {
    this.finish = finish;
  }

  void add(TransferRequest request) {
    underWay.add(request);
  }

  /** Another node leads. */
  void ledBy(long leader) {
    for (TransferRequest transfer : underWay) {
      if (transfer.isDone()) {
        continue;
      }
      finish.accept(transfer);
      if (transfer.to() == leader) {
        transfer.outcome().transferred();
      } else {
        transfer.outcome().failed(Failures.notLeader(leader));
      }
    }
    underWay.clear();
  }

  /** Forgets those that have expired. */
  void sweep() {
    underWay.removeIf(Request::isDone);
  }
}
