package dev.jangada.raft.interaction;

import dev.jangada.raft.Message;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;

/** A queue of messages for each direction between two nodes; nothing moves by itself. */
final class StoryNetwork {

  record Link(long from, long to) {
    @Override
    public String toString() {
      return from + "->" + to;
    }
  }

  private final Consumer<String> trace;
  private final TreeMap<Link, ArrayDeque<Message>> links =
      new TreeMap<>(Comparator.comparingLong(Link::from).thenComparingLong(Link::to));
  private final Set<Link> cut = new HashSet<>();

  StoryNetwork(Consumer<String> trace) {
    this.trace = trace;
  }

  void send(Message message) {
    Link link = new Link(message.from(), message.to());
    if (cut.contains(link)) {
      trace.accept("  " + Text.of(message) + " is lost");
    } else {
      trace.accept("  " + Text.of(message));
      queue(link).add(message);
    }
  }

  ArrayDeque<Message> queue(Link link) {
    return links.computeIfAbsent(link, unused -> new ArrayDeque<>());
  }

  /** The links that have messages, in the order of sender and receiver. */
  List<Link> busy() {
    return links.entrySet().stream()
        .filter(entry -> !entry.getValue().isEmpty())
        .map(Map.Entry::getKey)
        .toList();
  }

  void cut(Link link) {
    cut.add(link);
    queue(link).clear();
  }

  void heal() {
    cut.clear();
  }
}
