package dev.jangada.node;

import dev.jangada.raft.Message;
import dev.jangada.raft.RaftRole;
import dev.jangada.raft.RaftTracer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes into the log of the process what happens inside a node's core.
 *
 * @param id name of the node
 */
record LoggingTracer(String id) implements RaftTracer {
  private static final Logger log = LoggerFactory.getLogger(RaftNode.class);

  @Override
  public void roleChanged(RaftRole from, RaftRole to, long term, long leader, String reason) {
    log.info(
        "role: node={} is={} term={} leader={} because: {}",
        id,
        to,
        term,
        leader == 0 ? "unknown" : MemberId.toString(leader),
        reason);
  }

  @Override
  public void dropped(Message message, String reason) {
    log.debug("{} drops {}: {}", id, message.getClass().getSimpleName(), reason);
  }
}
