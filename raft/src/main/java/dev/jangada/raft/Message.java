package dev.jangada.raft;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * What one node's core says to another's. One record for each kind, so that a message can hold only
 * what it means.
 *
 * <p>Node ids are never 0. Messages may be lost, delayed, duplicated and reordered at will, with
 * one exception: a {@link Forward} must not be delivered twice, because proposals are not
 * idempotent; a stream connection that never resends gives that.
 */
public sealed interface Message {

  /** Id of the node that sent this message. */
  long from();

  /** Id of the node that it is meant for. */
  long to();

  /**
   * The sender's term; for {@link PreVoteRequest} and a granting {@link PreVoteResponse} the term
   * asked about.
   */
  long term();

  /**
   * Asks whether the receiver would vote for the sender in {@code term}, which the sender has not
   * entered yet (dissertation, section 9.6). Changes nothing at either end.
   */
  record PreVoteRequest(long from, long to, long term, EntryId last) implements Message {}

  /**
   * Answers a {@link PreVoteRequest}.
   *
   * @param term the term asked about if granted, the responder's own term otherwise, so that a
   *     requester that lags learns it
   */
  record PreVoteResponse(long from, long to, long term, boolean granted) implements Message {}

  /**
   * Asks for a vote (paper, section 5.2).
   *
   * @param last identity of the last entry of the candidate's log
   * @param transfer whether the leader itself told the sender to campaign, in which case the
   *     receiver must not hold on to that leader (dissertation, section 3.10)
   */
  record VoteRequest(long from, long to, long term, EntryId last, boolean transfer)
      implements Message {}

  /** Answers a {@link VoteRequest}. A granting one is sent only after the vote is durable. */
  record VoteResponse(long from, long to, long term, boolean granted) implements Message {}

  /**
   * Replicates entries; without entries it is a heartbeat, a probe, or only tells what is committed
   * (paper, section 5.3).
   *
   * @param previous identity of the entry before {@code entries}
   * @param entries contiguous, the first at {@code previous.index() + 1}; may be empty
   * @param commit the leader's commit index; the receiver may only believe it as far as this
   *     message verifies its log
   * @param readRound the leader's current round of read-index confirmation, echoed in the answer
   *     (dissertation, section 6.4)
   * @param answered whether the leader waits to hear that this was accepted; if not, it is answered
   *     only when it is refused. False for what only tells the commit index: that the receiver is
   *     alive and has the entries, the leader knows from other answers
   */
  record AppendRequest(
      long from,
      long to,
      long term,
      EntryId previous,
      List<Entry> entries,
      long commit,
      long readRound,
      boolean answered)
      implements Message {}

  /**
   * Says that the responder's log matches the leader's up to {@code match}, durably.
   *
   * @param match index up to which the responder's durable log is known to equal the leader's
   * @param readRound echo of the request's round
   */
  record AppendAccepted(long from, long to, long term, long match, long readRound)
      implements Message {

    /** What says all that this one and an earlier one to the same leader say. */
    AppendAccepted and(AppendAccepted before) {
      return new AppendAccepted(
          from, to, term, Math.max(match, before.match), Math.max(readRound, before.readRound));
    }
  }

  /**
   * Refuses an append whose predecessor the responder does not have, with the hint for fast
   * backtracking (paper, end of section 5.3).
   *
   * @param previousIndex index of the predecessor that did not match, which tells late refusals
   *     from current ones
   * @param conflictTerm term of the responder's entry at {@code previousIndex}, 0 if its log is
   *     shorter
   * @param conflictIndex first index of {@code conflictTerm} in the responder's log; one past its
   *     last index if its log is shorter
   * @param readRound echo of the request's round: a refusal of the log still acknowledges the
   *     leader
   */
  record AppendRejected(
      long from,
      long to,
      long term,
      long previousIndex,
      long conflictTerm,
      long conflictIndex,
      long readRound)
      implements Message {}

  /**
   * Tells a node of an older term which term it is now: the answer to an append or a pre-vote of a
   * lower term, from which a deposed leader or a candidate that lags learns that it is one.
   */
  record StaleTerm(long from, long to, long term) implements Message {}

  /** Tells the most up-to-date follower to campaign at once (dissertation, section 3.10). */
  record TimeoutNow(long from, long to, long term) implements Message {}

  /** Hands proposals of a follower's clients to the leader. Must not be delivered twice. */
  record Forward(long from, long to, long term, List<Proposal> proposals) implements Message {}

  /**
   * Says that forwarded proposals did not enter the log and will not.
   *
   * @param sequences their sequence numbers
   */
  record ForwardRefused(long from, long to, long term, List<Long> sequences, Refusal reason)
      implements Message {}

  /**
   * Asks the leader for an index at which a linearizable read is safe.
   *
   * @param id chosen by the sender, never used twice by it
   */
  record ReadIndexRequest(long from, long to, long term, long id) implements Message {}

  /**
   * Answers a {@link ReadIndexRequest}.
   *
   * @param index safe index; 0 if the responder cannot serve it, because it is not, or no longer,
   *     the leader
   */
  record ReadIndexResponse(long from, long to, long term, long id, long index) implements Message {}

  /**
   * A piece of a snapshot, from the leader to a follower whose next entry it no longer has (paper,
   * section 7, InstallSnapshot). The core takes the sender and the term from it and hands it on, in
   * {@link Ready#snapshotMessages()}.
   *
   * @param last identity of the last entry whose effects are in the snapshot, never {@link
   *     EntryId#NONE}
   * @param membership the configuration in force after that entry
   * @param total size of the whole snapshot in bytes
   * @param offset where {@code data} begins in it; the snapshot is complete when {@code data} ends
   *     at {@code total}
   * @param data may be empty; not modified any more
   */
  record SnapshotChunk(
      long from,
      long to,
      long term,
      EntryId last,
      Membership membership,
      long total,
      long offset,
      byte[] data)
      implements Message {

    @Override
    public boolean equals(Object object) {
      return object instanceof SnapshotChunk other
          && from == other.from
          && to == other.to
          && term == other.term
          && last.equals(other.last)
          && membership.equals(other.membership)
          && total == other.total
          && offset == other.offset
          && Arrays.equals(data, other.data);
    }

    @Override
    public int hashCode() {
      return Objects.hash(from, to, term, last, total, offset, data.length);
    }

    @Override
    public String toString() {
      return "SnapshotChunk[from=%d, to=%d, term=%d, last=%s, total=%d, offset=%d, %d B]"
          .formatted(from, to, term, last, total, offset, data.length);
    }
  }

  /**
   * Says how much of a snapshot has arrived. Handed on by the core as the chunks are.
   *
   * @param last identity of the snapshot, as in the chunks
   * @param received the responder has the bytes before this offset: from there the sender goes on
   */
  record SnapshotAck(long from, long to, long term, EntryId last, long received)
      implements Message {}
}
