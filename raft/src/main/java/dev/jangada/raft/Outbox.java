package dev.jangada.raft;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What has come together for others since the last {@link Ready}: messages to other nodes, and
 * answers to whoever runs this one.
 */
final class Outbox {
  private final long self;

  List<Message> sendNow = new ArrayList<>();
  List<Message> sendAfterPersist = new ArrayList<>();
  List<ReadState> reads = new ArrayList<>();
  List<Message.ForwardRefused> refused = new ArrayList<>();
  List<Long> snapshotsWanted = new ArrayList<>();
  List<Message> snapshotMessages = new ArrayList<>();

  /** The outbox of a node. */
  Outbox(long self) {
    this.self = self;
  }

  /** Whether there is nothing; a snapshot is wanted only together with what a leader owes. */
  boolean isEmpty() {
    return sendNow.isEmpty()
        && sendAfterPersist.isEmpty()
        && reads.isEmpty()
        && refused.isEmpty()
        && snapshotMessages.isEmpty();
  }

  /** Hands everything over to a {@link Ready}, with what else is in that, and begins anew. */
  Ready handOver(
      @Nullable HardState hardState,
      List<Entry> append,
      @Nullable Persisted receipt,
      long discardUpTo,
      List<Entry> apply,
      @Nullable Membership membership,
      @Nullable SnapshotMetadata install) {
    Ready ready =
        new Ready(
            contents(sendNow),
            hardState,
            append,
            contents(sendAfterPersist),
            receipt,
            discardUpTo,
            apply,
            contents(reads),
            contents(refused),
            contents(snapshotsWanted),
            contents(snapshotMessages),
            membership,
            install);
    sendNow = next(sendNow);
    sendAfterPersist = next(sendAfterPersist);
    reads = next(reads);
    refused = next(refused);
    snapshotsWanted = next(snapshotsWanted);
    snapshotMessages = next(snapshotMessages);
    return ready;
  }

  private static <T> List<T> contents(List<T> list) {
    return list.isEmpty() ? List.of() : list;
  }

  /** Where to go on after a list was handed over; most are empty, and stay here. */
  private static <T> List<T> next(List<T> list) {
    return list.isEmpty() ? list : new ArrayList<>();
  }

  /** Takes back what would help others to lead: the node has come to lead itself. */
  void withdrawPreVotes() {
    sendNow.removeIf(m -> m instanceof Message.PreVoteResponse answer && answer.granted());
  }

  /**
   * Acknowledges an append once it is durable. Appends that arrived together are written together:
   * one acknowledgement serves for all.
   */
  void acceptAfterPersist(Message.AppendAccepted acceptance) {
    Message.AppendAccepted accepted = acceptance;
    if (!sendAfterPersist.isEmpty()
        && sendAfterPersist.getLast() instanceof Message.AppendAccepted before
        && before.to() == accepted.to()
        && before.term() == accepted.term()) {
      sendAfterPersist.removeLast();
      accepted = accepted.and(before);
    }
    sendAfterPersist.add(accepted);
  }

  /** Answers proposals that were turned down; the node itself without a message. */
  void refuse(Message.ForwardRefused answer) {
    if (answer.to() == self) {
      refused.add(answer);
    } else {
      sendNow.add(answer);
    }
  }
}
