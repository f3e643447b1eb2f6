package dev.jangada.node.driver;

import dev.jangada.raft.Entry;
import dev.jangada.raft.Invariant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The requests that this node, as leader, has put into its log itself, by where they stand there.
 *
 * <p>Within a term a leader only appends, so that the requests of a term are a queue in the order
 * of the log, and the committed entries meet them at its head: no hashing, no search. There is one
 * queue for each term that this node has led and that still has requests waiting: nearly always
 * one.
 */
final class ProposedCommands {
  private final List<TermQueue> terms = new ArrayList<>();

  private record TermQueue(long term, ArrayDeque<SubmitRequest> requests) {}

  void add(long term, SubmitRequest request) {
    if (terms.isEmpty() || terms.getLast().term() != term) {
      terms.add(new TermQueue(term, new ArrayDeque<>()));
    }
    terms.getLast().requests().add(request);
  }

  /**
   * Takes out all requests that stand at a committed entry's index.
   *
   * @param entry to be called with each committed entry in turn
   * @param lost takes those that stand there in the log of another term: the committed entry has
   *     displaced them for good
   * @return the one that became this entry, null if there is none
   */
  @Nullable SubmitRequest claim(Entry entry, Consumer<SubmitRequest> lost) {
    SubmitRequest claimed = null;
    for (Iterator<TermQueue> queues = terms.iterator(); queues.hasNext(); ) {
      TermQueue queue = queues.next();
      SubmitRequest head = queue.requests().peek();
      if (head != null && head.index() <= entry.index()) {
        Invariant.check(
            head.index() == entry.index(),
            "a command waits at index %s, but entry %s is committed already",
            head.index(),
            entry);
        queue.requests().remove();
        if (queue.term() == entry.term()) {
          claimed = head;
        } else {
          lost.accept(head);
        }
      }
      if (queue.requests().isEmpty()) {
        queues.remove();
      }
    }
    return claimed;
  }

  /**
   * Takes out all requests up to an index, of which this node will never see what was committed in
   * their place.
   */
  void skip(long index, Consumer<SubmitRequest> skipped) {
    for (TermQueue queue : terms) {
      while (!queue.requests().isEmpty() && queue.requests().peek().index() <= index) {
        skipped.accept(queue.requests().remove());
      }
    }
    terms.removeIf(queue -> queue.requests().isEmpty());
  }

  /** Forgets those whose outcome has been told. */
  void sweep() {
    for (TermQueue queue : terms) {
      queue.requests().removeIf(Request::isDone);
    }
    terms.removeIf(queue -> queue.requests().isEmpty());
  }

  boolean isEmpty() {
    return terms.isEmpty();
  }
}
