package dev.jangada.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jangada.server.call.AnswerMemory;
import dev.jangada.server.call.RequestMemory;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A server on a free port for gRPC and HTTP. */
final class TestPort {

  private final Server inside;
  private final ManagedChannel gatewayChannel;
  private final Gateway gateway;
  final Server server;
  private @Nullable ManagedChannel channel;

  /** One that never comes to a result. */
  private static final class SilentProbe implements HealthProbe {
    @Override
    public CompletableFuture<String> check(boolean serializable, Set<String> ignoredAlarms) {
      return new CompletableFuture<>();
    }

    @Override
    public CompletableFuture<String> check(Check check) {
      return new CompletableFuture<>();
    }
  }

  TestPort(TestServices services, HttpLimits limits, PortStatistics statistics, TlsSource tls)
      throws IOException {
    this(services, limits, statistics, tls, AccessPolicy.DEFAULT);
  }

  TestPort(
      TestServices services,
      HttpLimits limits,
      PortStatistics statistics,
      TlsSource tls,
      AccessPolicy access)
      throws IOException {
    String name = InProcessServerBuilder.generateName();
    inside = services.addTo(InProcessServerBuilder.forName(name).directExecutor()).build().start();
    gatewayChannel = InProcessChannelBuilder.forName(name).directExecutor().build();
    gateway =
        new Gateway(
            "test",
            gatewayChannel,
            limits,
            new RequestMemory(64 << 20),
            new AnswerMemory(64 << 20),
            1);
    Pages pages =
        new Pages(
            "test",
            "3.6.0",
            new SilentProbe(),
            new HealthStatistics(),
            accept -> new Pages.MetricsPage.Text("text/plain", "accept " + accept),
            Runnable::run);
    NettyServerBuilder builder =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .directExecutor()
            .handshakeTimeout(Long.MAX_VALUE, TimeUnit.MILLISECONDS)
            .protocolNegotiator(new SharedPort(pages, gateway, access, limits, statistics, tls));
    server = services.addTo(builder).build().start();
  }

  RawHttp connect() throws IOException {
    return new RawHttp(server.getPort());
  }

  ManagedChannel channel() {
    channel =
        NettyChannelBuilder.forAddress(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), server.getPort()))
            .usePlaintext()
            .build();
    return channel;
  }

  void close() throws InterruptedException {
    if (channel != null) {
      channel.shutdownNow();
    }
    server.shutdownNow();
    assertThat(server.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
    gatewayChannel.shutdownNow();
    inside.shutdownNow();
    gateway.close();
  }
}
