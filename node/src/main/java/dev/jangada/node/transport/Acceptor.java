package dev.jangada.node.transport;

import dev.jangada.node.transport.Handshake.Hello;
import io.netty.channel.EventLoop;
import java.io.IOException;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the incoming connections of a node share: whom they may come from, which of them is the
 * peer's current one, and the count of those that went wrong.
 *
 * <p>Except for the counters, used on the event loop only.
 */
final class Acceptor {

  private static final Logger log = LoggerFactory.getLogger(Acceptor.class);
  private static final Duration LOG_INTERVAL = Duration.ofSeconds(10);
  private static final int MAX_PENDING_QUESTIONS = 16;

  private final Hello self;
  private final int maxMessageBytes;
  private final TransportLimits limits;
  private final EventLoop loop;
  private final PeerLinks peers;
  private final Transport.Receiver receiver;
  private final Map<PeerLink, IncomingConnection> current = new HashMap<>();
  private final LogLimiter refusals = new LogLimiter(log, LOG_INTERVAL);
  private final LogLimiter troubles = new LogLimiter(log, LOG_INTERVAL);
  private final Set<IncomingConnection> open = new HashSet<>();
  private int pendingHandshakes;
  private int pendingQuestions;

  final LongAdder acceptedCount = new LongAdder();
  final LongAdder refusedCount = new LongAdder();
  final LongAdder malformedCount = new LongAdder();
  final LongAdder timedOutCount = new LongAdder();
  final LongAdder crowdedOutCount = new LongAdder();

  /**
   * Makes the acceptor of a node.
   *
   * @param self cluster, id (as sender) and incarnation of this node
   */
  Acceptor(
      Hello self,
      int maxMessageBytes,
      TransportLimits limits,
      EventLoop loop,
      PeerLinks peers,
      Transport.Receiver receiver) {
    this.self = self;
    this.maxMessageBytes = maxMessageBytes;
    this.limits = limits;
    this.loop = loop;
    this.peers = peers;
    this.receiver = receiver;
  }

  Hello self() {
    return self;
  }

  int maxMessageBytes() {
    return maxMessageBytes;
  }

  Transport.Receiver receiver() {
    return receiver;
  }

  PeerLinks peers() {
    return peers;
  }

  void opened(IncomingConnection connection) {
    open.add(connection);
  }

  void closed(IncomingConnection connection) {
    open.remove(connection);
  }

  /** Closes all incoming connections. */
  void close() {
    List.copyOf(open).forEach(IncomingConnection::close);
  }

  /** Says whether one more connection may take its time for the handshake. */
  boolean handshakeBegins() {
    if (pendingHandshakes >= limits.maxPendingHandshakes()) {
      crowdedOutCount.increment();
      troubles.warn(
          "Closed a connection at once: %d others have not completed the handshake yet"
              .formatted(pendingHandshakes));
      return false;
    }
    pendingHandshakes++;
    return true;
  }

  void handshakeEnded() {
    pendingHandshakes--;
  }

  Future<?> scheduleTimeout(Runnable task) {
    return loop.schedule(task, limits.handshakeTimeout().toNanos(), TimeUnit.NANOSECONDS);
  }

  /**
   * A peer has connected. It has one connection to this node at a time: the one before is dead, and
   * what may still come out of it must not be delivered after what comes through the new one.
   */
  void accepted(PeerLink sender, IncomingConnection connection, Hello hello) {
    acceptedCount.increment();
    IncomingConnection before = current.put(sender, connection);
    if (before != null) {
      before.close();
    }
    sender.peerConnected(hello.incarnation());
    peers.identified(hello.from(), hello.logIncarnation());
  }

  void gone(PeerLink sender, IncomingConnection connection) {
    if (current.remove(sender, connection)) {
      peers.gone(sender);
    }
  }

  /** Ends the connection of a peer that is none any more. */
  void expel(PeerLink sender) {
    IncomingConnection connection = current.remove(sender);
    if (connection != null) {
      connection.close();
    }
  }

  /**
   * Somebody asks something.
   *
   * @param answered called on the event loop with the reply, or with null if there is none
   * @return whether there will be an answer; if not, too many are being waited for
   */
  boolean asked(byte[] question, Consumer<byte @Nullable []> answered) {
    if (pendingQuestions >= MAX_PENDING_QUESTIONS) {
      crowdedOutCount.increment();
      troubles.warn("Closed a connection: %d others wait for answers".formatted(pendingQuestions));
      return false;
    }
    pendingQuestions++;
    var unused =
        answer(question)
            .whenCompleteAsync(
                (reply, failure) -> {
                  pendingQuestions--;
                  if (failure != null) {
                    troubles.warn("A question of another node was not answered: " + failure);
                  }
                  answered.accept(failure == null ? reply : null);
                },
                loop);
    return true;
  }

  /** Whoever answers may throw: then there is no answer, and nobody waits for one. */
  private CompletableFuture<byte[]> answer(byte[] question) {
    try {
      return receiver.asked(question);
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  void refused(SocketAddress from, String reason) {
    refusedCount.increment();
    refusals.warn("Refused the connection from %s: %s".formatted(from, reason));
  }

  void malformed(SocketAddress from, String what) {
    malformedCount.increment();
    troubles.warn("Closed the connection from %s: %s".formatted(from, what));
  }

  void timedOut(SocketAddress from) {
    timedOutCount.increment();
    troubles.warn(
        "Closed the connection from %s: no complete handshake within %d ms"
            .formatted(from, limits.handshakeTimeout().toMillis()));
  }

  void broken(SocketAddress from, Throwable cause) {
    if (cause instanceof IOException) {
      log.debug("The connection from {} broke", from, cause);
    } else {
      log.error("Closed the connection from {} because of an unexpected failure", from, cause);
    }
  }
}
