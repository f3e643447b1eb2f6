package dev.jangada.server.metrics;

import dev.jangada.kv.KvStateMachine;
import dev.jangada.kv.command.AlarmType;
import dev.jangada.node.NodeStatistics;
import dev.jangada.node.RaftNode;
import dev.jangada.node.driver.LeadershipListener;
import dev.jangada.node.transport.TransportStatistics;
import dev.jangada.raft.RaftStatus;
import dev.jangada.server.http.HealthStatistics;
import dev.jangada.server.http.Pages;
import dev.jangada.server.http.PortStatistics;
import dev.jangada.server.watch.WatchHub;
import io.grpc.ServerInterceptor;
import io.grpc.ServerStreamTracer;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * The figures of one member, under the names that etcd gives them where they mean the same, so that
 * dashboards made for etcd work, and otherwise under names that begin with {@code jangada_}. Most
 * are not kept here but asked for when somebody looks.
 *
 * <p>Safe for use by several threads.
 */
public final class ServerMetrics implements Pages.MetricsPage, LeadershipListener, AutoCloseable {

  private static final String TEXT = "text/plain; version=0.0.4; charset=utf-8";
  private static final String OPEN_METRICS =
      "application/openmetrics-text; version=1.0.0; charset=utf-8";

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final CallMetrics calls = new CallMetrics(registry);
  private final JvmGcMetrics garbageCollection = new JvmGcMetrics();
  private final LongAdder leaderChanges = new LongAdder();

  private volatile @Nullable PeerMetrics peers;

  /** Only the thread that tells of changes uses it. */
  private long lastLeader;

  /** Starts with what concerns every process. */
  public ServerMetrics() {
    new JvmMemoryMetrics().bindTo(registry);
    new JvmThreadMetrics().bindTo(registry);
    new ClassLoaderMetrics().bindTo(registry);
    garbageCollection.bindTo(registry);
    ProcessMetrics.register(registry);
    count("etcd_server_leader_changes_seen_total", "Changes of leader seen.", leaderChanges::sum);
  }

  /** Counts the calls that pass through it. */
  public ServerInterceptor interceptor() {
    return calls;
  }

  /** Counts the bytes of calls on the wire. */
  public ServerStreamTracer.Factory streamTracers() {
    return calls.tracers();
  }

  /**
   * Adds versions and identity.
   *
   * @param apiVersion the version of etcd whose API this is
   * @param memberId as etcd writes it
   */
  public void addIdentity(String apiVersion, String memberId) {
    constant("etcd_server_version", "Which version is running.", "server_version", apiVersion);
    constant(
        "etcd_cluster_version",
        "Which version the cluster offers.",
        "cluster_version",
        apiVersion.substring(0, apiVersion.lastIndexOf('.')));
    constant("etcd_server_id", "Id of this member.", "server_id", memberId);
  }

  /** Adds what the replicated log tells. */
  public void addNode(RaftNode node) {
    status(node, "etcd_server_has_leader", "Whether a leader is known.", s -> s.leader() != 0);
    status(node, "etcd_server_is_leader", "Whether this member leads.", s -> s.leader() == s.id());
    countStatus(
        node,
        "etcd_server_proposals_committed_total",
        "Entries of the log that are committed.",
        RaftStatus::committed);
    countStatus(
        node,
        "etcd_server_proposals_applied_total",
        "Entries of the log that are applied.",
        RaftStatus::applied);
    gauge("jangada_raft_term", "The current term.", () -> node.status().term());
    gauge(
        "jangada_raft_log_entries",
        "Entries in the log.",
        () -> {
          RaftStatus status = node.status();
          return status.last().index() - status.base().index();
        });
    gauge(
        "jangada_pending_request_bytes",
        "Weight of the requests that have no outcome yet.",
        () -> node.statistics().pendingBytes());
    statistic(
        node,
        "jangada_raft_messages_received_total",
        "Messages taken in from members.",
        NodeStatistics::messagesReceived);
    statistic(
        node,
        "jangada_raft_messages_dropped_total",
        "Messages from members dropped because too many were waiting.",
        NodeStatistics::messagesDropped);
    statistic(
        node,
        "etcd_disk_wal_write_bytes_total",
        "Bytes written to the log.",
        statistics -> statistics.log().bytes());
    statistic(
        node,
        "jangada_wal_syncs_total",
        "Syncs of the log, those of new segments included.",
        statistics -> statistics.log().syncs());
    gauge(
        "jangada_wal_segments",
        "Segments of the log on disk.",
        () -> node.statistics().log().segments());
    registry
        .getPrometheusRegistry()
        .register(new SyncDurationCollector(() -> node.statistics().log()));
    statistic(
        node,
        "jangada_snapshots_sent_total",
        "Snapshots sent to members that were away too long.",
        statistics -> statistics.snapshots().sent());
    statistic(
        node,
        "jangada_snapshots_installed_total",
        "Snapshots of another member that have replaced this one's state.",
        statistics -> statistics.snapshots().installed());
  }

  /** Adds what the key-value store tells. */
  public void addStore(KvStateMachine store) {
    gauge(
        "etcd_mvcc_db_total_size_in_bytes",
        "Bytes that the store takes up, on disk and in buffers.",
        store::sizeInBytes);
    gauge(
        "etcd_mvcc_db_total_size_in_use_in_bytes",
        "The same: no space is kept that is not used.",
        store::sizeInBytes);
    gauge("etcd_debugging_mvcc_current_revision", "The store's current revision.", store::revision);
    gauge(
        "etcd_debugging_mvcc_compact_revision",
        "The revision up to which the store was compacted last.",
        store::compactedRevision);
    for (String name : store.metrics().keySet()) {
      gauge(
          "jangada_store_" + name.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9_]", "_"),
          "The store's " + name + ".",
          () -> store.metrics().getOrDefault(name, 0L));
    }
  }

  /** Adds what those who watch are told. */
  public void addWatches(WatchHub hub) {
    gaugeCalledTotal(
        "etcd_debugging_mvcc_watch_stream_total",
        "Streams that have watchers.",
        () -> hub.statistics().receivers());
    gaugeCalledTotal(
        "etcd_debugging_mvcc_watcher_total", "Watchers.", () -> hub.statistics().watchers());
    gaugeCalledTotal(
        "etcd_debugging_mvcc_slow_watcher_total",
        "Watchers that have not been told of everything yet.",
        () -> hub.statistics().slow());
    count(
        "etcd_debugging_mvcc_events_total",
        "Events told to watchers.",
        () -> hub.statistics().events());
    count(
        "jangada_watch_pages_total",
        "Pages of the store's history read for slow watchers.",
        () -> hub.statistics().pages());
  }

  /**
   * Adds the quota, and the alarms that it may raise.
   *
   * @param quotaBytes 0 for none
   */
  public void addQuota(long quotaBytes, KvStateMachine store) {
    gauge(
        "etcd_server_quota_backend_bytes",
        "How large the store may become; 0 if that is not limited.",
        () -> quotaBytes);
    for (AlarmType type : AlarmType.values()) {
      Gauge.builder(
              "jangada_alarms",
              () -> store.alarms().stream().filter(alarm -> alarm.type() == type).count())
          .description("How many members have raised an alarm.")
          .tag("type", type.name())
          .register(registry);
    }
  }

  /**
   * Adds what passes between the members.
   *
   * @param transport what it has done, at the moment of asking
   */
  public void addTransport(Supplier<TransportStatistics> transport) {
    count(
        "jangada_peer_connections_refused_total",
        "Connections at the members' port refused: another cluster, version or member.",
        () -> transport.get().refused());
    count(
        "jangada_peer_connections_malformed_total",
        "Connections at the members' port closed because of rubbish.",
        () -> transport.get().malformed());
    peers = new PeerMetrics(registry, transport);
  }

  /** Adds what came in at the clients' port. */
  public void addPort(PortStatistics port) {
    Arrays.stream(PortStatistics.Event.values())
        .forEach(event ->
            FunctionCounter.builder(
                    "jangada_client_port_events_total", port, statistics -> statistics.count(event))
                .description(
                    "Connections and requests at the clients' port, and trouble with them.")
                .tag("event", event.name().toLowerCase(Locale.ROOT))
                .register(registry));
  }

  /** Adds what came out when somebody asked for this member's health. */
  public void addHealth(HealthStatistics health) {
    gauge(
        "etcd_server_health_success",
        "How often the page /health was answered with yes.",
        health::healthy);
    gauge(
        "etcd_server_health_failures",
        "How often the page /health was answered with no.",
        health::unhealthy);
    for (HealthStatistics.Tally tally : health.tallies()) {
      checks(tally, "success", HealthStatistics.Tally::succeeded);
      checks(tally, "error", HealthStatistics.Tally::failed);
    }
    registry.getPrometheusRegistry().register(() -> lastChecks(health));
  }

  private void checks(
      HealthStatistics.Tally tally, String status, ToDoubleFunction<HealthStatistics.Tally> count) {
    FunctionCounter.builder("etcd_server_healthchecks_total", tally, count)
        .description("Checks of the pages /livez and /readyz, by outcome.")
        .tags("type", tally.page(), "name", tally.check(), "status", status)
        .register(registry);
  }

  /** Only what somebody has asked for: nobody knows how the others would come out. */
  private static GaugeSnapshot lastChecks(HealthStatistics health) {
    GaugeSnapshot.Builder last =
        GaugeSnapshot.builder()
            .name("etcd_server_healthcheck")
            .help("Whether a check of the pages /livez and /readyz succeeded the last time.");
    for (HealthStatistics.Tally tally : health.tallies()) {
      Boolean success = tally.last();
      if (success != null) {
        last.dataPoint(
            GaugeDataPointSnapshot.builder()
                .labels(Labels.of("type", tally.page(), "name", tally.check()))
                .value(success ? 1 : 0)
                .build());
      }
    }
    return last.build();
  }

  @Override
  public void leadershipChanged(long leader, long term, boolean isLeader) {
    if (leader != 0 && leader != lastLeader) {
      lastLeader = leader;
      leaderChanges.increment();
    }
  }

  @Override
  public Text write(String accept) {
    String type = accept.contains("application/openmetrics-text") ? OPEN_METRICS : TEXT;
    PeerMetrics known = peers;
    if (known != null) {
      known.refresh();
    }
    return new Text(type, registry.scrape(type));
  }

  @Override
  public void close() {
    garbageCollection.close();
    registry.close();
  }

  /** Adds a figure that may fall. */
  public void gauge(String name, String what, Supplier<Number> value) {
    Gauge.builder(name, value).description(what).register(registry);
  }

  /**
   * Adds a figure that may fall although its name, which is etcd's, ends like that of a counter.
   * Micrometer would take the ending off.
   */
  private void gaugeCalledTotal(String name, String what, IntSupplier value) {
    registry
        .getPrometheusRegistry()
        .register(() ->
            GaugeSnapshot.builder()
                .name(name)
                .help(what)
                .dataPoint(GaugeDataPointSnapshot.builder().value(value.getAsInt()).build())
                .build());
  }

  private interface Flag {
    boolean of(RaftStatus status);
  }

  private void status(RaftNode node, String name, String what, Flag flag) {
    gauge(name, what, () -> flag.of(node.status()) ? 1 : 0);
  }

  private void countStatus(
      RaftNode node, String name, String what, ToLongFunction<RaftStatus> value) {
    count(name, what, () -> value.applyAsLong(node.status()));
  }

  private void statistic(
      RaftNode node, String name, String what, ToLongFunction<NodeStatistics> value) {
    count(name, what, () -> value.applyAsLong(node.statistics()));
  }

  private void count(String name, String what, Supplier<Long> value) {
    // Meters hold weakly what they ask: something that lives as long as they do.
    FunctionCounter.builder(name, this, self -> value.get()).description(what).register(registry);
  }

  private void constant(String name, String what, String tag, String value) {
    Gauge.builder(name, () -> 1).description(what).tag(tag, value).register(registry);
  }
}
