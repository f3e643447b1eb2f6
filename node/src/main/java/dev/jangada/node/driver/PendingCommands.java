package dev.jangada.node.driver;

import dev.jangada.node.request.Failures;
import dev.jangada.node.request.RaftException;
import dev.jangada.raft.Entry;
import dev.jangada.raft.EntryId;
import dev.jangada.raft.EntryType;
import dev.jangada.raft.Message;
import dev.jangada.raft.Proposal;
import dev.jangada.raft.ProposeResult;
import dev.jangada.raft.Raft;
import dev.jangada.raft.RaftConfig;
import dev.jangada.raft.Refusal;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The commands that were submitted at this node, on their way into a log and out of it again.
 *
 * <p>A command is waiting, or under way, or done. It waits while no leader is known. It is under
 * way once it may be in some log: proposed here, or forwarded to the leader. Only what is certain
 * to be in no log that counts goes back to waiting: because the leader refused it, or because it
 * was forwarded in an older term than that of an entry that has been committed since. It goes out
 * again under a new number, because a duplicate of the old refusal must not be taken for one of the
 * new attempt. As long as that is not certain, nothing is sent again, whatever happens to the
 * leader: the outcome is what is committed, or at the deadline <em>unknown</em>.
 *
 * <p>A command is recognised when it is committed: one proposed here by its place in the log, which
 * identifies it by the Log Matching Property; a forwarded one by its number, which is why every
 * entry carries it. An entry of another term in the place of one proposed here says that the
 * command is lost for good. Commands that are submitted one after the other keep their order,
 * except for refused ones.
 *
 * <p>Rejected: matching a forwarded command by an answer of the leader with its index, because that
 * answer can be lost while the command is committed; and sending a command whose leader fell silent
 * to the next one, because it may then take effect twice.
 */
final class PendingCommands {
  private final Raft raft;
  private final RaftConfig config;
  private final long maxWaitingBytes;
  private final LongSupplier numbers;
  private final Consumer<Request> finish;

  /** Commands in no log. */
  private final ArrayDeque<SubmitRequest> waiting = new ArrayDeque<>();

  private long waitingBytes;

  /** Not before this tick are waiting commands offered again, after the leader refused some. */
  private long offerAtTick;

  private final ProposedCommands proposed = new ProposedCommands();
  private final Map<Long, SubmitRequest> forwarded = new LinkedHashMap<>();

  /** The latest term of which an entry is known to be committed. */
  private long committedTerm;

  /**
   * None yet.
   *
   * @param maxWaitingBytes commands are refused while more than this waits for a leader
   * @param numbers gives a number that no proposal of this node has had
   * @param finish to be told of each request that has failed, before the outcome is
   */
  PendingCommands(
      Raft raft,
      RaftConfig config,
      long maxWaitingBytes,
      LongSupplier numbers,
      Consumer<Request> finish) {
    this.raft = raft;
    this.config = config;
    this.maxWaitingBytes = maxWaitingBytes;
    this.numbers = numbers;
    this.finish = finish;
  }

  /** Why a command cannot be taken; null if it can. */
  @Nullable RaftException refusal(Proposal proposal) {
    if (proposal.data().length > config.maxEntryBytes()) {
      return Failures.tooLarge(proposal.data().length, config.maxEntryBytes());
    }
    if (!waiting.isEmpty() && waitingBytes + proposal.weight() > maxWaitingBytes) {
      return Failures.overloaded(waitingBytes + " bytes of commands are waiting");
    }
    return null;
  }

  void add(SubmitRequest request) {
    waiting.add(request);
    waitingBytes += request.proposal().weight();
  }

  /** Brings the waiting commands on their way, if a leader is known. */
  void offer(long tick) {
    if (waiting.isEmpty() || tick < offerAtTick) {
      return;
    }
    if (raft.isLeader()) {
      propose(tick);
    } else if (raft.leader() != 0) {
      forward();
    }
  }

  private void propose(long tick) {
    while (!waiting.isEmpty()) {
      SubmitRequest request = waiting.peek();
      if (!request.isDone()) {
        Proposal proposal = request.proposal();
        switch (raft.propose(proposal)) {
          case ProposeResult.Accepted(long index, long ofTerm) -> {
            waitingBytes -= proposal.weight();
            request.proposed(index);
            proposed.add(ofTerm, request);
          }
          case ProposeResult.Refused(Refusal reason) -> {
            if (isTransient(reason)) {
              offerAtTick = tick + 1;
              return;
            }
            waitingBytes -= proposal.weight();
            fail(request, failure(reason, proposal));
          }
        }
      }
      waiting.remove();
    }
  }

  private void forward() {
    List<Proposal> proposals = new ArrayList<>();
    long bytes = 0;
    for (SubmitRequest request : waiting) {
      if (request.isDone()) {
        continue;
      }
      Proposal proposal = request.proposal();
      if (!proposals.isEmpty() && bytes + proposal.weight() > config.maxAppendBytes()) {
        raft.forward(proposals);
        proposals = new ArrayList<>();
        bytes = 0;
      }
      proposals.add(proposal);
      bytes += proposal.weight();
      request.forwarded(raft.term());
      forwarded.put(proposal.sequence(), request);
    }
    if (!proposals.isEmpty()) {
      raft.forward(proposals);
    }
    waiting.clear();
    waitingBytes = 0;
  }

  /** The leader has refused what was forwarded to it. */
  void refused(Message.ForwardRefused refused, long tick) {
    for (long sequence : refused.sequences()) {
      SubmitRequest request = forwarded.remove(sequence);
      if (request == null) {
        continue;
      }
      if (isTransient(refused.reason())) {
        takeBack(request);
        offerAtTick = tick + 1;
      } else {
        fail(request, failure(refused.reason(), request.proposal()));
      }
    }
  }

  /** Lets a command wait again that is certain to be in no log. */
  private void takeBack(SubmitRequest request) {
    request.takenBack(numbers.getAsLong());
    add(request);
  }

  /**
   * Takes back what was forwarded in an older term, now that an entry of a newer one is committed.
   * Only the leader of the term in which it was forwarded can have put it into a log. Had that
   * entry been committed, it would stand before this one and be known; and nothing of an older term
   * is ever committed after this one.
   */
  private void takeBackForwardedBefore(long newerTerm) {
    Iterator<SubmitRequest> requests = forwarded.values().iterator();
    while (requests.hasNext()) {
      SubmitRequest request = requests.next();
      if (request.forwardedInTerm() < newerTerm) {
        requests.remove();
        if (!request.isDone()) {
          takeBack(request);
        }
      }
    }
  }

  /** Whether a proposal refused for this reason may be taken as soon as there is a new leader. */
  private static boolean isTransient(Refusal reason) {
    return switch (reason) {
      case NOT_LEADER, TRANSFERRING -> true;
      case TOO_LARGE, TOO_MANY_UNCOMMITTED -> false;
    };
  }

  private RaftException failure(Refusal reason, Proposal proposal) {
    return reason == Refusal.TOO_LARGE
        ? Failures.tooLarge(proposal.data().length, config.maxEntryBytes())
        : Failures.overloaded("the leader has too much uncommitted");
  }

  /**
   * An entry is committed; to be called with each in turn.
   *
   * @return the request whose command it is, taken out; null if it is none of this node's, or its
   *     number is no longer known
   */
  @Nullable SubmitRequest committed(Entry entry) {
    if (entry.term() > committedTerm) {
      committedTerm = entry.term();
      takeBackForwardedBefore(committedTerm);
    }
    SubmitRequest request =
        proposed.isEmpty() ? null : proposed.claim(entry, lost -> lose(lost, entry));
    if (request == null
        && entry.proposer() == raft.id()
        && entry.type() == EntryType.COMMAND
        && !forwarded.isEmpty()) {
      request = forwarded.remove(entry.sequence());
    }
    return request;
  }

  private void lose(SubmitRequest request, Entry committed) {
    if (!request.isDone()) {
      fail(request, Failures.lost(committed));
    }
  }

  /** A snapshot stands for the entries up to its last one, which this node will never see. */
  void skipTo(EntryId last) {
    committedTerm = Math.max(committedTerm, last.term());
    proposed.skip(
        last.index(),
        request -> {
          if (!request.isDone()) {
            fail(request, Failures.skipped(last));
          }
        });
    forwarded.values().forEach(SubmitRequest::mayHaveBeenSkipped);
  }

  /** The time of a request is up, which is not done yet: says how it fails. */
  RaftException expired(SubmitRequest request) {
    if (!request.isUnderWay()) {
      waitingBytes -= request.proposal().weight();
      return Failures.noLeader();
    }
    if (request.index() == 0) {
      forwarded.remove(request.proposal().sequence());
    }
    return Failures.timeout(true);
  }

  /** How many ticks there are, the last one included, until commands are offered again. */
  long ticksUntilDue(long tick) {
    return !waiting.isEmpty() && offerAtTick > tick ? offerAtTick - tick : Long.MAX_VALUE;
  }

  private void fail(SubmitRequest request, RaftException failure) {
    finish.accept(request);
    request.outcome().failed(failure);
  }

  /** Forgets those that have expired. */
  void sweep() {
    waiting.removeIf(Request::isDone);
    proposed.sweep();
  }
}
