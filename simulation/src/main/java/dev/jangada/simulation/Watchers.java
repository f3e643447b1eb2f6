package dev.jangada.simulation;

import dev.jangada.node.driver.LogWriter;
import dev.jangada.node.request.StartResult;
import dev.jangada.raft.Entry;
import dev.jangada.raft.EntryId;
import dev.jangada.raft.Message;
import dev.jangada.raft.RaftStatus;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Tells properties what happens: each only of what it has a method for. Most properties have one or
 * two of them, and what all others ignore happens millions of times in a run.
 */
final class Watchers {

  private Property[] started = {};
  private Property[] crashed = {};
  private Property[] turned = {};
  private Property[] clockChanged = {};
  private Property[] proposed = {};
  private Property[] writing = {};
  private Property[] sent = {};
  private Property[] received = {};
  private Property[] applied = {};
  private Property[] captured = {};
  private Property[] restored = {};

  /** All of them, in the order in which they are told. */
  private final List<Property> properties = new ArrayList<>();

  /** Has more properties watch, after those before. */
  void add(List<Property> more) {
    properties.addAll(more);
    this.started = those("started");
    this.crashed = those("crashed");
    this.turned = those("turned");
    this.clockChanged = those("clockChanged");
    this.proposed = those("proposed");
    this.writing = those("writing");
    this.sent = those("sent");
    this.received = those("received");
    this.applied = those("applied");
    this.captured = those("captured");
    this.restored = those("restored");
  }

  /** The properties that have a method of their own in place of that of the interface. */
  private Property[] those(String method) {
    return properties.stream()
        .filter(property ->
            Arrays.stream(property.getClass().getMethods())
                .anyMatch(own ->
                    own.getName().equals(method)
                        && !own.getDeclaringClass().equals(Property.class)))
        .toArray(Property[]::new);
  }

  /** The run is over. */
  void ended(List<? extends ObservedNode> nodes) {
    properties.forEach(property -> property.ended(nodes));
  }

  /** All is well, and clients are silent. */
  void calm(long now) {
    properties.forEach(property -> property.calm(now));
  }

  void clockChanged(ObservedNode node) {
    for (Property property : clockChanged) {
      property.clockChanged(node);
    }
  }

  void proposed(ObservedNode node, byte[] command, StartResult where) {
    for (Property property : proposed) {
      property.proposed(node, command, where);
    }
  }

  void started(ObservedNode node) {
    for (Property property : started) {
      property.started(node);
    }
  }

  void crashed(ObservedNode node) {
    for (Property property : crashed) {
      property.crashed(node);
    }
  }

  void turned(ObservedNode node, RaftStatus status) {
    for (Property property : turned) {
      property.turned(node, status);
    }
  }

  void writing(ObservedNode node, LogWriter.Write write) {
    for (Property property : writing) {
      property.writing(node, write);
    }
  }

  void sent(ObservedNode node, Message message) {
    for (Property property : sent) {
      property.sent(node, message);
    }
  }

  void received(ObservedNode node, Message message) {
    for (Property property : received) {
      property.received(node, message);
    }
  }

  void applied(ObservedNode node, Entry entry, byte[] result) {
    for (Property property : applied) {
      property.applied(node, entry, result);
    }
  }

  void captured(ObservedNode node, long index) {
    for (Property property : captured) {
      property.captured(node, index);
    }
  }

  void restored(ObservedNode node, EntryId last) {
    for (Property property : restored) {
      property.restored(node, last);
    }
  }
}
