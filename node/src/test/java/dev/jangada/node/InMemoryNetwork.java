package dev.jangada.node;

import dev.jangada.node.transport.Transport;
import dev.jangada.node.transport.TransportConfig;
import dev.jangada.raft.Message;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/** Connects the nodes of one process. Messages arrive at once, or not at all. */
final class InMemoryNetwork implements Transport.Factory {
  private final Map<Long, Consumer<Message>> receivers = new ConcurrentHashMap<>();
  private final Set<Long> cutOff = ConcurrentHashMap.newKeySet();

  @Override
  public Transport open(TransportConfig config, Transport.Receiver receiver) {
    receivers.put(config.memberId(), receiver);
    return new Transport() {
      @Override
      public void send(Message message) {
        Consumer<Message> to = receivers.get(message.to());
        if (to != null && !cutOff.contains(message.from()) && !cutOff.contains(message.to())) {
          to.accept(message);
        }
      }

      @Override
      public void close() {
        receivers.remove(config.memberId(), receiver);
      }
    };
  }

  /** Lets no message to or from this member pass any more. */
  void cutOff(long member) {
    cutOff.add(member);
  }

  void reconnect(long member) {
    cutOff.remove(member);
  }
}
