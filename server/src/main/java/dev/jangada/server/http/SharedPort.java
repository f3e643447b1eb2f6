package dev.jangada.server.http;

import io.grpc.netty.GrpcHttp2ConnectionHandler;
import io.grpc.netty.InternalProtocolNegotiator;
import io.netty.channel.ChannelHandler;
import io.netty.util.AsciiString;

/**
 * Lets gRPC and HTTP/1.1 share a port. gRPC's server accepts the connections and asks this for the
 * handler to begin with; it is one that looks at the first bytes, see {@link OpeningHandler}.
 *
 * <p>The interface is public and internal to grpc-java at once: its documentation promises nothing.
 * Tests drive both protocols over one port, so that a version that breaks this is noticed.
 */
public final class SharedPort implements InternalProtocolNegotiator.ProtocolNegotiator {

  private static final AsciiString SCHEME = AsciiString.of("http");

  private final RequestRouter router;
  private final HttpLimits limits;
  private final PortStatistics statistics;
  private final TlsSource tls;

  /** Makes the negotiator of one server. */
  public SharedPort(
      Pages pages,
      Gateway gateway,
      AccessPolicy access,
      HttpLimits limits,
      PortStatistics statistics,
      TlsSource tls) {
    this.router = new RequestRouter(pages, gateway, access);
    this.limits = limits;
    this.statistics = statistics;
    this.tls = tls;
  }

  @Override
  public AsciiString scheme() {
    return SCHEME;
  }

  @Override
  public ChannelHandler newHandler(GrpcHttp2ConnectionHandler grpc) {
    return new OpeningHandler(grpc, router, limits, statistics, tls);
  }

  @Override
  public void close() {
    // Connections are closed by gRPC's server, which has accepted them.
  }
}
