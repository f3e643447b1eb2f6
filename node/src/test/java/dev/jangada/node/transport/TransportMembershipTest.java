package dev.jangada.node.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jangada.node.transport.Handshake.Answer;
import dev.jangada.node.transport.Handshake.Hello;
import dev.jangada.node.transport.Handshake.Verdict;
import dev.jangada.raft.Member;
import dev.jangada.raft.Member.Standing;
import dev.jangada.raft.Membership;
import dev.jangada.raft.Message;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** With whom a transport talks, as the members of the cluster change. */
@Timeout(300)
class TransportMembershipTest {

  private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();
  private static final long CLUSTER = 0xc1;
  private static final long SELF = 1;
  private static final long OWN_LOG = 0x1111;

  private final Received received = new Received();
  private final List<AutoCloseable> opened = new ArrayList<>();

  /** What the transport hands over. */
  private static final class Received implements Transport.Receiver {
    final BlockingQueue<Message> messages = new LinkedBlockingQueue<>();
    final BlockingQueue<String> events = new LinkedBlockingQueue<>();

    @Override
    public void accept(Message message) {
      messages.add(message);
    }

    @Override
    public void identified(long member, long logIncarnation) {
      events.add("identified " + member + " " + logIncarnation);
    }

    @Override
    public void expelled(Transport.Expulsion why, String by) {
      events.add("expelled " + why);
    }

    @Override
    public CompletableFuture<byte[]> asked(byte[] question) {
      String text = new String(question, StandardCharsets.UTF_8);
      if (text.equals("nonsense")) {
        throw new IllegalArgumentException("no question");
      }
      return text.equals("nothing")
          ? CompletableFuture.failedFuture(new IOException("no answer"))
          : CompletableFuture.completedFuture((text + "!").getBytes(StandardCharsets.UTF_8));
    }

    String nextEvent() throws InterruptedException {
      return String.valueOf(events.poll(RawPeer.PATIENCE_MILLIS, TimeUnit.MILLISECONDS));
    }
  }

  @AfterEach
  void closeAll() throws Exception {
    for (AutoCloseable each : opened.reversed()) {
      each.close();
    }
  }

  @Test
  void whoseRemovalIsCommittedIsRefusedAndCounted() throws Exception {
    NettyTransport transport = open();
    Membership with = members(voter(SELF, "", 0), voter(9, "", 0));
    Membership without = new Membership(List.of(voter(SELF, "", 0)), List.of(9L));

    // As long as its removal may yet be undone, it is a member.
    transport.membershipChanged(without, with);
    assertThat(verdict(transport, hello(9, 5, "127.0.0.1:9"))).isEqualTo(Verdict.ACCEPTED);
    transport.membershipChanged(without, without);
    assertThat(verdict(transport, hello(9, 5, "127.0.0.1:9"))).isEqualTo(Verdict.REMOVED);

    assertThat(transport.statistics().refused()).isEqualTo(1);
  }

  @Test
  void whoseRemovalIsCommittedLosesItsConnection() throws Exception {
    NettyTransport transport = open();
    Membership with = members(voter(SELF, "", 0), voter(9, "127.0.0.1:9", 0));
    transport.membershipChanged(with, with);
    try (RawPeer peer = RawPeer.connect(transport.listenPort(), hello(9, 5, ""))) {
      Membership without = new Membership(List.of(voter(SELF, "", 0)), List.of(9L));
      transport.membershipChanged(without, without);

      assertThat(peer.isClosedByOtherEnd()).isTrue();
    }
    assertThat(transport.statistics().peers()).isEmpty();
  }

  @Test
  void whoHasNotTheLogThatItIsKnownByIsRefused() throws Exception {
    NettyTransport transport = open();
    Membership known = members(voter(SELF, "", 0), voter(2, "127.0.0.1:9", 77));
    transport.membershipChanged(known, known);

    assertThat(verdict(transport, hello(2, 78, ""))).isEqualTo(Verdict.OTHER_INCARNATION);
    assertThat(verdict(transport, hello(2, 77, ""))).isEqualTo(Verdict.ACCEPTED);
    assertThat(received.nextEvent()).isEqualTo("identified 2 77");
    assertThat(received.events).isEmpty();
  }

  @Test
  void whoeverANodeThatDecidesAloneDoesNotKnowIsRefused() throws Exception {
    NettyTransport transport = open();
    Membership alone = members(voter(SELF, "", 0));
    transport.membershipChanged(alone, alone);
    assertThat(verdict(transport, hello(7, 5, "127.0.0.1:9"))).isEqualTo(Verdict.UNKNOWN_SENDER);

    // Once it has added somebody, it may be one that others have added since.
    Membership two = members(voter(SELF, "", 0), voter(2, "127.0.0.1:9", 0));
    transport.membershipChanged(two, alone);
    assertThat(verdict(transport, hello(7, 5, "127.0.0.1:9"))).isEqualTo(Verdict.ACCEPTED);
  }

  @Test
  void memberThatIsAddedIsConnectedAndTellsItsLog() throws Exception {
    NettyTransport transport = open();
    try (ServerSocket listener = new ServerSocket(0, 9, LOOPBACK)) {
      Membership members = members(voter(SELF, "", 0), learner(3, address(listener)));
      transport.membershipChanged(members, members);
      try (RawPeer peer = accept(listener)) {
        Hello hello = peer.accept(5);
        assertThat(hello.logIncarnation()).isEqualTo(OWN_LOG);
        assertThat(hello.address()).isEqualTo("127.0.0.1:1");

        transport.send(new Message.StaleTerm(SELF, 3, 7));
        assertThat(peer.readMessage()).isEqualTo(new Message.StaleTerm(SELF, 3, 7));
      }
    }
  }

  @Test
  void memberThatMovesIsConnectedAtItsNewAddressOnceItHasGone() throws Exception {
    NettyTransport transport = open();
    try (ServerSocket here = new ServerSocket(0, 9, LOOPBACK);
        ServerSocket there = new ServerSocket(0, 9, LOOPBACK)) {
      Membership before = members(voter(SELF, "", 0), learner(3, address(here)));
      transport.membershipChanged(before, before);
      try (RawPeer peer = accept(here)) {
        peer.accept(5);
        transport.send(new Message.StaleTerm(SELF, 3, 7));
        assertThat(peer.readMessage()).isEqualTo(new Message.StaleTerm(SELF, 3, 7));
        Membership after = members(voter(SELF, "", 0), learner(3, address(there)));
        transport.membershipChanged(after, before);

        // It may not have moved yet.
        transport.send(new Message.StaleTerm(SELF, 3, 8));
        assertThat(peer.readMessage()).isEqualTo(new Message.StaleTerm(SELF, 3, 8));
      }
      try (RawPeer peer = accept(there)) {
        assertThat(peer.accept(5).to()).isEqualTo(3);
      }
    }
  }

  @Test
  void whoIsUnknownIsAnsweredAtTheAddressThatItGives() throws Exception {
    NettyTransport transport = open();
    try (ServerSocket listener = new ServerSocket(0, 9, LOOPBACK)) {
      RawPeer guest = RawPeer.connect(transport.listenPort(), hello(9, 5, address(listener)));
      opened.add(guest);
      try (RawPeer back = accept(listener)) {
        assertThat(back.accept(6).to()).isEqualTo(9);
        guest.write(RawPeer.frame(new Message.StaleTerm(9, SELF, 4)));
        assertThat(received.messages.poll(RawPeer.PATIENCE_MILLIS, TimeUnit.MILLISECONDS))
            .isEqualTo(new Message.StaleTerm(9, SELF, 4));

        transport.send(new Message.StaleTerm(SELF, 9, 5));
        assertThat(back.readMessage()).isEqualTo(new Message.StaleTerm(SELF, 9, 5));

        // With its connection ends what is known of it.
        guest.close();
        assertThat(back.isClosedByOtherEnd()).isTrue();
      }
    }
  }

  @Test
  void onlySoManyWhoAreUnknownAreAnswered() throws Exception {
    NettyTransport transport = open();
    for (long id = 100; id < 100 + PeerLinks.MAX_GUESTS; id++) {
      opened.add(RawPeer.connect(transport.listenPort(), hello(id, 5, "127.0.0.1:9")));
    }

    assertThat(verdict(transport, hello(99, 5, "127.0.0.1:9"))).isEqualTo(Verdict.UNKNOWN_SENDER);
  }

  @Test
  void nodeThatIsRefusedForGoodIsToldSo() throws Exception {
    NettyTransport transport = open();
    try (ServerSocket listener = new ServerSocket(0, 9, LOOPBACK)) {
      Membership members = members(voter(SELF, "", 0), voter(3, address(listener), 0));
      transport.membershipChanged(members, members);
      for (Verdict verdict : List.of(Verdict.REMOVED, Verdict.OTHER_INCARNATION)) {
        try (RawPeer peer = accept(listener)) {
          readHello(peer);
          ByteBuf answer = Unpooled.buffer();
          Handshake.writeAnswer(new Answer(Handshake.VERSION, verdict, 3, 5), answer);
          byte[] bytes = new byte[answer.readableBytes()];
          answer.readBytes(bytes);
          peer.write(bytes);
          assertThat(peer.isClosedByOtherEnd()).isTrue();
        }
      }
      assertThat(received.nextEvent()).isEqualTo("expelled REMOVED");
      assertThat(received.nextEvent()).isEqualTo("expelled LOST_LOG");
    }
  }

  @Test
  void peerThatAnswersWithAnotherLogIsNotSentAnything() throws Exception {
    NettyTransport transport = open();
    try (ServerSocket listener = new ServerSocket(0, 9, LOOPBACK)) {
      Membership members = members(voter(SELF, "", 0), voter(3, address(listener), 77));
      transport.membershipChanged(members, members);
      try (RawPeer peer = accept(listener)) {
        readHello(peer);
        ByteBuf answer = Unpooled.buffer();
        Handshake.writeAnswer(new Answer(Handshake.VERSION, Verdict.ACCEPTED, 78, 5), answer);
        byte[] bytes = new byte[answer.readableBytes()];
        answer.readBytes(bytes);
        peer.write(bytes);

        assertThat(peer.isClosedByOtherEnd()).isTrue();
      }
    }
    assertThat(transport.statistics().peers().get(0).connects()).isZero();
  }

  @Test
  void questionIsAnsweredOnAConnectionOfItsOwn() throws Exception {
    NettyTransport transport = open();

    byte[] reply = ask(transport, "really").get();

    assertThat(new String(reply, StandardCharsets.UTF_8)).isEqualTo("really!");
    assertThatThrownBy(() -> ask(transport, "nothing").get())
        .hasMessageContaining("127.0.0.1:" + transport.listenPort())
        .hasMessageContaining("closed the connection");
  }

  @Test
  void questionsThatWhoeverAnswersThrowsAtDoNotKeepOthersOut() throws Exception {
    NettyTransport transport = open();
    for (int i = 0; i < 20; i++) {
      assertThatThrownBy(() -> ask(transport, "nonsense").get())
          .hasMessageContaining("closed the connection");
    }

    assertThat(ask(transport, "really").get()).asString().isEqualTo("really!");
    assertThat(transport.statistics().crowdedOut()).isZero();
  }

  @Test
  void questionThatClaimsToBeTooLongIsClosedAndCounted() throws Exception {
    NettyTransport transport = open();
    try (RawPeer peer = RawPeer.connect(transport.listenPort())) {
      ByteBuf question = Unpooled.buffer();
      question
          .writeLong(Enquiry.QUESTION_MAGIC)
          .writeInt(Handshake.VERSION)
          .writeInt(Enquiry.MAX_BYTES + 1);
      byte[] bytes = new byte[question.readableBytes()];
      question.readBytes(bytes);
      peer.write(bytes);

      assertThat(peer.isClosedByOtherEnd()).isTrue();
    }
    assertThat(transport.statistics().malformed()).isEqualTo(1);
  }

  private static CompletableFuture<byte[]> ask(NettyTransport transport, String question) {
    return Enquiry.ask(
        ConnectionSecurity.NONE,
        "127.0.0.1",
        transport.listenPort(),
        question.getBytes(StandardCharsets.UTF_8),
        Duration.ofMillis(RawPeer.PATIENCE_MILLIS));
  }

  private NettyTransport open() throws IOException {
    NettyTransport transport =
        NettyTransport.open(
            new TransportConfig(
                CLUSTER, SELF, "127.0.0.1", 0, "127.0.0.1:1", OWN_LOG, List.of(), false, 1 << 20),
            new TransportLimits(
                1_000,
                1 << 20,
                16,
                Duration.ofSeconds(10),
                Duration.ofSeconds(10),
                Duration.ofMillis(50),
                Duration.ofMillis(50),
                Duration.ofMillis(50),
                Duration.ofSeconds(60)),
            received);
    opened.add(transport);
    return transport;
  }

  private static Hello hello(long from, long log, String address) {
    return new Hello(CLUSTER, from, SELF, 5, log, address);
  }

  private static Verdict verdict(NettyTransport transport, Hello hello) throws Exception {
    try (RawPeer peer = RawPeer.connect(transport.listenPort())) {
      return peer.hello(hello).verdict();
    }
  }

  private static void readHello(RawPeer peer) throws IOException {
    peer.read(Handshake.HELLO_PREFIX_BYTES + Handshake.HELLO_REST_BYTES + "127.0.0.1:1".length());
  }

  private static RawPeer accept(ServerSocket listener) throws IOException {
    return new RawPeer(listener.accept());
  }

  private static String address(ServerSocket listener) {
    return "127.0.0.1:" + listener.getLocalPort();
  }

  private static Membership members(Member... members) {
    return Membership.of(List.of(members));
  }

  private static Member voter(long id, String address, long incarnation) {
    return new Member(id, Standing.VOTER, address, incarnation);
  }

  private static Member learner(long id, String address) {
    return new Member(id, Standing.LEARNER, address, 0);
  }
}
