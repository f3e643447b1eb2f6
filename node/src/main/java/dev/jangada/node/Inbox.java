package dev.jangada.node;

import dev.jangada.node.thread.DriverEvent;
import dev.jangada.node.thread.Mailbox;
import dev.jangada.raft.Entry;
import dev.jangada.raft.Message;
import dev.jangada.raft.Proposal;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * Takes messages from the peers into a driver's mailbox, as many as may wait there; drops the rest,
 * and Raft sends again what matters. Any thread.
 */
final class Inbox implements Consumer<Message> {
  private static final long MAX_BYTES = 64L << 20;

  /** What a message counts beside what it carries. */
  private static final long MESSAGE_WEIGHT = 64;

  private final Mailbox<DriverEvent> mailbox;
  private final PendingBudget budget = new PendingBudget(MAX_BYTES);
  private final AtomicLong received = new AtomicLong();
  private final AtomicLong dropped = new AtomicLong();

  Inbox(Mailbox<DriverEvent> mailbox) {
    this.mailbox = mailbox;
  }

  @Override
  public void accept(Message message) {
    long weight = weight(message);
    if (!budget.reserve(weight)) {
      dropped.incrementAndGet();
      return;
    }
    received.incrementAndGet();
    mailbox.put(driver -> {
      budget.release(weight);
      driver.receive(message);
    });
  }

  long received() {
    return received.get();
  }

  long dropped() {
    return dropped.get();
  }

  private static long weight(Message message) {
    long weight = MESSAGE_WEIGHT;
    if (message instanceof Message.AppendRequest append) {
      for (Entry entry : append.entries()) {
        weight += entry.weight();
      }
    } else if (message instanceof Message.Forward forward) {
      for (Proposal proposal : forward.proposals()) {
        weight += proposal.weight();
      }
    } else if (message instanceof Message.SnapshotChunk chunk) {
      weight += chunk.data().length;
    }
    return weight;
  }
}
