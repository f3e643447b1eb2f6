package dev.jangada.simulation;

import dev.jangada.raft.RaftRole;
import dev.jangada.raft.RaftStatus;

/**
 * A leader commits entries of its own term by counting their replicas, and those of earlier terms
 * only along with them (paper, section 5.4.2): so wherever its commit index comes to rest, there is
 * an entry of its own term.
 */
final class LeadersCommitTheirTerm implements Property {

  /** By node: the term that it led when it was last looked at, 0 if none; and its commit index. */
  private final long[] led;

  private final long[] committed;

  LeadersCommitTheirTerm(int nodes) {
    this.led = new long[nodes + 1];
    this.committed = new long[nodes + 1];
  }

  @Override
  public void started(ObservedNode node) {
    led[node.number()] = 0;
  }

  @Override
  public void turned(ObservedNode node, RaftStatus status) {
    int number = node.number();
    long leads = status.role() == RaftRole.LEADER ? status.term() : 0;
    if (leads != 0 && led[number] == leads && status.committed() > committed[number]) {
      long term = node.log().term(status.committed());
      require(
          term == leads,
          "n%d, which leads term %d, has committed %d of term %d",
          number,
          leads,
          status.committed(),
          term);
    }
    led[number] = leads;
    committed[number] = status.committed();
  }
}
