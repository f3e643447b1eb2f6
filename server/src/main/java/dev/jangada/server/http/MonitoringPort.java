package dev.jangada.server.http;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * HTTP/1.1 for those who watch over this member, at addresses of their own: metrics and health,
 * nothing else. It has a thread to itself, so that a probe is answered whatever clients do.
 */
public final class MonitoringPort implements AutoCloseable {

  private static final int CLOSE_SECONDS = 5;

  private final EventLoopGroup eventLoop;

  private MonitoringPort(EventLoopGroup eventLoop) {
    this.eventLoop = eventLoop;
  }

  /**
   * Begins to serve.
   *
   * @param member name of this member, for the name of the thread
   * @param addresses where, at least one
   * @param pages of which those for monitoring are served
   * @param statistics counts connections and requests
   * @param tls how connections are secured
   * @throws IOException if an address cannot be listened on; the message names it and says why
   */
  public static MonitoringPort open(
      String member,
      List<InetSocketAddress> addresses,
      Pages pages,
      HttpLimits limits,
      PortStatistics statistics,
      TlsSource tls)
      throws IOException {
    RequestRouter router = new RequestRouter(pages.forMonitoring(), null, AccessPolicy.DEFAULT);
    MonitoringPort port =
        new MonitoringPort(
            new MultiThreadIoEventLoopGroup(
                1,
                new DefaultThreadFactory("jangada-" + member + "-metrics", true),
                NioIoHandler.newFactory()));
    ServerBootstrap bootstrap =
        new ServerBootstrap()
            .group(port.eventLoop)
            .channel(NioServerSocketChannel.class)
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    channel
                        .pipeline()
                        .addLast(new OpeningHandler(null, router, limits, statistics, tls));
                  }
                });
    for (InetSocketAddress address : addresses) {
      ChannelFuture bound = bootstrap.bind(address).awaitUninterruptibly();
      Throwable failure = bound.cause();
      if (failure != null) {
        port.close();
        throw new IOException(
            "%s:%d: %s".formatted(address.getHostString(), address.getPort(), failure.getMessage()),
            failure);
      }
    }
    return port;
  }

  /** Closes the addresses and all connections. */
  @Override
  public void close() {
    eventLoop
        .shutdownGracefully(0, CLOSE_SECONDS, TimeUnit.SECONDS)
        .awaitUninterruptibly(CLOSE_SECONDS, TimeUnit.SECONDS);
  }
}
