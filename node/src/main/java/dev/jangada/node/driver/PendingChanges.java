package dev.jangada.node.driver;

import dev.jangada.node.request.Failures;
import dev.jangada.node.request.RaftException;
import dev.jangada.raft.ChangeRefusal;
import dev.jangada.raft.ChangeResult;
import dev.jangada.raft.Entry;
import dev.jangada.raft.EntryId;
import dev.jangada.raft.EntryType;
import dev.jangada.raft.Membership;
import dev.jangada.raft.Raft;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.Consumer;

/**
 * The changes of the membership that were asked for at this node, and the configuration that is
 * committed.
 *
 * <p>A change waits while no leader is known, while another one is under way, and while a new
 * leader has yet to find out what is committed. It is under way from when this node, as leader, has
 * appended it. It is made when that very entry is committed and, if the configuration in it is
 * joint, the one after it. If another entry is committed in its place it is in no log that counts,
 * and waits again. A node that sees another one lead answers so at once: what has become of the
 * changes of another node it could not tell.
 */
final class PendingChanges {
  private final Raft raft;
  private final Consumer<Request> finish;
  private final List<ChangeRequest> waiting = new ArrayList<>();
  private final List<ChangeRequest> underWay = new ArrayList<>();

  /** Not before this tick are waiting changes offered again, after one was refused for now. */
  private long offerAtTick;

  private Membership committed;

  /**
   * None yet.
   *
   * @param finish to be told of each request that has an outcome, before the outcome is
   */
  PendingChanges(Raft raft, Consumer<Request> finish) {
    this.raft = raft;
    this.finish = finish;
    this.committed = raft.snapshotMetadata(raft.status().applied()).membership();
  }

  /** The latest configuration known to be committed. */
  Membership committed() {
    return committed;
  }

  void add(ChangeRequest request) {
    waiting.add(request);
  }

  /** Hands what is waiting to the core, if a leader is known. */
  void offer(long tick) {
    if (waiting.isEmpty() || tick < offerAtTick || raft.leader() == 0) {
      return;
    }
    for (ChangeRequest request : List.copyOf(waiting)) {
      if (request.isDone()) {
        waiting.remove(request);
        continue;
      }
      switch (raft.changeMembership(request.changes())) {
        case ChangeResult.Accepted(long index, long term) -> {
          request.appended(index, term);
          waiting.remove(request);
          underWay.add(request);
        }
        case ChangeResult.Refused(ChangeRefusal reason) -> {
          request.refused(reason);
          if (reason.isTransient()) {
            // The order is kept: who came later must not be made first.
            offerAtTick = tick + 1;
            return;
          }
          waiting.remove(request);
          fail(
              request,
              reason == ChangeRefusal.NOT_LEADER
                  ? Failures.notLeader(raft.leader())
                  : Failures.changeRefused(reason));
        }
      }
    }
  }

  /** An entry is committed; to be called with each in turn. */
  void committed(Entry entry) {
    if (entry.type() == EntryType.CONFIGURATION) {
      committed = entry.membership();
    }
    for (Iterator<ChangeRequest> requests = underWay.iterator(); requests.hasNext(); ) {
      ChangeRequest request = requests.next();
      if (request.isDone()) {
        requests.remove();
        continue;
      }
      if (request.index() == entry.index()) {
        if (request.term() == entry.term()) {
          request.committed();
        } else {
          requests.remove();
          request.lost();
          waiting.add(request);
        }
      }
      if (request.isCommitted() && !committed.isJoint()) {
        requests.remove();
        finish.accept(request);
        request.outcome().changed(committed);
      }
    }
  }

  /** A snapshot stands for the entries up to its last one, which this node will never see. */
  void skipTo(EntryId last, Membership membership) {
    committed = membership;
    for (ChangeRequest request : List.copyOf(underWay)) {
      if (request.index() <= last.index()) {
        underWay.remove(request);
        if (!request.isDone()) {
          fail(request, Failures.skipped(last));
        }
      }
    }
  }

  /** How many ticks there are, the last one included, until a change is offered again. */
  long ticksUntilDue(long tick) {
    return !waiting.isEmpty() && offerAtTick > tick ? offerAtTick - tick : Long.MAX_VALUE;
  }

  private void fail(ChangeRequest request, RaftException failure) {
    finish.accept(request);
    request.outcome().failed(failure);
  }

  /** Forgets those that have expired. */
  void sweep() {
    waiting.removeIf(Request::isDone);
    underWay.removeIf(Request::isDone);
  }
}
