package dev.jangada.server.upkeep;

import dev.jangada.kv.KvStateMachine;
import dev.jangada.kv.command.CommandCodec;
import dev.jangada.kv.command.CompactRequest;
import dev.jangada.kv.command.MemberRequest;
import dev.jangada.node.RaftNode;
import dev.jangada.node.request.RaftException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has old revisions compacted while this member leads, through the log. When is up to {@link
 * CompactionSchedule}. For one thread.
 */
public final class AutoCompactor {

  private static final Logger LOG = LoggerFactory.getLogger(AutoCompactor.class);

  private final RaftNode node;
  private final KvStateMachine store;
  private final CompactionSchedule schedule;

  /** Begins to measure the time. */
  public AutoCompactor(CompactionPolicy policy, RaftNode node, KvStateMachine store) {
    this.node = node;
    this.store = store;
    this.schedule = new CompactionSchedule(policy, System.nanoTime());
  }

  /** Does what is due. To be called about once a second. */
  public void look() {
    long now = System.nanoTime();
    boolean leads = node.status().leader() == node.memberId();
    long target = schedule.look(now, leads, store.revision(), store.compactedRevision());
    if (target == 0) {
      return;
    }
    try {
      // Never by way of another member: if this one does not lead any more, the new leader decides.
      var started =
          node.start(CommandCodec.encode(new MemberRequest(new CompactRequest(target, false))));
      if (started.isLeader()) {
        schedule.done(now);
        LOG.info("compaction: automatic, to revision={} of={}", target, store.revision());
      }
    } catch (RaftException refused) {
      LOG.debug("compaction: put off", refused);
    }
  }
}
