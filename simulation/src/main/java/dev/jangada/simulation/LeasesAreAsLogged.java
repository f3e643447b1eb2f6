package dev.jangada.simulation;

import dev.jangada.kv.KvStateMachine;
import dev.jangada.kv.LeaseClock;
import dev.jangada.kv.LeaseStatus;
import dev.jangada.raft.Entry;
import dev.jangada.raft.EntryId;
import java.util.ArrayList;
import java.util.List;

/**
 * Every member has the leases that follow from the entries it has applied, with their keys and the
 * time that is left: none twice, none lost by a crash or a snapshot, none without its keys.
 */
final class LeasesAreAsLogged implements Property {

  /** Leases are looked at one by one after so many entries only, because that takes long. */
  private static final int INTERVAL = 8;

  private final LeaseBook book;

  LeasesAreAsLogged(LeaseBook book) {
    this.book = book;
  }

  @Override
  public void started(ObservedNode node) {
    if (node.stateMachine() instanceof KvStateMachine machine
        && machine.appliedIndex() <= book.last()) {
      compareAll(node, machine);
    }
  }

  @Override
  public void restored(ObservedNode node, EntryId last) {
    if (node.stateMachine() instanceof KvStateMachine machine) {
      compareAll(node, machine);
    }
  }

  @Override
  public void applied(ObservedNode node, Entry entry, byte[] result) {
    book.enter(entry, result);
    // A batch of entries shows only what comes after its last one.
    if (node.stateMachine() instanceof KvStateMachine machine
        && machine.appliedIndex() == entry.index()) {
      if ((entry.index() + node.number()) % INTERVAL == 0) {
        compareAll(node, machine);
      } else {
        compareClock(node, machine);
      }
    }
  }

  @Override
  public void ended(List<? extends ObservedNode> nodes) {
    for (ObservedNode node : nodes) {
      if (node.stateMachine() instanceof KvStateMachine machine) {
        compareAll(node, machine);
      }
    }
  }

  private void compareClock(ObservedNode node, KvStateMachine machine) {
    LeaseBook.Page page = book.after(machine.appliedIndex());
    LeaseClock clock = machine.leaseClock();
    if (clock.millis() != page.clockMillis() || clock.leases() != page.leases().size()) {
      require(
          false,
          "after entry %d n%d has %s, and it should be %d ms and %s",
          machine.appliedIndex(),
          node.number(),
          clock,
          page.clockMillis(),
          page.leases());
    }
  }

  private void compareAll(ObservedNode node, KvStateMachine machine) {
    compareClock(node, machine);
    LeaseBook.Page page = book.after(machine.appliedIndex());
    List<LeaseStatus> due = new ArrayList<>();
    page.leases()
        .forEach((id, held) ->
            due.add(
                new LeaseStatus(
                    id, held.ttlSeconds(), page.remainingSeconds(held), page.keys(id))));
    List<LeaseStatus> found = new ArrayList<>();
    for (long id : machine.leases()) {
      LeaseStatus lease = machine.lease(id, true);
      if (lease != null) {
        found.add(lease);
      }
    }
    require(
        found.equals(due),
        "after entry %d n%d has %s, and it should be %s",
        machine.appliedIndex(),
        node.number(),
        found,
        due);
  }
}
