package dev.jangada.node.transport;

import dev.jangada.node.transport.Handshake.Hello;
import dev.jangada.raft.Membership;
import dev.jangada.raft.Message;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries messages over TCP, with one thread for everything.
 *
 * <p>Each node opens one connection to each of its peers and sends to the peer over that one only;
 * over the connections that its peers have opened it only receives. A connection delivers in order
 * and at most once, and because a message is never sent over a second connection and an older
 * connection is closed before a newer one is read, so does the whole. See {@link Handshake} and
 * {@link Frame} for the bytes, {@link PeerLink} for what happens when a peer is slow or gone.
 *
 * <p>The receiver is called on the transport's thread and must not block it.
 */
// The outcome of closing and writing is seen by the handlers and listeners, not by the caller.
@SuppressWarnings("FutureReturnValueIgnored")
public final class NettyTransport implements Transport {

  private static final Logger log = LoggerFactory.getLogger(NettyTransport.class);

  private static final WriteBufferWaterMark WATER_MARK =
      new WriteBufferWaterMark(256 << 10, 512 << 10);
  private static final long CLOSE_TIMEOUT_SECONDS = 5;

  private final EventLoopGroup group;
  private final EventLoop loop;
  private final PeerLinks peers;
  private final ConnectionSecurity security;
  private final Acceptor acceptor;
  private final AtomicBoolean closed = new AtomicBoolean();
  private final LongAdder unknownDestination = new LongAdder();

  private final Channel listener;

  /**
   * Starts to listen and to connect to the peers.
   *
   * @param config who talks, and to whom
   * @param receiver takes the peers' messages, on the transport's thread
   * @throws IOException if the address to listen at cannot be had; the message names it
   */
  public static NettyTransport open(TransportConfig config, Receiver receiver) throws IOException {
    return open(config, TransportLimits.DEFAULT, receiver);
  }

  /**
   * The same with connections that are secured.
   *
   * @param security what secures them, at both ends
   */
  public static NettyTransport open(
      TransportConfig config, ConnectionSecurity security, Receiver receiver) throws IOException {
    return new NettyTransport(config, TransportLimits.DEFAULT, security, receiver);
  }

  static NettyTransport open(TransportConfig config, TransportLimits limits, Receiver receiver)
      throws IOException {
    return new NettyTransport(config, limits, ConnectionSecurity.NONE, receiver);
  }

  private NettyTransport(
      TransportConfig config,
      TransportLimits limits,
      ConnectionSecurity security,
      Receiver receiver)
      throws IOException {
    this.security = security;
    String threadName = "jangada-transport-" + Handshake.name(config.memberId());
    group =
        new MultiThreadIoEventLoopGroup(
            1,
            new DefaultThreadFactory(threadName, true),
            Epoll.isAvailable() ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());
    loop = group.next();
    long incarnation = RandomGenerator.getDefault().nextLong();
    Bootstrap connector = connector(limits);
    Hello self = hello(config, config.memberId(), incarnation);
    peers =
        new PeerLinks(
            config,
            receiver,
            (links, peer) ->
                new PeerLink(
                    peer,
                    links,
                    hello(config, peer.memberId(), incarnation),
                    config.maxMessageBytes(),
                    limits,
                    loop,
                    connector,
                    security));
    acceptor = new Acceptor(self, config.maxMessageBytes(), limits, loop, peers, receiver);
    listener = listen(config, security);
    log.info(
        "Listening for peers at {} ({})",
        listener.localAddress(),
        Epoll.isAvailable() ? "epoll" : "NIO");
    loop.execute(peers::start);
  }

  private static Hello hello(TransportConfig config, long to, long incarnation) {
    return new Hello(
        config.clusterId(),
        config.memberId(),
        to,
        incarnation,
        config.logIncarnation(),
        config.address());
  }

  private Bootstrap connector(TransportLimits limits) {
    Bootstrap bootstrap =
        new Bootstrap()
            .group(loop)
            .channel(Epoll.isAvailable() ? EpollSocketChannel.class : NioSocketChannel.class)
            .option(ChannelOption.TCP_NODELAY, true)
            .option(ChannelOption.SO_KEEPALIVE, true)
            .option(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK)
            .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) limits.connectTimeout().toMillis());
    if (Epoll.isAvailable()) {
      bootstrap.option(
          EpollChannelOption.TCP_USER_TIMEOUT, (int) limits.unacknowledgedTimeout().toMillis());
    }
    return bootstrap;
  }

  private Channel listen(TransportConfig config, ConnectionSecurity security) throws IOException {
    String address = config.listenHost() + ":" + config.listenPort();
    InetSocketAddress resolved = new InetSocketAddress(config.listenHost(), config.listenPort());
    if (resolved.isUnresolved()) {
      shutDown();
      throw new IOException("cannot listen for peers at " + address + ": the host name is unknown");
    }
    ChannelFuture binding =
        new ServerBootstrap()
            .group(loop)
            .channel(
                Epoll.isAvailable() ? EpollServerSocketChannel.class : NioServerSocketChannel.class)
            .option(ChannelOption.SO_REUSEADDR, true)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childOption(ChannelOption.SO_KEEPALIVE, true)
            .childHandler(
                new ChannelInitializer<>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    ChannelHandler secured = security.accepting(channel);
                    if (secured != null) {
                      channel.pipeline().addLast(secured);
                    }
                    channel.pipeline().addLast(new IncomingConnection(acceptor));
                  }
                })
            .bind(resolved)
            .awaitUninterruptibly();
    if (!binding.isSuccess()) {
      shutDown();
      Throwable cause = binding.cause();
      throw new IOException(
          "cannot listen for peers at "
              + address
              + ": "
              + cause.getMessage()
              + "; is another node running there, and is the address one of this machine's?",
          cause);
    }
    return binding.channel();
  }

  /** {@inheritDoc} May be called by any thread. */
  @Override
  public void send(Message message) {
    PeerLink link = peers.get(message.to());
    if (link == null) {
      unknownDestination.increment();
    } else {
      link.send(message);
    }
  }

  /** {@inheritDoc} May be called by any thread. */
  @Override
  public void membershipChanged(Membership inForce, Membership committed) {
    try {
      loop.execute(() -> peers.membershipChanged(inForce, committed, acceptor::expel));
    } catch (RejectedExecutionException e) {
      log.debug("Not told of {}: the transport is closed", inForce);
    }
  }

  /** {@inheritDoc} May be called by any thread. */
  @Override
  public CompletableFuture<byte[]> ask(long member, byte[] question, Duration timeout) {
    PeerLink link = peers.get(member);
    return link == null
        ? CompletableFuture.failedFuture(
            new IOException("no address of member " + Handshake.name(member) + " is known"))
        : Enquiry.ask(security, link.peer().host(), link.peer().port(), question, timeout);
  }

  /** The port at which this transport listens. */
  public int listenPort() {
    return ((InetSocketAddress) listener.localAddress()).getPort();
  }

  /** What this transport has done so far. May be called by any thread. */
  public TransportStatistics statistics() {
    return new TransportStatistics(
        acceptor.acceptedCount.sum(),
        acceptor.refusedCount.sum(),
        acceptor.malformedCount.sum(),
        acceptor.timedOutCount.sum(),
        acceptor.crowdedOutCount.sum(),
        unknownDestination.sum(),
        peers.all().stream().map(PeerLink::statistics).toList());
  }

  /**
   * {@inheritDoc} Waits for the transport's thread to end, unless it is that thread that calls. May
   * be called several times, by any thread.
   */
  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      // One by one and before the group: a group that shuts down does not close them reliably.
      loop.execute(() -> {
        listener.close();
        peers.close();
        acceptor.close();
        shutDown();
      });
    }
    if (!loop.inEventLoop()) {
      group.terminationFuture().awaitUninterruptibly();
    }
  }

  private void shutDown() {
    group.shutdownGracefully(0, CLOSE_TIMEOUT_SECONDS, TimeUnit.SECONDS);
    if (!loop.inEventLoop()) {
      group.terminationFuture().awaitUninterruptibly();
    }
  }
}
