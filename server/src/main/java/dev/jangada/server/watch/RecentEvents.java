package dev.jangada.server.watch;

import dev.jangada.kv.EventPage;
import dev.jangada.kv.KeyEvent;
import dev.jangada.kv.bytes.Bytes;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * What happened last, for watchers that missed only that: most of those who fall behind do so by a
 * moment, and reading the store is dear. Bounded in number and weight; the oldest events go first,
 * a revision at a time. For one thread.
 */
final class RecentEvents {

  private final int maxEvents;
  private final long maxBytes;

  /** By revision; those before {@code start} are not there any more. */
  private final List<KeyEvent> events = new ArrayList<>();

  private int start;
  private long bytes;

  /** Everything from this revision on is here. */
  private long firstRevision;

  /**
   * Holds nothing yet.
   *
   * @param revision what happens after it is to be {@linkplain #add added}
   */
  RecentEvents(int maxEvents, long maxBytes, long revision) {
    this.maxEvents = maxEvents;
    this.maxBytes = maxBytes;
    this.firstRevision = revision + 1;
  }

  /** Adds what happened since the last call, nothing left out. */
  void add(List<KeyEvent> added) {
    for (KeyEvent event : added) {
      events.add(event);
      bytes += event.weight();
    }
    while (size() > maxEvents || (bytes > maxBytes && size() > 0)) {
      dropFirstRevision();
    }
    // Seldom, so that it costs each event about one move.
    if (start > size()) {
      events.subList(0, start).clear();
      start = 0;
    }
  }

  private int size() {
    return events.size() - start;
  }

  private void dropFirstRevision() {
    long revision = events.get(start).revision();
    while (size() > 0 && events.get(start).revision() == revision) {
      bytes -= events.get(start).weight();
      start++;
    }
    firstRevision = revision + 1;
  }

  /** Forgets everything, because something was left out up to a revision. */
  void clear(long revision) {
    events.clear();
    start = 0;
    bytes = 0;
    firstRevision = revision + 1;
  }

  /** Whether everything from a revision on is here. */
  boolean has(long from) {
    return from >= firstRevision;
  }

  /**
   * As the store would have it, for a revision that {@linkplain #has is here}.
   *
   * @param last the last revision there is
   */
  EventPage page(Predicate<Bytes> keys, long from, long last, int maxLooked, long maxPageBytes) {
    List<KeyEvent> page = new ArrayList<>();
    long at = from;
    int looked = 0;
    long weight = 0;
    for (int i = firstAt(from); i < events.size(); i++) {
      KeyEvent event = events.get(i);
      if (event.revision() != at && (looked >= maxLooked || weight >= maxPageBytes)) {
        return new EventPage(page, event.revision(), 0);
      }
      at = event.revision();
      looked++;
      if (keys.test(event.keyValue().key())) {
        page.add(event);
        weight += event.weight();
      }
    }
    return new EventPage(page, last + 1, 0);
  }

  /** Where the first event is that is not before a revision. */
  private int firstAt(long revision) {
    int low = start;
    int high = events.size();
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (events.get(middle).revision() < revision) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
}
