package dev.jangada.simulation;

import dev.jangada.kv.EventListener;
import dev.jangada.kv.EventPage;
import dev.jangada.kv.KeyEvent;
import dev.jangada.kv.KvStateMachine;
import java.util.ArrayList;
import java.util.List;

/**
 * Hears what a key-value store tells of its changes, as a watcher does: each revision is told once,
 * in order and whole, and just as the store tells it to whoever asks for it later.
 */
final class WatchedEvents implements EventListener {

  private final KvStateMachine machine;
  private long revision;

  /** For a machine that has just started. */
  WatchedEvents(KvStateMachine machine) {
    this.machine = machine;
    this.revision = machine.revision();
  }

  /** Begins to listen. */
  void listen() {
    machine.listen(this);
  }

  @Override
  public void committed(long newRevision, List<KeyEvent> events) {
    long told = revision;
    for (KeyEvent event : events) {
      if (event.revision() != told && event.revision() != told + 1) {
        throw new AssertionError(
            "watchers are told of revision " + event.revision() + " after " + told);
      }
      told = event.revision();
    }
    if (told != newRevision) {
      throw new AssertionError(
          "watchers are told of " + told + ", and the revision is " + newRevision);
    }
    if (newRevision > revision) {
      compareWithHistory(revision + 1, events);
    }
    revision = newRevision;
  }

  @Override
  public void restored(long newRevision) {
    revision = newRevision;
  }

  private void compareWithHistory(long from, List<KeyEvent> events) {
    EventPage page = machine.events(key -> true, from, Integer.MAX_VALUE, Long.MAX_VALUE);
    if (page.compactedRevision() > from) {
      return;
    }
    List<KeyEvent> later = withoutPrevious(page.events());
    List<KeyEvent> now = withoutPrevious(events);
    if (!later.equals(now)) {
      throw new AssertionError(
          "watchers are told " + now + ", and who asks for it later is told " + later);
    }
  }

  /** Without the versions before, which may have been compacted since. */
  private static List<KeyEvent> withoutPrevious(List<KeyEvent> events) {
    List<KeyEvent> stripped = new ArrayList<>();
    for (KeyEvent event : events) {
      stripped.add(new KeyEvent(event.delete(), event.keyValue(), null));
    }
    return stripped;
  }
}
