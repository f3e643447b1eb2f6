package dev.jangada.server;

import dev.jangada.server.call.AnswerMemory;
import dev.jangada.server.call.RequestMemory;
import dev.jangada.server.http.Gateway;
import dev.jangada.server.http.HttpLimits;
import dev.jangada.server.http.Pages;
import dev.jangada.server.http.PortStatistics;
import dev.jangada.server.http.SharedPort;
import dev.jangada.server.http.TlsSource;
import dev.jangada.server.metrics.ServerMetrics;
import io.grpc.BindableService;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.ServerBuilder;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Where clients come in: gRPC and HTTP on the addresses of {@link ServerConfig#listenClientUrls}.
 *
 * <p>What comes over HTTP is turned into calls of a second server, inside this process, that has
 * the same services and the same interceptors.
 *
 * <p>Requests are handed to the services on the threads of the connections, with no hop to another
 * thread in between, which costs more than most requests do. So services must not wait.
 */
final class ClientListener implements AutoCloseable {

  private static final int FLOW_CONTROL_WINDOW_BYTES = 1 << 20;

  /** How long requests under way are given when the listener is closed. */
  private static final int DRAIN_MILLIS = 500;

  private static final int FORCED_CLOSE_SECONDS = 5;

  /** Threads that turn requests over HTTP into calls. */
  private static final int JSON_THREADS = 2;

  private final EventLoopGroup eventLoops;
  private final Server server;
  private final Server inside;
  private final ManagedChannel gatewayChannel;
  private final Gateway gateway;

  private ClientListener(
      EventLoopGroup eventLoops,
      Server server,
      Server inside,
      ManagedChannel gatewayChannel,
      Gateway gateway) {
    this.eventLoops = eventLoops;
    this.server = server;
    this.inside = inside;
    this.gatewayChannel = gatewayChannel;
    this.gateway = gateway;
  }

  /**
   * Starts to accept clients.
   *
   * @param tls how connections are secured
   * @param pages what is served over HTTP beside the API
   * @param statistics counts connections and requests
   * @param memory what answers in JSON may hold
   * @param metrics counts calls
   * @param guarded services that the interceptor stands before
   * @param unguarded services that are always served
   * @throws IOException if an address cannot be listened on
   */
  static ClientListener start(
      ServerConfig config,
      TlsSource tls,
      Pages pages,
      PortStatistics statistics,
      AnswerMemory memory,
      ServerMetrics metrics,
      ServerInterceptor guard,
      List<BindableService> guarded,
      List<BindableService> unguarded)
      throws IOException {
    List<InetSocketAddress> addresses =
        config.listenClientUrls().stream().map(ClientListener::address).toList();
    boolean epoll = Epoll.isAvailable();
    IoHandlerFactory io = epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
    Class<? extends ServerChannel> channel =
        epoll ? EpollServerSocketChannel.class : NioServerSocketChannel.class;
    EventLoopGroup eventLoops =
        new MultiThreadIoEventLoopGroup(
            config.ioThreads(),
            new DefaultThreadFactory("jangada-" + config.name() + "-client", true),
            io);
    String inside = InProcessServerBuilder.generateName();
    ManagedChannel gatewayChannel =
        InProcessChannelBuilder.forName(inside).directExecutor().build();
    HttpLimits limits = HttpLimits.forMessagesUpTo(config.maxMessageBytes());
    RequestMemory requestMemory = requestMemory(limits);
    Gateway gateway =
        new Gateway(config.name(), gatewayChannel, limits, requestMemory, memory, JSON_THREADS);
    MessageLimit messageLimit = new MessageLimit(config.maxMessageBytes());
    UnfinishedCalls unfinished = new UnfinishedCalls(requestMemory, statistics);
    NettyServerBuilder builder =
        NettyServerBuilder.forAddress(addresses.get(0))
            .bossEventLoopGroup(eventLoops)
            .workerEventLoopGroup(eventLoops)
            .channelType(channel)
            .directExecutor()
            .addStreamTracerFactory(metrics.streamTracers())
            .protocolNegotiator(
                new SharedPort(pages, gateway, config.clients().access(), limits, statistics, tls))
            // gRPC takes for a handshake that does not end what is HTTP; the port has its own
            // limit.
            .handshakeTimeout(Long.MAX_VALUE, TimeUnit.MILLISECONDS)
            .flowControlWindow(FLOW_CONTROL_WINDOW_BYTES)
            .maxInboundMessageSize(messageLimit.maxReceivedBytes())
            .intercept(messageLimit)
            .addStreamTracerFactory(unfinished)
            .intercept(unfinished)
            .maxConcurrentCallsPerConnection(config.clients().maxConcurrentStreams());
    keepAlive(builder, config.clients());
    addresses.stream().skip(1).forEach(builder::addListenAddress);
    SlowRequestLog slowRequests = new SlowRequestLog(config.clients().slowRequest());
    ServerBuilder<?> insideBuilder = InProcessServerBuilder.forName(inside).directExecutor();
    for (ServerBuilder<?> each : List.of(builder, insideBuilder)) {
      guarded.forEach(service -> each.addService(ServerInterceptors.intercept(service, guard)));
      unguarded.forEach(each::addService);
      each.intercept(slowRequests);
      each.intercept(metrics.interceptor());
    }
    Server insideServer = insideBuilder.build().start();
    try {
      return new ClientListener(
          eventLoops, builder.build().start(), insideServer, gatewayChannel, gateway);
    } catch (IOException e) {
      gatewayChannel.shutdownNow();
      insideServer.shutdownNow();
      gateway.close();
      shutDown(eventLoops);
      throw new IOException(
          "cannot listen on --listen-client-urls %s: %s"
              .formatted(config.listenClientUrls(), rootMessage(e)),
          e);
    }
  }

  private static void keepAlive(NettyServerBuilder builder, ClientSettings settings) {
    boolean pings =
        settings.keepAliveInterval().isPositive() && settings.keepAliveTimeout().isPositive();
    builder
        .permitKeepAliveTime(settings.keepAliveMinTime().toNanos(), TimeUnit.NANOSECONDS)
        // etcd forbids them to connections without a request, and some clients send them there.
        .permitKeepAliveWithoutCalls(true)
        // That long is never, for the library.
        .keepAliveTime(
            pings ? settings.keepAliveInterval().toNanos() : Long.MAX_VALUE, TimeUnit.NANOSECONDS);
    if (pings) {
      builder.keepAliveTimeout(settings.keepAliveTimeout().toNanos(), TimeUnit.NANOSECONDS);
    }
  }

  /** For what is on its way in: an eighth of the heap, and room for the largest there may be. */
  private static RequestMemory requestMemory(HttpLimits limits) {
    return new RequestMemory(
        Math.max(Runtime.getRuntime().maxMemory() / 8, limits.maxBytesInArrival()));
  }

  static InetSocketAddress address(URI url) {
    return new InetSocketAddress(host(url), url.getPort());
  }

  /** Name or address in a URL, one of IPv6 without its brackets. */
  static String host(URI url) {
    String host = url.getHost();
    return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
  }

  private static String rootMessage(Throwable failure) {
    Throwable cause = failure;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return String.valueOf(cause.getMessage());
  }

  /**
   * Accepts no more, gives what is under way a moment to end, and then cuts it off. No service is
   * called any more once this returns.
   */
  @Override
  public void close() {
    server.shutdown();
    try {
      if (!server.awaitTermination(DRAIN_MILLIS, TimeUnit.MILLISECONDS)) {
        server.shutdownNow();
        server.awaitTermination(FORCED_CLOSE_SECONDS, TimeUnit.SECONDS);
      }
      gatewayChannel.shutdownNow();
      inside.shutdownNow();
      inside.awaitTermination(FORCED_CLOSE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      server.shutdownNow();
      gatewayChannel.shutdownNow();
      inside.shutdownNow();
      Thread.currentThread().interrupt();
    }
    shutDown(eventLoops);
    gateway.close();
  }

  private static void shutDown(EventLoopGroup eventLoops) {
    var unused =
        eventLoops
            .shutdownGracefully(0, FORCED_CLOSE_SECONDS, TimeUnit.SECONDS)
            .awaitUninterruptibly(FORCED_CLOSE_SECONDS, TimeUnit.SECONDS);
  }
}
