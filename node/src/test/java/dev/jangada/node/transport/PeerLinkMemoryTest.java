package dev.jangada.node.transport;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jangada.node.transport.Handshake.Hello;
import dev.jangada.node.transport.TransportConfig.Remote;
import dev.jangada.raft.Message;
import dev.jangada.raft.Message.TimeoutNow;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.AbstractByteBufAllocator;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A link to a peer while there is no memory to write with. */
@Timeout(120)
class PeerLinkMemoryTest {

  private static final String HOST = InetAddress.getLoopbackAddress().getHostAddress();

  /** Has no direct memory until told otherwise. */
  private static final class StarvedAllocator extends AbstractByteBufAllocator {
    private final CountDownLatch refused = new CountDownLatch(1);
    private volatile boolean starved;

    @Override
    protected ByteBuf newHeapBuffer(int initialCapacity, int maxCapacity) {
      return UnpooledByteBufAllocator.DEFAULT.heapBuffer(initialCapacity, maxCapacity);
    }

    @Override
    protected ByteBuf newDirectBuffer(int initialCapacity, int maxCapacity) {
      if (starved) {
        refused.countDown();
        throw new OutOfMemoryError("no direct memory");
      }
      return UnpooledByteBufAllocator.DEFAULT.directBuffer(initialCapacity, maxCapacity);
    }

    @Override
    public boolean isDirectBufferPooled() {
      return false;
    }
  }

  @Test
  void whatThereIsNoMemoryToWriteIsDroppedAndDoesNotFillTheQueue() throws Exception {
    StarvedAllocator memory = new StarvedAllocator();
    try (EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      EventLoop loop = group.next();
      Remote peer = new Remote(2, "n2", HOST, listener.getLocalPort());
      TransportConfig config = new TransportConfig(7, 1, HOST, 0, List.of(peer), 1 << 20);
      Bootstrap bootstrap =
          new Bootstrap()
              .group(loop)
              .channel(NioSocketChannel.class)
              .option(ChannelOption.ALLOCATOR, memory);
      PeerLinks links =
          new PeerLinks(
              config,
              message -> {},
              (all, remote) ->
                  new PeerLink(
                      remote,
                      all,
                      new Hello(7, 1, remote.memberId(), 5),
                      config.maxMessageBytes(),
                      TransportLimits.DEFAULT,
                      loop,
                      bootstrap,
                      ConnectionSecurity.NONE));
      PeerLink link = Objects.requireNonNull(links.get(2));
      loop.submit(links::start).get(60, TimeUnit.SECONDS);
      try (RawPeer other = new RawPeer(listener.accept())) {
        other.accept(6);
        while (!link.statistics().connected()) {
          Thread.onSpinWait();
        }

        memory.starved = true;
        link.send(message(1));
        assertThat(memory.refused.await(60, TimeUnit.SECONDS)).isTrue();
        // What the loop was at when it was refused, it has ended.
        loop.submit(
                () -> {
                  memory.starved = false;
                })
            .get(60, TimeUnit.SECONDS);

        assertThat(link.statistics().queuedMessages()).isZero();
        assertThat(link.statistics().queuedBytes()).isZero();
        assertThat(link.statistics().droppedMessages()).isEqualTo(1);
        link.send(message(2));
        assertThat(other.readMessage()).isEqualTo(message(2));
      } finally {
        loop.submit(links::close).get(60, TimeUnit.SECONDS);
      }
    }
  }

  private static Message message(long term) {
    return new TimeoutNow(1, 2, term);
  }
}
