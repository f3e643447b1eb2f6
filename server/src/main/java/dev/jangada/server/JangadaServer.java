package dev.jangada.server;

import dev.jangada.kv.KvStateMachine;
import dev.jangada.kv.store.HeapStore;
import dev.jangada.kv.store.RocksDbOptions;
import dev.jangada.kv.store.RocksDbStore;
import dev.jangada.kv.store.StoreException;
import dev.jangada.node.ExpelledException;
import dev.jangada.node.NodeIdentity;
import dev.jangada.node.Peer;
import dev.jangada.node.RaftNode;
import dev.jangada.node.RaftNodeBuilder;
import dev.jangada.node.transport.ConnectionSecurity;
import dev.jangada.node.transport.NettyTransport;
import dev.jangada.raft.MembershipChange.AddLearner;
import dev.jangada.raft.MembershipChange.Remove;
import dev.jangada.raft.RaftStatus;
import dev.jangada.server.ServerConfig.StoreEngine;
import dev.jangada.server.auth.AuthInterceptor;
import dev.jangada.server.auth.AuthService;
import dev.jangada.server.auth.PasswordHasher;
import dev.jangada.server.auth.Tokens;
import dev.jangada.server.call.AnswerMemory;
import dev.jangada.server.call.Headers;
import dev.jangada.server.call.Proposals;
import dev.jangada.server.call.ReadPool;
import dev.jangada.server.call.RequestDeadline;
import dev.jangada.server.http.HealthStatistics;
import dev.jangada.server.http.HttpLimits;
import dev.jangada.server.http.MonitoringPort;
import dev.jangada.server.http.Pages;
import dev.jangada.server.http.PortStatistics;
import dev.jangada.server.lease.LeaseService;
import dev.jangada.server.lease.LeaseTimer;
import dev.jangada.server.lease.Leases;
import dev.jangada.server.lock.CandidateQueue;
import dev.jangada.server.lock.ElectionService;
import dev.jangada.server.lock.LockService;
import dev.jangada.server.metrics.ServerMetrics;
import dev.jangada.server.tls.PeerTls;
import dev.jangada.server.tls.ReloadingTls;
import dev.jangada.server.tls.TlsFiles;
import dev.jangada.server.upkeep.Alarms;
import dev.jangada.server.upkeep.AutoCompactor;
import dev.jangada.server.upkeep.CorruptionCheck;
import dev.jangada.server.upkeep.SlowDisk;
import dev.jangada.server.upkeep.SpaceQuota;
import dev.jangada.server.upkeep.Upkeep;
import dev.jangada.server.watch.WatchHub;
import dev.jangada.server.watch.WatchService;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One member of the store: accepts clients, takes part in replicating their writes, and keeps a
 * copy of the data.
 *
 * <p>In its data directory:
 *
 * <pre>
 * member/wal   the replicated log with term and vote, see WriteAheadLog
 * member/kv    the keys and their versions in RocksDB, see KvStateMachine; not with the heap engine
 * fixtures     certificates that the member has made for itself, if it was told to
 * </pre>
 *
 * <p>Neither log nor keys are of use without the other, and both belong to one member: a copy of
 * them under way elsewhere is a second member of the same name, which breaks what the cluster
 * promises.
 *
 * <p>Safe for use by several threads.
 */
public final class JangadaServer implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(JangadaServer.class);

  private static final long WRITE_BUFFER_BYTES = 32L << 20;

  private final ServerConfig config;
  private final RaftNode node;
  private final Deque<Runnable> parts;
  private final AtomicBoolean closed = new AtomicBoolean();

  private JangadaServer(ServerConfig config, RaftNode node, Deque<Runnable> parts) {
    this.config = config;
    this.node = node;
    this.parts = parts;
  }

  /**
   * Starts a member. When this returns it accepts clients; requests that need a leader wait until
   * there is one.
   *
   * @throws ConfigException if the data directory contradicts the configuration, or the cluster
   *     that the member is to join does not know it
   * @throws IOException if the data directory cannot be used, or an address not be listened on
   * @throws RuntimeException for which {@link #isExpelled} holds, if the others refuse the member
   *     for good before it has started
   */
  public static JangadaServer start(ServerConfig config) throws IOException {
    // What has been started, the newest first: the order in which it is to be closed.
    Deque<Runnable> parts = new ArrayDeque<>();
    AtomicReference<@Nullable RaftNode> started = new AtomicReference<>();
    try {
      return start(config, parts, started);
    } catch (IOException e) {
      parts.forEach(Runnable::run);
      throw e;
    } catch (RuntimeException e) {
      parts.forEach(Runnable::run);
      throw reason(started.get(), e);
    }
  }

  /** If the node, closed by now, was expelled, that is why the rest could not start. */
  private static RuntimeException reason(@Nullable RaftNode node, RuntimeException failure) {
    CompletableFuture<@Nullable Void> end =
        node == null ? CompletableFuture.completedFuture(null) : node.whenStopped();
    return end.isCompletedExceptionally() && end.exceptionNow() instanceof ExpelledException why
        ? why
        : failure;
  }

  private static JangadaServer start(
      ServerConfig config, Deque<Runnable> parts, AtomicReference<@Nullable RaftNode> started)
      throws IOException {
    Path directory = config.dataDirectory().resolve("member");
    ConnectionSecurity security = peerSecurity(config);
    NodeIdentity identity = new MemberIdentity(config, security).find(directory);
    Files.createDirectories(directory);
    if (config.forceNewCluster()) {
      forceNewCluster(config, directory, identity, security);
    }
    KvStateMachine store = openStore(config, directory);
    parts.push(store::close);
    WatchHub watchHub =
        new WatchHub(config.name(), store, config.clients().watchProgressInterval());
    parts.push(watchHub::close);
    ServerMetrics metrics = new ServerMetrics();
    parts.push(metrics::close);
    RaftNode node = startNode(nodeBuilder(config, directory, identity), security, store, metrics);
    parts.push(node::close);
    started.set(node);
    CorruptionCheck corruption =
        new CorruptionCheck(config.name(), config.corruptCheckInterval(), node, store);
    parts.push(corruption::close);
    if (config.initialCorruptCheck()) {
      refuseIfCorrupt(config, corruption);
    }
    ReadPool readPool = new ReadPool(config.name(), config.readThreads());
    parts.push(readPool::close);

    Headers headers = new Headers(node);
    RequestDeadline deadline = new RequestDeadline(config.name(), config.requestTimeout());
    parts.push(deadline::close);
    SpaceQuota quota = new SpaceQuota(config.quotaBackendBytes(), store::sizeInBytes);
    Alarms alarms = new Alarms(node, store, quota, config.requestTimeout());
    AutoCompactor compactor = new AutoCompactor(config.autoCompaction(), node, store);
    SlowDisk disk = new SlowDisk(() -> node.statistics().log());
    Upkeep upkeep =
        new Upkeep(
            config.name(), List.of(alarms::look, compactor::look, disk::look, corruption::look));
    parts.push(upkeep::close);
    Proposals proposals = new Proposals(node, alarms);
    Leases leases = new Leases(config.electionTimeout());
    Tokens tokens = openTokens(config);
    PasswordHasher passwords = new PasswordHasher(config.name(), config.auth().bcryptCost());
    parts.push(passwords::close);
    LeaseTimer leaseTimer = new LeaseTimer(config.name(), node, store);
    parts.push(leaseTimer::close);
    Members members = new Members(config);
    Health health = new Health(members);
    CompletableFuture<@Nullable Void> stopped = node.whenStopped();
    LeaderRequiringStreams streams =
        new LeaderRequiringStreams(config.name(), config.electionTimeout());
    parts.push(streams::close);
    CandidateQueue queue =
        new CandidateQueue(store, watchHub, proposals, leases, readPool, deadline);
    PortStatistics port = new PortStatistics();
    AnswerMemory memory = new AnswerMemory(config.answerMemoryBytes());
    metrics.addIdentity(MaintenanceService.API_VERSION, Members.format(node.memberId()));
    metrics.addNode(node);
    metrics.addStore(store);
    metrics.addQuota(config.quotaBackendBytes(), store);
    metrics.addWatches(watchHub);
    metrics.addPort(port);
    HealthStatistics healthStatistics = new HealthStatistics();
    metrics.addHealth(healthStatistics);
    node.addListener(metrics);
    TlsFiles clientTls = config.clientTls();
    boolean certificatesName = clientTls != null && clientTls.requireClientCertificate();
    HealthCheck healthCheck = new HealthCheck(config.name(), node, store, alarms);
    parts.push(healthCheck::close);
    Pages pages =
        new Pages(
            config.name(),
            MaintenanceService.API_VERSION,
            healthCheck,
            healthStatistics,
            metrics,
            readPool);
    ClientTls tls = ClientTls.read(config);
    ClientListener listener =
        ClientListener.start(
            config,
            tls.at(config.listenClientUrls()),
            pages,
            port,
            memory,
            metrics,
            new InterceptorChain(
                new AvailabilityInterceptor(
                    stopped::isDone, () -> node.status().leader() != 0, streams),
                new AuthInterceptor(node::readIndex, store, tokens, readPool, certificatesName)),
            List.of(
                new KvService(node, proposals, store, readPool, headers, deadline, memory, config),
                new WatchService(watchHub, store, headers, config.maxRequestBytes()),
                new LeaseService(node, store, proposals, leases, readPool, headers, deadline),
                new AuthService(
                    node, store, proposals, readPool, headers, deadline, passwords, tokens),
                new LockService(queue, proposals, headers, deadline),
                new ElectionService(queue, node, store, watchHub, readPool, headers, deadline),
                new ClusterService(node, store, readPool, headers, deadline, members),
                new MaintenanceService(
                    node, store, readPool, headers, proposals, deadline, alarms)),
            List.of(health.service(), ProtoReflectionServiceV1.newInstance()));
    parts.push(listener::close);
    openMonitoringPort(config, tls, pages, port, parts);
    // Before the listener, which otherwise gives the streams time that they have no use for.
    parts.push(watchHub::close);
    MemberPublisher publisher = new MemberPublisher(node, store, readPool, config);
    parts.push(publisher::close);
    publisher.start();
    node.addListener(health);
    node.addListener(streams);
    parts.push(health::close);
    var unused = stopped.whenComplete((done, failure) -> health.close());
    LOG.info(
        "serving: member={} id={} cluster={} clients={} metrics={} peers={} data={} revision={}",
        config.name(),
        Members.format(node.memberId()),
        Members.format(node.clusterId()),
        config.listenClientUrls(),
        config.listenMetricsUrls(),
        config.listenPeerUrl(),
        config.dataDirectory().toAbsolutePath(),
        store.revision());
    return new JangadaServer(config, node, parts);
  }

  private static void openMonitoringPort(
      ServerConfig config,
      ClientTls tls,
      Pages pages,
      PortStatistics statistics,
      Deque<Runnable> parts)
      throws IOException {
    List<URI> urls = config.listenMetricsUrls();
    if (urls.isEmpty()) {
      return;
    }
    try {
      MonitoringPort port =
          MonitoringPort.open(
              config.name(),
              urls.stream().map(ClientListener::address).toList(),
              pages,
              HttpLimits.forMessagesUpTo(config.maxMessageBytes()),
              statistics,
              tls.at(urls));
      parts.push(port::close);
    } catch (IOException e) {
      throw new IOException(
          "cannot listen on --listen-metrics-urls %s: %s".formatted(urls, e.getMessage()), e);
    }
  }

  private static void refuseIfCorrupt(ServerConfig config, CorruptionCheck corruption)
      throws IOException {
    String objection = corruption.objectionToServing();
    if (objection != null) {
      throw new IOException(
          "--experimental-initial-corrupt-check: %s does not serve: %s"
              .formatted(config.name(), objection));
    }
  }

  private static Tokens openTokens(ServerConfig config) throws IOException {
    try {
      return config.auth().tokens().open(config.auth().simpleTokenTtl(), InstantSource.system());
    } catch (IllegalArgumentException e) {
      throw new ConfigException("--auth-token: " + e.getMessage());
    } catch (IOException e) {
      throw new IOException("--auth-token: a key cannot be read: " + e.getMessage(), e);
    }
  }

  private static KvStateMachine openStore(ServerConfig config, Path directory) throws IOException {
    try {
      return new KvStateMachine(
          switch (config.storeEngine()) {
            case ROCKSDB ->
                RocksDbStore.open(
                    RocksDbOptions.in(directory.resolve("kv"))
                        .withMemory(config.blockCacheBytes(), WRITE_BUFFER_BYTES));
            case HEAP -> HeapStore.inMemory();
          });
    } catch (StoreException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  private static ConnectionSecurity peerSecurity(ServerConfig config) throws IOException {
    TlsFiles files = config.peerTls();
    if (files == null) {
      return ConnectionSecurity.NONE;
    }
    if (files.selfSigned() != null) {
      LOG.warn(
          "connections between members are encrypted, but not verified: whoever reaches {} can act"
              + " as a member (--peer-auto-tls)",
          config.listenPeerUrl());
    }
    return new PeerTls(ReloadingTls.read("peers", files));
  }

  private static RaftNode startNode(
      RaftNodeBuilder builder,
      ConnectionSecurity security,
      KvStateMachine store,
      ServerMetrics metrics)
      throws IOException {
    return builder
        .stateMachine(store)
        .transport((settings, receiver) -> {
          NettyTransport transport = NettyTransport.open(settings, security, receiver);
          metrics.addTransport(transport::statistics);
          return transport;
        })
        .start();
  }

  private static RaftNodeBuilder nodeBuilder(
      ServerConfig config, Path directory, @Nullable NodeIdentity identity) {
    RaftNodeBuilder builder = nodeBuilder(config, directory);
    return identity == null ? builder : builder.identity(identity);
  }

  /** Makes the member that is not started yet the only one of its cluster. */
  private static void forceNewCluster(
      ServerConfig config,
      Path directory,
      @Nullable NodeIdentity identity,
      ConnectionSecurity security)
      throws IOException {
    try (KvStateMachine store = openStore(config, directory)) {
      nodeBuilder(config, directory, identity).stateMachine(store).forceNewCluster(security);
    } catch (IllegalStateException e) {
      throw new ConfigException("--force-new-cluster: " + e.getMessage());
    }
  }

  /**
   * The node of a member, all but its state machine.
   *
   * @param directory where the member's log is to be
   */
  static RaftNodeBuilder nodeBuilder(ServerConfig config, Path directory) {
    List<Peer> peers =
        config.initialCluster().entrySet().stream()
            .map(member ->
                new Peer(
                    member.getKey(),
                    ClientListener.host(member.getValue()),
                    member.getValue().getPort()))
            .toList();
    return RaftNode.builder()
        .id(config.name())
        .cluster(config.clusterName())
        .peers(peers)
        .listen(ClientListener.host(config.listenPeerUrl()), config.listenPeerUrl().getPort())
        .dataDirectory(directory)
        .transport(NettyTransport::open)
        .heartbeatInterval(config.heartbeatInterval())
        .electionTimeout(config.electionTimeout())
        .requestTimeout(config.requestTimeout())
        .leaseReads(config.leaseReads())
        // The store's encoding of a request may be a little longer than the client's.
        .maxEntryBytes(config.maxMessageBytes())
        // RocksDB is durable by itself: snapshots are made only for members that need one.
        .snapshotEntries(config.storeEngine() == StoreEngine.HEAP ? config.snapshotCount() : 0)
        .retainedEntries(config.snapshotCount())
        .logSegmentBytes(config.logSegmentBytes());
  }

  /** The settings it was started with. */
  public ServerConfig config() {
    return config;
  }

  /** The number by which members and clients know this member; compared unsigned. */
  public long memberId() {
    return node.memberId();
  }

  /** The state of consensus as this member sees it. */
  public RaftStatus status() {
    return node.status();
  }

  /**
   * Done when the cluster has a leader, and this member has all that was acknowledged when this was
   * asked. Fails if that takes longer than a request may.
   */
  public CompletableFuture<@Nullable Void> whenReady() {
    return node.readIndex().thenApply(index -> null);
  }

  /**
   * Adds a member to the cluster, by way of whichever member leads. It votes as soon as it has been
   * started, with {@link ServerConfig.InitialClusterState#EXISTING}, and has caught up.
   *
   * @param peerUrl where it is to be reached by the others; of no other member
   * @return its number; fails if no leader is found in time, or it refuses
   * @throws IllegalArgumentException if members of this cluster cannot have such a URL
   */
  public CompletableFuture<Long> addMember(URI peerUrl) {
    String address;
    try {
      address = new Members(config).address(List.of(peerUrl.toString()));
    } catch (StatusRuntimeException e) {
      throw new IllegalArgumentException(peerUrl + " cannot be a peer URL of this cluster", e);
    }
    return node.readIndex()
        .thenCompose(index -> {
          long id = Members.newId(node.membership());
          return node.changeMembership(List.of(new AddLearner(id, address, true)))
              .thenApply(changed -> id);
        });
  }

  /**
   * Removes a member from the cluster for good, by way of whichever member leads: also this one.
   *
   * @param memberId its number, see {@link #memberId}
   * @return done when that is so; fails if no leader is found in time, or it refuses
   */
  public CompletableFuture<@Nullable Void> removeMember(long memberId) {
    return node.changeMembership(List.of(new Remove(memberId))).thenApply(changed -> null);
  }

  /**
   * Done when the member has stopped: normally after {@link #close}, exceptionally when it cannot
   * go on, for example because its disk has failed. It then refuses all requests, and all that is
   * left to do is to close it and to look into the reason.
   */
  public CompletableFuture<@Nullable Void> whenStopped() {
    return node.whenStopped();
  }

  /**
   * Whether a member has stopped for this reason because the others will never take it for one of
   * them again: to start it anew is of no use.
   *
   * @param failure of {@link #whenStopped}, or of {@link #start}
   */
  public static boolean isExpelled(Throwable failure) {
    return failure instanceof ExpelledException;
  }

  /**
   * Stops: accepts no more requests, lets those under way end within half a second, and closes log
   * and store. Blocks until that is done. Does nothing when called again.
   */
  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      LOG.info("stopping: member={}", config.name());
      parts.forEach(Runnable::run);
      LOG.info("stopped: member={}", config.name());
    }
  }
}
