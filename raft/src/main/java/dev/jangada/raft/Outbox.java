package dev.jangada.raft;

import java.util.ArrayList;
import java.util.List;

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

  /** Begins anew; what was in it belongs to the {@link Ready} that it was handed to. */
  void handedOver() {
    sendNow = new ArrayList<>();
    sendAfterPersist = new ArrayList<>();
    reads = new ArrayList<>();
    refused = new ArrayList<>();
    snapshotsWanted = new ArrayList<>();
    snapshotMessages = new ArrayList<>();
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
