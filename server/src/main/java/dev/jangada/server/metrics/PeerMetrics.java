package dev.jangada.server.metrics;

import dev.jangada.node.transport.TransportStatistics;
import dev.jangada.node.transport.TransportStatistics.PeerStatistics;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What passes between this member and each of the others that there are when somebody looks. */
final class PeerMetrics {

  private final MeterRegistry registry;
  private final Supplier<TransportStatistics> transport;
  private final Map<Long, List<Meter>> meters = new HashMap<>();

  PeerMetrics(MeterRegistry registry, Supplier<TransportStatistics> transport) {
    this.registry = registry;
    this.transport = transport;
    refresh();
  }

  /** Takes in those who were added, and drops those who are gone. */
  synchronized void refresh() {
    Map<Long, PeerStatistics> now =
        transport.get().peers().stream()
            .collect(Collectors.toMap(peer -> peer.peer().memberId(), peer -> peer));
    meters
        .entrySet()
        .removeIf(known -> {
          boolean gone = !now.containsKey(known.getKey());
          if (gone) {
            known.getValue().forEach(registry::remove);
          }
          return gone;
        });
    now.forEach((id, peer) -> meters.computeIfAbsent(id, added -> register(peer)));
  }

  private List<Meter> register(PeerStatistics peer) {
    long id = peer.peer().memberId();
    String name = peer.peer().name();
    return List.of(
        counter(
            "etcd_network_peer_sent_bytes_total",
            "Bytes sent to a member.",
            "To",
            name,
            id,
            PeerStatistics::sentBytes),
        counter(
            "etcd_network_peer_received_bytes_total",
            "Bytes received from a member.",
            "From",
            name,
            id,
            PeerStatistics::receivedBytes),
        counter(
            "etcd_network_peer_sent_failures_total",
            "Messages to a member that were dropped.",
            "To",
            name,
            id,
            PeerStatistics::droppedMessages),
        Gauge.builder("etcd_network_active_peers", () -> value(id, p -> p.connected() ? 1 : 0))
            .description("Whether the connection to a member is up.")
            .tag("Remote", name)
            .register(registry));
  }

  private Meter counter(
      String name,
      String what,
      String tag,
      String peer,
      long id,
      ToLongFunction<PeerStatistics> value) {
    return FunctionCounter.builder(name, this, self -> self.value(id, value))
        .description(what)
        .tag(tag, peer)
        .register(registry);
  }

  private long value(long id, ToLongFunction<PeerStatistics> value) {
    @Nullable PeerStatistics found = null;
    for (PeerStatistics peer : transport.get().peers()) {
      found = peer.peer().memberId() == id ? peer : found;
    }
    return found == null ? 0 : value.applyAsLong(found);
  }
}
