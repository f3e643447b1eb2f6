package dev.jangada.node.thread;

import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A queue from many threads to one, which takes out all there is at once.
 *
 * <p>It is a stack (Treiber) that the consumer removes whole and turns round: one compare-and-set
 * to put something in, one to take everything out, and whoever finds it empty knows that the
 * consumer may have to be woken. A queue of the JDK would cost a compare-and-set for each element
 * at both ends, or a lock that a descheduled thread may hold.
 *
 * <p>Unbounded: those who put in bound what they put in.
 */
public final class Mailbox<T> {
  private final AtomicReference<@Nullable Node<T>> top = new AtomicReference<>();

  /** The consumer while it waits or is about to. */
  private volatile @Nullable Thread waiter;

  /**
   * One element, and what was put in before it. Without an element it says, on top, that the
   * mailbox is closed, and what is still to be taken out.
   */
  private record Node<T>(@Nullable T item, @Nullable Node<T> below) {}

  /**
   * Puts something in. Any thread.
   *
   * @return false if the mailbox is closed
   */
  public boolean put(T item) {
    Node<T> before;
    do {
      before = top.get();
      if (before != null && before.item() == null) {
        return false;
      }
    } while (!top.compareAndSet(before, new Node<>(item, before)));
    if (before == null) {
      wake();
    }
    return true;
  }

  /** Lets nothing more in, and wakes the consumer. Any thread, any number of times. */
  public void close() {
    Node<T> before;
    do {
      before = top.get();
      if (before != null && before.item() == null) {
        return;
      }
    } while (!top.compareAndSet(before, new Node<>(null, before)));
    wake();
  }

  private void wake() {
    Thread thread = waiter;
    if (thread != null) {
      LockSupport.unpark(thread);
    }
  }

  /**
   * Takes out everything, in the order in which it was put in. The consumer only.
   *
   * @param items empty; what is taken out is added
   * @return false once the mailbox is closed and everything has been taken out
   */
  public boolean drainTo(List<T> items) {
    Node<T> taken;
    Node<T> left;
    do {
      taken = top.get();
      if (taken == null) {
        return true;
      }
      left = taken.item() == null ? new Node<>(null, null) : null;
    } while (!top.compareAndSet(taken, left));
    for (Node<T> node = taken; node != null; node = node.below()) {
      T item = node.item();
      if (item != null) {
        items.add(item);
      }
    }
    Collections.reverse(items);
    return left == null || !items.isEmpty();
  }

  /**
   * Waits until something is put in, the mailbox is closed, the time is over, or for no reason. The
   * consumer only.
   */
  public void await(long nanos) {
    waiter = Thread.currentThread();
    // Whoever puts something in after this look sees the waiter and wakes it.
    if (top.get() == null && nanos > 0) {
      LockSupport.parkNanos(this, nanos);
    }
    waiter = null;
  }
}
