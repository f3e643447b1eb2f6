package dev.jangada.node.transport;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import dev.jangada.node.transport.TransportConfig.Remote;
import dev.jangada.raft.Entry;
import dev.jangada.raft.EntryId;
import dev.jangada.raft.Membership;
import dev.jangada.raft.Message;
import dev.jangada.raft.Message.AppendAccepted;
import dev.jangada.raft.Message.AppendRejected;
import dev.jangada.raft.Message.AppendRequest;
import dev.jangada.raft.Message.Forward;
import dev.jangada.raft.Message.ForwardRefused;
import dev.jangada.raft.Message.PreVoteRequest;
import dev.jangada.raft.Message.PreVoteResponse;
import dev.jangada.raft.Message.ReadIndexRequest;
import dev.jangada.raft.Message.ReadIndexResponse;
import dev.jangada.raft.Message.SnapshotAck;
import dev.jangada.raft.Message.SnapshotChunk;
import dev.jangada.raft.Message.StaleTerm;
import dev.jangada.raft.Message.TimeoutNow;
import dev.jangada.raft.Message.VoteRequest;
import dev.jangada.raft.Message.VoteResponse;
import dev.jangada.raft.MessageCodec;
import dev.jangada.raft.Proposal;
import dev.jangada.raft.Refusal;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.LoggerFactory;

/** Transports that talk over real sockets on the loopback interface. */
@Timeout(300)
final class NettyTransportTest {

  private static final String HOST = InetAddress.getLoopbackAddress().getHostAddress();
  private static final long CLUSTER = 0xc1;
  private static final int MAX_MESSAGE_BYTES = 1 << 20;

  /** Quick to try again, so that the tests are quick. */
  private static final TransportLimits LIMITS =
      limits(100_000, 64L << 20, Duration.ofMillis(100), Duration.ofSeconds(60));

  private final List<AutoCloseable> opened = new ArrayList<>();

  @AfterEach
  void closeEverything() throws Exception {
    for (AutoCloseable each : opened.reversed()) {
      each.close();
    }
  }

  // What transports are for.

  @Test
  void sendDeliversEveryKindOfMessage() throws Exception {
    int[] ports = freePorts(2);
    Node sender = node(1, ports);
    Node receiver = node(2, ports);
    connect(sender, receiver);

    List<Message> messages = oneOfEachKind(1, 2);
    assertThat(messages.stream().<Class<?>>map(Message::getClass).toList())
        .as("all kinds are tested")
        .containsExactlyInAnyOrder(Message.class.getPermittedSubclasses());
    messages.forEach(sender.transport::send);
    for (Message message : messages) {
      assertThat(receiver.next()).isEqualTo(message);
    }
  }

  @Test
  void sendKeepsTheOrderOfMessagesInBothDirectionsAndCountsThem() throws Exception {
    int[] ports = freePorts(2);
    Node one = node(1, ports);
    Node two = node(2, ports);
    connect(one, two);
    connect(two, one);
    // What connected them has arrived, but may not have been counted yet.
    await("the end of writing", () -> one.statistics(2).queuedMessages() == 0);
    var before = one.statistics(2);

    int count = 30_000;
    for (int i = 1; i <= count; i++) {
      one.transport.send(numbered(1, 2, i));
      two.transport.send(numbered(2, 1, i));
    }
    for (int i = 1; i <= count; i++) {
      assertThat(two.next()).isEqualTo(numbered(1, 2, i));
      assertThat(one.next()).isEqualTo(numbered(2, 1, i));
    }
    one.transport.close();
    var statistics = one.statistics(2);
    assertThat(statistics.sentMessages() - before.sentMessages()).isEqualTo(count);
    assertThat(statistics.droppedMessages()).isEqualTo(before.droppedMessages());
    assertThat(statistics.queuedMessages()).isZero();
    assertThat(statistics.queuedBytes()).isZero();
  }

  @Test
  void sendDeliversTheLargestMessageAndDropsALargerOne() throws Exception {
    int[] ports = freePorts(2);
    Node sender = node(1, ports);
    Node receiver = node(2, ports);
    connect(sender, receiver);

    int overhead = MessageCodec.encodedSize(forward(1, 2, 0));
    Message largest = forward(1, 2, MAX_MESSAGE_BYTES - overhead);
    sender.transport.send(forward(1, 2, MAX_MESSAGE_BYTES - overhead + 1));
    sender.transport.send(largest);
    assertThat(receiver.next()).isEqualTo(largest);
    assertThat(sender.transport.statistics().peers().get(0).oversizedMessages()).isEqualTo(1);
  }

  @Test
  void sendDropsWhatIsForNoPeer() throws Exception {
    Node sender = node(1, freePorts(2));
    sender.transport.send(numbered(1, 99, 1));
    assertThat(sender.transport.statistics().unknownDestination()).isEqualTo(1);
  }

  // Peers that are away, slow or restarted.

  @Test
  void aPeerThatComesBackIsConnectedAgain() throws Exception {
    int[] ports = freePorts(2);
    Node sender = node(1, ports);
    LogCapture log = capture(PeerLink.class);
    connect(sender, node(2, ports));
    int losses = 0;
    for (int round = 0; round < 3; round++) {
      opened.removeLast().close();
      log.await(++losses, "Lost the connection to peer n2");
      sender.transport.send(numbered(1, 2, 1));
      connect(sender, node(2, ports));
    }
    assertThat(sender.transport.statistics().peers().get(0).connects()).isEqualTo(4);
  }

  @Test
  void aNodeThatWaitsConnectsAtOnceWhenThePeerConnectsToIt() throws Exception {
    int[] ports = freePorts(2);
    TransportLimits patient = limits(100, 1 << 20, Duration.ofHours(1), Duration.ofSeconds(10));
    LogCapture log = capture(PeerLink.class);
    Node node = node(1, ports, CLUSTER, patient);
    log.await("cannot be reached");
    // The second attempt would be made an hour later.
    try (ServerSocket listener = listener(ports[1]);
        RawPeer outgoing = RawPeer.connect(ports[0], new Handshake.Hello(CLUSTER, 2, 1, 77));
        RawPeer incoming = new RawPeer(listener.accept())) {
      incoming.accept(77);
      connected(node);
      assertThat(outgoing).isNotNull();
    }
  }

  @Test
  void aConnectionToAnEarlierIncarnationOfAPeerIsReplacedAtOnce() throws Exception {
    int[] ports = freePorts(2);
    try (ServerSocket listener = listener(ports[1])) {
      Node node = node(1, ports);
      try (RawPeer before = new RawPeer(listener.accept())) {
        before.accept(77);
        connected(node);
        // The peer is started anew; the old connection is never closed from its side.
        try (RawPeer restarted = RawPeer.connect(ports[0], new Handshake.Hello(CLUSTER, 2, 1, 78));
            RawPeer after = new RawPeer(listener.accept())) {
          after.accept(78);
          assertThat(before.isClosedByOtherEnd()).isTrue();
          // The same incarnation again changes nothing.
          try (RawPeer again = RawPeer.connect(ports[0], new Handshake.Hello(CLUSTER, 2, 1, 78))) {
            assertThat(restarted.isClosedByOtherEnd()).as("superseded").isTrue();
            again.write(RawPeer.frame(numbered(2, 1, 5)));
            assertThat(node.next()).isEqualTo(numbered(2, 1, 5));
            node.transport.send(numbered(1, 2, 6));
            assertThat(after.readMessage()).isEqualTo(numbered(1, 2, 6));
          }
        }
      }
    }
  }

  @Test
  void aPeerThatDoesNotReadCostsABoundedQueueAndTheOthersNothing() throws Exception {
    int[] ports = freePorts(3);
    int maxQueuedBytes = 4 << 20;
    TransportLimits narrow =
        limits(10_000, maxQueuedBytes, Duration.ofMillis(100), Duration.ofSeconds(60));
    try (ServerSocket listener = listener(ports[1])) {
      Node sender = node(1, ports, CLUSTER, narrow);
      Node healthy = node(3, ports);
      connect(sender, healthy);
      try (RawPeer deaf = acceptFrom(1, listener)) {
        assertThat(deaf).isNotNull();
        await("the connection to the deaf peer", () -> sender.statistics(2).connected());
        long droppedBefore = sender.statistics(3).droppedMessages();
        int sent = 0;
        // Far more than the sockets' buffers and the queue take together.
        while (sender.statistics(2).droppedMessages() < 1000) {
          Message number = numbered(1, 3, ++sent);
          sender.transport.send(forward(1, 2, 100_000));
          assertThat(sender.statistics(2).queuedBytes())
              .isLessThanOrEqualTo(maxQueuedBytes + 200_000);
          sender.transport.send(number);
          assertThat(healthy.next()).isEqualTo(number);
        }
        assertThat(sender.statistics(3).droppedMessages()).isEqualTo(droppedBefore);
        assertThat(sender.statistics(2).connected()).isTrue();
      }
    }
  }

  @Test
  void noMessageArrivesTwiceOrOutOfOrderHoweverOftenConnectionsBreak() throws Exception {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    int[] ports = freePorts(3);
    try (BreakingProxy proxy = new BreakingProxy(ports[2], ports[1])) {
      TransportLimits hasty = limits(1000, 1 << 20, Duration.ofMillis(1), Duration.ofSeconds(10));
      Node receiver = node(2, new int[] {ports[0], ports[1]});
      Node sender =
          open(
              new TransportConfig(
                  CLUSTER,
                  1,
                  HOST,
                  ports[0],
                  List.of(new Remote(2, "n2", HOST, ports[2])),
                  MAX_MESSAGE_BYTES),
              hasty);
      long number = 0;
      long last = 0;
      int received = 0;
      for (int broken = 0; broken < 30; broken++) {
        int goal = received + 200 + random.nextInt(500);
        while (received < goal) {
          for (int i = 0; i < 20; i++) {
            sender.transport.send(numbered(1, 2, ++number));
          }
          Message message = receiver.received.poll(5, TimeUnit.MILLISECONDS);
          while (message != null) {
            long match = ((AppendAccepted) message).match();
            assertThat(match).as("after " + last + ", seed " + seed).isGreaterThan(last);
            last = match;
            received++;
            message = receiver.received.poll();
          }
        }
        proxy.breakConnections();
      }
      assertThat(sender.statistics(2).connects()).isGreaterThan(10);
    }
  }

  // Strangers.

  @Test
  void aPeerOfAnotherClusterIsRefusedAndBothSayWhyOnce() throws Exception {
    int[] ports = freePorts(2);
    LogCapture connecting = capture(PeerLink.class);
    LogCapture answering = capture(Acceptor.class);
    TransportLimits hasty = limits(100, 1 << 20, Duration.ofMillis(1), Duration.ofSeconds(10));
    Node one = node(1, ports, 0xa, hasty);
    Node two = node(2, ports, 0xb, hasty);
    String reason = "the connecting node belongs to cluster a, the answering node to cluster b";
    connecting.await("refuses this node: " + reason);
    answering.await("Refused the connection from /" + HOST, reason);
    await("five refusals", () -> two.transport.statistics().refused() >= 5);
    assertThat(connecting.count(reason)).isEqualTo(1);
    assertThat(answering.count(reason)).isEqualTo(1);
    assertThat(two.received).isEmpty();
    assertThat(one.statistics(2).connected()).isFalse();
  }

  @Test
  void aHelloThatIsNotMeantForThisNodeIsAnsweredWithTheReason() throws Exception {
    int[] ports = freePorts(2);
    Node node = node(1, ports);
    assertRefused(
        ports[0], new Handshake.Hello(0xbad, 2, 1, 5), Handshake.Verdict.OTHER_CLUSTER, CLUSTER);
    assertRefused(
        ports[0], new Handshake.Hello(CLUSTER, 2, 3, 5), Handshake.Verdict.OTHER_DESTINATION, 1);
    assertRefused(
        ports[0], new Handshake.Hello(CLUSTER, 9, 1, 5), Handshake.Verdict.UNKNOWN_SENDER, 1);
    assertRefused(
        ports[0], new Handshake.Hello(CLUSTER, 1, 1, 5), Handshake.Verdict.UNKNOWN_SENDER, 1);
    assertThat(node.transport.statistics().refused()).isEqualTo(4);
    assertThat(node.transport.statistics().accepted()).isZero();
  }

  @Test
  void anotherVersionIsRefusedWhateverFollowsInItsHello() throws Exception {
    int[] ports = freePorts(2);
    Node node = node(1, ports);
    byte[] hello = RawPeer.helloBytes(new Handshake.Hello(CLUSTER, 2, 1, 5));
    hello[Long.BYTES + 1]++;
    try (RawPeer peer = RawPeer.connect(ports[0])) {
      peer.write(Arrays.copyOf(hello, Handshake.HELLO_PREFIX_BYTES));
      Handshake.Answer answer =
          Handshake.readAnswer(Unpooled.wrappedBuffer(peer.read(Handshake.ANSWER_BYTES)));
      assertThat(answer.verdict()).isEqualTo(Handshake.Verdict.OTHER_VERSION);
      assertThat(answer.version()).isEqualTo(Handshake.VERSION);
      assertThat(peer.isClosedByOtherEnd()).isTrue();
    }
    assertThat(node.transport.statistics().refused()).isEqualTo(1);
  }

  @Test
  void whatDoesNotSpeakTheProtocolIsClosedAndCounted() throws Exception {
    int[] ports = freePorts(2);
    Node node = node(1, ports);
    try (RawPeer scanner = RawPeer.connect(ports[0])) {
      scanner.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(US_ASCII));
      assertThat(scanner.isClosedByOtherEnd()).isTrue();
    }
    assertThat(node.transport.statistics().malformed()).isEqualTo(1);
  }

  @Test
  void rubbishFromAnAcceptedPeerClosesItsConnectionAndDeliversNothing() throws Exception {
    int[] ports = freePorts(2);
    Node node = node(1, ports);
    byte[] valid = RawPeer.frame(numbered(2, 1, 5));
    byte[] damaged = valid.clone();
    damaged[valid.length - 1] ^= 1;
    byte[] unknownKind = RawPeer.frame(numbered(2, 1, 5));
    unknownKind[Frame.HEADER_BYTES] = 99;
    fixChecksum(unknownKind);
    byte[] truncated = RawPeer.frame(numbered(2, 1, 5));
    truncated[3]--;
    fixChecksum(truncated);
    List<byte[]> rubbish =
        List.of(
            damaged,
            unknownKind,
            truncated,
            frameHeader(MAX_MESSAGE_BYTES + 1),
            frameHeader(Integer.MAX_VALUE),
            frameHeader(-1),
            frameHeader(0),
            RawPeer.frame(numbered(3, 1, 5)),
            RawPeer.frame(numbered(2, 3, 5)));
    for (byte[] bytes : rubbish) {
      try (RawPeer peer = RawPeer.connect(ports[0], new Handshake.Hello(CLUSTER, 2, 1, 5))) {
        peer.write(valid);
        assertThat(node.next()).isEqualTo(numbered(2, 1, 5));
        peer.write(bytes);
        peer.write(valid);
        assertThat(peer.isClosedByOtherEnd()).isTrue();
      }
    }
    assertThat(node.transport.statistics().malformed()).isEqualTo(rubbish.size());
    assertThat(node.received).isEmpty();
    assertThat(node.transport.statistics().peers().get(0).receivedMessages())
        .isEqualTo(rubbish.size());
  }

  @Test
  void aConnectionThatDoesNotCompleteTheHandshakeInTimeIsClosed() throws Exception {
    int[] ports = freePorts(2);
    TransportLimits strict = limits(100, 1 << 20, Duration.ofHours(1), Duration.ofMillis(100));
    Node node = node(1, ports, CLUSTER, strict);
    byte[] hello = RawPeer.helloBytes(new Handshake.Hello(CLUSTER, 2, 1, 5));
    try (RawPeer silent = RawPeer.connect(ports[0]);
        RawPeer halting = RawPeer.connect(ports[0])) {
      halting.write(Arrays.copyOf(hello, hello.length - 1));
      assertThat(silent.isClosedByOtherEnd()).isTrue();
      assertThat(halting.isClosedByOtherEnd()).isTrue();
    }
    assertThat(node.transport.statistics().timedOut()).isEqualTo(2);
  }

  @Test
  void noMoreStrangersThanTheLimitMayWaitAtOnce() throws Exception {
    int[] ports = freePorts(2);
    Node node = node(1, ports);
    List<RawPeer> strangers = new ArrayList<>();
    for (int i = 0; i < LIMITS.maxPendingHandshakes(); i++) {
      RawPeer stranger = RawPeer.connect(ports[0]);
      strangers.add(stranger);
      opened.add(stranger);
    }
    try (RawPeer oneTooMany = RawPeer.connect(ports[0])) {
      assertThat(oneTooMany.isClosedByOtherEnd()).isTrue();
    }
    assertThat(node.transport.statistics().crowdedOut()).isEqualTo(1);
    // Each that goes makes room for another one; the last of them may need a moment to be noticed.
    strangers.get(0).write("this is not a handshake".getBytes(US_ASCII));
    assertThat(strangers.get(0).isClosedByOtherEnd()).isTrue();
    Handshake.Hello hello = new Handshake.Hello(CLUSTER, 2, 1, 5);
    try (RawPeer peer = RawPeer.connect(ports[0], hello)) {
      peer.write(RawPeer.frame(numbered(2, 1, 5)));
      assertThat(node.next()).isEqualTo(numbered(2, 1, 5));
    }
  }

  @Test
  void aListenerThatIsNoNodeIsLeftAlone() throws Exception {
    int[] ports = freePorts(2);
    LogCapture log = capture(PeerLink.class);
    try (ServerSocket listener = listener(ports[1])) {
      Node node = node(1, ports);
      try (RawPeer web = new RawPeer(listener.accept())) {
        web.write("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n".getBytes(US_ASCII));
        log.await("does not answer as a node does");
        assertThat(node.statistics(2).connected()).isFalse();
      }
    }
  }

  // Opening and closing.

  @Test
  void openNamesTheAddressThatIsInUse() throws Exception {
    int[] ports = freePorts(2);
    try (ServerSocket listener = listener(ports[0])) {
      assertThat(listener.isBound()).isTrue();
      assertThatThrownBy(() -> node(1, ports))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("cannot listen for peers at " + HOST + ":" + ports[0])
          .hasMessageContaining("in use");
    }
    // The event loop says that it has ended a moment before its thread has.
    for (Thread thread : threadsOf(1)) {
      thread.join(RawPeer.PATIENCE_MILLIS);
    }
    assertThat(threadsOf(1)).as("threads left").isEmpty();
  }

  /** Again and again, because closing meets the transport in any state. */
  @RepeatedTest(20)
  void closeLeavesNoThreadAndNoPortAndCallsTheReceiverNoMore() throws Exception {
    int[] ports = freePorts(2);
    Node closed = node(0x51, 0x52, ports);
    Node other = node(0x52, 0x51, new int[] {ports[1], ports[0]});
    connect(other, closed);
    connect(closed, other);
    assertThat(threadsOf(0x51)).hasSize(1);
    List<Thread> threads = threadsOf(0x51);

    closed.transport.close();
    closed.received.clear();
    other.transport.send(numbered(0x52, 0x51, 1));
    closed.transport.send(numbered(0x51, 0x52, 2));
    for (Thread thread : threads) {
      thread.join(RawPeer.PATIENCE_MILLIS);
      assertThat(thread.isAlive()).isFalse();
    }
    assertThat(threadsOf(0x51)).isEmpty();
    listener(ports[0]).close();
    assertThat(closed.received).isEmpty();
    closed.transport.close();
  }

  // Helpers.

  /** A transport and what it has received. */
  private record Node(NettyTransport transport, long id, BlockingQueue<Message> received) {

    Message next() throws InterruptedException {
      Message message = received.poll(RawPeer.PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
      assertThat(message).as("a message within the time").isNotNull();
      return Objects.requireNonNull(message);
    }

    TransportStatistics.PeerStatistics statistics(long peer) {
      return transport.statistics().peers().stream()
          .filter(each -> each.peer().memberId() == peer)
          .findFirst()
          .orElseThrow();
    }
  }

  /** Node {@code id} of a cluster of nodes 1, 2, … at these ports. */
  private Node node(long id, int[] ports) throws IOException {
    return node(id, ports, CLUSTER, LIMITS);
  }

  private Node node(long id, int[] ports, long cluster, TransportLimits limits) throws IOException {
    List<Remote> peers = new ArrayList<>();
    for (int i = 1; i <= ports.length; i++) {
      if (i != id) {
        peers.add(new Remote(i, "n" + i, HOST, ports[i - 1]));
      }
    }
    return open(
        new TransportConfig(cluster, id, HOST, ports[(int) id - 1], peers, MAX_MESSAGE_BYTES),
        limits);
  }

  /** A node with an id of its own and one peer; the first port is its own. */
  private Node node(long id, long peer, int[] ports) throws IOException {
    return open(
        new TransportConfig(
            CLUSTER,
            id,
            HOST,
            ports[0],
            List.of(new Remote(peer, "other", HOST, ports[1])),
            MAX_MESSAGE_BYTES),
        LIMITS);
  }

  private Node open(TransportConfig config, TransportLimits limits) throws IOException {
    BlockingQueue<Message> received = new LinkedBlockingQueue<>();
    NettyTransport transport = NettyTransport.open(config, limits, received::add);
    opened.add(transport);
    return new Node(transport, config.memberId(), received);
  }

  /** Sends until something arrives, and then until nothing of that is left. */
  private static void connect(Node sender, Node receiver) throws InterruptedException {
    long attempt = 0;
    do {
      assertThat(++attempt).as("attempts to get through").isLessThan(RawPeer.PATIENCE_MILLIS / 5);
      sender.transport.send(new ReadIndexRequest(sender.id, receiver.id, 1, attempt));
    } while (receiver.received.poll(5, TimeUnit.MILLISECONDS) == null);
    long end = attempt + 1;
    sender.transport.send(new ReadIndexRequest(sender.id, receiver.id, 1, end));
    Message message;
    do {
      message = receiver.next();
    } while (!(message instanceof ReadIndexRequest request && request.id() == end));
  }

  /** Waits until the node's only connection is up, which its peer cannot see. */
  private static void connected(Node node) {
    await("connected", () -> node.transport.statistics().peers().get(0).connected());
  }

  /** For counters, which nobody announces. */
  private static void await(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + Duration.ofMillis(RawPeer.PATIENCE_MILLIS).toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime() - deadline).as("time until " + what).isNegative();
      LockSupport.parkNanos(100_000);
    }
  }

  /** The first connection of this node; others that connect meanwhile are taken, too. */
  private RawPeer acceptFrom(long node, ServerSocket listener) throws IOException {
    while (true) {
      RawPeer peer = new RawPeer(listener.accept());
      if (peer.accept(1).from() == node) {
        return peer;
      }
      opened.add(peer);
    }
  }

  private static void assertRefused(
      int port, Handshake.Hello hello, Handshake.Verdict verdict, long detail) throws Exception {
    try (RawPeer peer = RawPeer.connect(port)) {
      Handshake.Answer answer = peer.hello(hello);
      assertThat(answer.verdict()).isEqualTo(verdict);
      assertThat(answer.detail()).isEqualTo(detail);
      assertThat(peer.isClosedByOtherEnd()).isTrue();
    }
  }

  private static TransportLimits limits(
      int maxQueuedMessages, long maxQueuedBytes, Duration delay, Duration handshakeTimeout) {
    return new TransportLimits(
        maxQueuedMessages,
        maxQueuedBytes,
        16,
        Duration.ofSeconds(10),
        handshakeTimeout,
        delay,
        delay,
        delay,
        Duration.ofSeconds(60));
  }

  private static Message numbered(long from, long to, long number) {
    return new AppendAccepted(from, to, 1, number, 0);
  }

  private static Message forward(long from, long to, int dataBytes) {
    return new Forward(from, to, 1, List.of(new Proposal(from, 1, new byte[dataBytes])));
  }

  private static List<Message> oneOfEachKind(long from, long to) {
    EntryId last = new EntryId(7, 2);
    Proposal proposal = new Proposal(from, -5, new byte[] {1, 2, 3});
    List<Entry> entries = List.of(Entry.noop(8, 3), Entry.command(9, 3, proposal));
    return List.of(
        new PreVoteRequest(from, to, 3, last),
        new PreVoteResponse(from, to, 3, true),
        new VoteRequest(from, to, 3, last, true),
        new VoteResponse(from, to, 3, false),
        new AppendRequest(from, to, 3, last, entries, 7, 11, true),
        new AppendAccepted(from, to, 3, 9, 11),
        new AppendRejected(from, to, 3, 7, 1, 5, 11),
        new StaleTerm(from, to, 4),
        new TimeoutNow(from, to, 4),
        new Forward(from, to, 4, List.of(proposal)),
        new ForwardRefused(from, to, 4, List.of(-5L, 6L), Refusal.TRANSFERRING),
        new ReadIndexRequest(from, to, 4, 99),
        new ReadIndexResponse(from, to, 4, 99, 9),
        new SnapshotChunk(from, to, 4, last, Membership.NONE, 9, 3, new byte[] {1, 2, 3}),
        new SnapshotAck(from, to, 4, last, 6));
  }

  private static byte[] frameHeader(int length) {
    return ByteBuffer.allocate(Frame.HEADER_BYTES).putInt(0, length).array();
  }

  private static void fixChecksum(byte[] frame) {
    ByteBuffer buffer = ByteBuffer.wrap(frame);
    CRC32C crc = new CRC32C();
    crc.update(frame, Frame.HEADER_BYTES, buffer.getInt(0));
    buffer.putInt(Integer.BYTES, (int) crc.getValue());
  }

  private static int[] freePorts(int count) throws IOException {
    return TestPorts.free(count).stream().mapToInt(Integer::intValue).toArray();
  }

  private static ServerSocket listener(int port) throws IOException {
    ServerSocket socket = new ServerSocket();
    socket.setReuseAddress(true);
    socket.setSoTimeout(RawPeer.PATIENCE_MILLIS);
    socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    return socket;
  }

  private static List<Thread> threadsOf(long id) {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(
            thread -> thread.getName().startsWith("jangada-transport-" + Handshake.name(id) + "-"))
        .toList();
  }

  private LogCapture capture(Class<?> source) {
    LogCapture capture = new LogCapture((Logger) LoggerFactory.getLogger(source));
    opened.add(0, capture::stop);
    return capture;
  }

  /** What a class logs. */
  private static final class LogCapture extends AppenderBase<ILoggingEvent> {
    private final Logger logger;
    private final Level levelBefore;
    private final List<String> lines = new ArrayList<>();

    LogCapture(Logger logger) {
      this.logger = logger;
      levelBefore = logger.getEffectiveLevel();
      logger.setLevel(Level.INFO);
      start();
      logger.addAppender(this);
    }

    @Override
    public void stop() {
      logger.detachAppender(this);
      logger.setLevel(levelBefore);
      super.stop();
    }

    @Override
    protected void append(ILoggingEvent event) {
      if (event.getLevel().isGreaterOrEqual(Level.INFO)) {
        synchronized (lines) {
          lines.add(event.getFormattedMessage());
          lines.notifyAll();
        }
      }
    }

    /** Waits for a line with all these parts. */
    void await(String... parts) throws InterruptedException {
      await(1, parts);
    }

    /** Waits for so many lines with all these parts. */
    void await(int count, String... parts) throws InterruptedException {
      long deadline = System.nanoTime() + Duration.ofMillis(RawPeer.PATIENCE_MILLIS).toNanos();
      synchronized (lines) {
        while (lines.stream().filter(line -> Arrays.stream(parts).allMatch(line::contains)).count()
            < count) {
          long left = deadline - System.nanoTime();
          assertThat(left).as("time to find %s in %s", List.of(parts), lines).isPositive();
          lines.wait(left / 1_000_000 + 1);
        }
      }
    }

    long count(String part) {
      synchronized (lines) {
        return lines.stream().filter(line -> line.contains(part)).count();
      }
    }
  }

  /** Stands between two nodes and breaks their connections in the middle of what they say. */
  private static final class BreakingProxy implements AutoCloseable {
    private final ServerSocket listener;
    private final int target;
    private final List<Socket> sockets = new ArrayList<>();

    BreakingProxy(int port, int target) throws IOException {
      listener = listener(port);
      listener.setSoTimeout(0);
      this.target = target;
      Thread.ofVirtual().start(this::acceptAll);
    }

    private void acceptAll() {
      while (!listener.isClosed()) {
        try {
          Socket near = listener.accept();
          Socket far = new Socket(HOST, target);
          synchronized (sockets) {
            sockets.add(near);
            sockets.add(far);
          }
          Thread.ofVirtual().start(() -> copy(near, far));
          Thread.ofVirtual().start(() -> copy(far, near));
        } catch (IOException closed) {
          // Either the listener, and this loop ends, or a connection, and there will be others.
        }
      }
    }

    private static void copy(Socket from, Socket to) {
      try (from;
          to) {
        from.getInputStream().transferTo(to.getOutputStream());
      } catch (IOException broken) {
        // What it is here for.
      }
    }

    void breakConnections() throws IOException {
      synchronized (sockets) {
        for (Socket socket : sockets) {
          socket.close();
        }
        sockets.clear();
      }
    }

    @Override
    public void close() throws IOException {
      listener.close();
      breakConnections();
    }
  }
}
