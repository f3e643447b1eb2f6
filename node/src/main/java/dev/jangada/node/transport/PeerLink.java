package dev.jangada.node.transport;

import dev.jangada.node.transport.Handshake.Answer;
import dev.jangada.node.transport.Handshake.Hello;
import dev.jangada.node.transport.Handshake.Verdict;
import dev.jangada.node.transport.TransportConfig.Remote;
import dev.jangada.raft.Message;
import dev.jangada.raft.MessageCodec;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoop;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The way to one peer: a queue, and a connection that is opened again whenever it breaks.
 *
 * <p>{@link #send} puts a message into the queue. The event loop takes out what has come together,
 * encodes it into one buffer and writes that, as long as the socket takes it; what it does not take
 * stays in the queue, and when the queue is full, messages are dropped. So a peer that does not
 * read costs a bounded queue, and no other peer anything.
 *
 * <p>Messages wait while a connection is being made, which has a time limit. Between two attempts
 * they are dropped: nobody wants to hear what was said to a node while it was away. A message that
 * has been given to a connection is never given to another one, so that none arrives twice.
 *
 * <p>{@link #send} and {@link #statistics} may be called by any thread. Everything else happens on
 * the event loop.
 */
// The outcome of closing and writing is seen by the handlers and listeners, not by the caller.
@SuppressWarnings("FutureReturnValueIgnored")
final class PeerLink {

  private static final Logger log = LoggerFactory.getLogger(PeerLink.class);

  /** A batch goes to the socket when it has reached this size, or the queue is empty. */
  private static final int BATCH_BYTES = 64 << 10;

  private enum State {
    /** Between two attempts to connect. */
    WAITING,
    /** From the name lookup to the answer to the handshake. */
    CONNECTING,
    /** The peer has accepted. */
    ESTABLISHED,
    CLOSED
  }

  /** A message and the size of its encoding without frame. */
  private record Outgoing(Message message, int bytes) {}

  private volatile Remote peer;
  private volatile String name;
  private final PeerLinks links;
  private final Hello hello;
  private final int maxMessageBytes;
  private final TransportLimits limits;
  private final EventLoop loop;
  private final Bootstrap bootstrap;
  private final ConnectionSecurity security;
  private final Backoff backoff;

  private final Queue<Outgoing> queue = new ConcurrentLinkedQueue<>();
  private final AtomicInteger queuedMessages = new AtomicInteger();
  private final AtomicLong queuedBytes = new AtomicLong();
  private final AtomicBoolean drainScheduled = new AtomicBoolean();
  private volatile State state = State.WAITING;

  private final LongAdder connects = new LongAdder();
  private final LongAdder sentMessages = new LongAdder();
  private final LongAdder sentBytes = new LongAdder();
  private final LongAdder droppedMessages = new LongAdder();
  private final LongAdder oversizedMessages = new LongAdder();
  private final LongAdder receivedMessages = new LongAdder();
  private final LongAdder receivedBytes = new LongAdder();

  /** Tells the events of the attempt under way from late ones of earlier attempts. */
  private long attempt;

  private @Nullable Channel channel;
  private @Nullable Future<?> timer;
  private long establishedNanos;
  private long peerIncarnation;
  private String lastTrouble = "";

  PeerLink(
      Remote peer,
      PeerLinks links,
      Hello hello,
      int maxMessageBytes,
      TransportLimits limits,
      EventLoop loop,
      Bootstrap bootstrap,
      ConnectionSecurity security) {
    this.peer = peer;
    this.name = describe(peer);
    this.links = links;
    this.hello = hello;
    this.maxMessageBytes = maxMessageBytes;
    this.limits = limits;
    this.loop = loop;
    this.bootstrap = bootstrap.clone();
    this.security = security;
    this.backoff = new Backoff(limits.firstDelay(), limits.longestDelay(), new SplittableRandom());
  }

  private static String describe(Remote peer) {
    return "peer %s (%s:%d)".formatted(peer.name(), peer.host(), peer.port());
  }

  Remote peer() {
    return peer;
  }

  /**
   * The peer is reached at another place from the next connection on. One that is up stays: what is
   * said of the peer may be early, or wrong, and it is still there.
   */
  void moveTo(Remote place) {
    if (place.host().equals(peer.host()) && place.port() == peer.port()) {
      return;
    }
    log.info("{} is reached at {}:{} from now on", name, place.host(), place.port());
    peer = place;
    name = describe(place);
    lastTrouble = "";
    if (attempt > 0 && state != State.CLOSED && state != State.ESTABLISHED) {
      closeChannel();
      backoff.reset();
      connectAfter(0, backoff.next());
    }
  }

  // Sending.

  void send(Message message) {
    int bytes = MessageCodec.encodedSize(message);
    if (bytes > maxMessageBytes) {
      oversizedMessages.increment();
      log.error(
          "Dropped a message of {} bytes for {}, more than the {} that messages may have",
          bytes,
          name,
          maxMessageBytes);
      return;
    }
    State now = state;
    if (now == State.WAITING || now == State.CLOSED || !reserve(frameBytes(bytes))) {
      droppedMessages.increment();
      return;
    }
    queue.add(new Outgoing(message, bytes));
    scheduleDrain();
  }

  private boolean reserve(int bytes) {
    long allBytes = queuedBytes.addAndGet(bytes);
    int allMessages = queuedMessages.incrementAndGet();
    // A message larger than the whole queue may be has it to itself.
    if (allMessages > limits.maxQueuedMessages()
        || (allBytes > limits.maxQueuedBytes() && allBytes != bytes)) {
      release(1, bytes);
      return false;
    }
    return true;
  }

  private void release(int messages, long bytes) {
    queuedBytes.addAndGet(-bytes);
    queuedMessages.addAndGet(-messages);
  }

  private void scheduleDrain() {
    if (drainScheduled.compareAndSet(false, true)) {
      try {
        loop.execute(this::drain);
      } catch (RejectedExecutionException closed) {
        discardQueue();
      }
    }
  }

  private void drain() {
    // First, so that a message that this call misses schedules the next one.
    drainScheduled.set(false);
    switch (state) {
      case ESTABLISHED -> writeQueue();
      case CONNECTING -> {}
      // Put into the queue by a send that did not see the connection fail.
      case WAITING, CLOSED -> discardQueue();
    }
  }

  private void writeQueue() {
    Channel open = channel;
    if (open == null) {
      return;
    }
    boolean written = false;
    try {
      while (open.isWritable()) {
        List<Outgoing> batch = nextBatch();
        if (batch.isEmpty()) {
          break;
        }
        write(open, batch);
        written = true;
      }
    } finally {
      if (written) {
        open.flush();
      }
    }
  }

  private List<Outgoing> nextBatch() {
    List<Outgoing> batch = new ArrayList<>();
    long bytes = 0;
    while (bytes < BATCH_BYTES) {
      Outgoing next = queue.poll();
      if (next == null) {
        break;
      }
      batch.add(next);
      bytes += frameBytes(next.bytes);
    }
    return batch;
  }

  private void write(Channel open, List<Outgoing> batch) {
    int bytes = 0;
    for (Outgoing outgoing : batch) {
      bytes += frameBytes(outgoing.bytes);
    }
    int messages = batch.size();
    int batchBytes = bytes;
    ByteBuf buffer;
    try {
      buffer = encode(open, batch, bytes);
    } catch (Throwable noMemory) {
      // Or what is lost here would count as queued for ever, and in the end fill the queue.
      droppedMessages.add(messages);
      release(messages, batchBytes);
      throw noMemory;
    }
    open.write(buffer)
        .addListener(future -> {
          // Counted first: who sees an empty queue also sees what became of all that was in it.
          if (future.isSuccess()) {
            sentMessages.add(messages);
            sentBytes.add(batchBytes);
          } else {
            droppedMessages.add(messages);
          }
          release(messages, batchBytes);
        });
  }

  private static ByteBuf encode(Channel open, List<Outgoing> batch, int bytes) {
    ByteBuf buffer = open.alloc().directBuffer(bytes, bytes);
    try {
      var out = buffer.internalNioBuffer(0, bytes);
      for (Outgoing outgoing : batch) {
        Frame.encode(outgoing.message, outgoing.bytes, out);
      }
      return buffer.writerIndex(bytes);
    } catch (Throwable failure) {
      buffer.release();
      throw failure;
    }
  }

  private void discardQueue() {
    for (Outgoing lost = queue.poll(); lost != null; lost = queue.poll()) {
      release(1, frameBytes(lost.bytes));
      droppedMessages.increment();
    }
  }

  private static int frameBytes(int messageBytes) {
    return Frame.HEADER_BYTES + messageBytes;
  }

  // Connecting.

  /** Starts to connect, unless the peer, by connecting first, has already been a reason to. */
  void start() {
    if (attempt == 0 && state == State.WAITING) {
      connectAfter(0, backoff.next());
    }
  }

  private void connectAfter(long atLeastNanos, long delayNanos) {
    long delay = Math.max(atLeastNanos, delayNanos);
    attempt++;
    cancelTimer();
    if (delay == 0) {
      connect();
    } else {
      state = State.WAITING;
      discardQueue();
      timer = loop.schedule(this::connect, delay, TimeUnit.NANOSECONDS);
    }
  }

  private void connect() {
    cancelTimer();
    state = State.CONNECTING;
    long thisAttempt = ++attempt;
    timer =
        loop.schedule(
            () -> failed(thisAttempt, "does not answer"),
            limits.connectTimeout().plus(limits.handshakeTimeout()).toNanos(),
            TimeUnit.NANOSECONDS);
    byte @Nullable [] literal = NetUtil.createByteArrayFromIpAddressString(peer.host());
    if (literal == null) {
      lookUp(thisAttempt);
    } else {
      try {
        connectTo(thisAttempt, InetAddress.getByAddress(literal));
      } catch (UnknownHostException impossible) {
        throw new AssertionError("4 or 16 bytes are an address", impossible);
      }
    }
  }

  /** On a thread of its own, because a lookup may block for seconds. */
  private void lookUp(long thisAttempt) {
    Thread.ofVirtual()
        .name("jangada-lookup-" + peer.name())
        .start(() -> {
          Runnable next;
          try {
            InetAddress address = InetAddress.getByName(peer.host());
            next = () -> connectTo(thisAttempt, address);
          } catch (UnknownHostException e) {
            next = () -> failed(thisAttempt, "has an unknown host name");
          }
          try {
            loop.execute(next);
          } catch (RejectedExecutionException closed) {
            log.debug("Looked up {} in vain: the transport is closed", name);
          }
        });
  }

  private void connectTo(long thisAttempt, InetAddress address) {
    if (thisAttempt != attempt) {
      return;
    }
    bootstrap.handler(
        new ChannelInitializer<>() {
          @Override
          protected void initChannel(Channel opened) {
            ChannelHandler secured = security.connecting(opened, peer.host(), peer.port());
            if (secured != null) {
              opened.pipeline().addLast(secured);
            }
            opened.pipeline().addLast(new OutgoingConnection(PeerLink.this, thisAttempt, hello));
          }
        });
    ChannelFuture connecting = bootstrap.connect(new InetSocketAddress(address, peer.port()));
    channel = connecting.channel();
    connecting.addListener(future -> {
      if (!future.isSuccess()) {
        failed(thisAttempt, "cannot be reached: " + future.cause().getMessage());
      }
    });
  }

  /** The peer has answered the handshake. */
  void answered(long thisAttempt, Answer answer) {
    if (thisAttempt != attempt || state != State.CONNECTING) {
      return;
    }
    if (answer.verdict() != Verdict.ACCEPTED) {
      switch (answer.verdict()) {
        case REMOVED -> links.expelled(Transport.Expulsion.REMOVED, peer);
        case OTHER_INCARNATION -> links.expelled(Transport.Expulsion.LOST_LOG, peer);
        default -> {}
      }
      refuse("refuses this node: " + reason(answer));
      return;
    }
    Verdict objection = links.objection(peer.memberId(), answer.detail());
    if (objection != null) {
      // The other end cannot know it yet, or will not say so.
      refuse("is refused: " + Handshake.reason(objection, peer.name(), "this one"));
      return;
    }
    cancelTimer();
    state = State.ESTABLISHED;
    establishedNanos = System.nanoTime();
    peerIncarnation = answer.incarnation();
    links.identified(peer.memberId(), answer.detail());
    connects.increment();
    lastTrouble = "";
    log.info("Connected to {}", name);
    writeQueue();
  }

  private void refuse(String why) {
    troubled(why);
    closeChannel();
    connectAfter(limits.refusedDelay().toNanos(), backoff.next());
  }

  private String reason(Answer answer) {
    Verdict verdict = answer.verdict();
    return switch (verdict) {
      case ACCEPTED, UNKNOWN_SENDER, REMOVED, OTHER_INCARNATION ->
          Handshake.reason(verdict, Handshake.name(hello.from()), Handshake.name(answer.detail()));
      case OTHER_VERSION ->
          Handshake.reason(
              verdict,
              Handshake.versionName(Handshake.VERSION),
              Handshake.versionName(answer.version()));
      case OTHER_CLUSTER ->
          Handshake.reason(
              verdict, Handshake.name(hello.cluster()), Handshake.name(answer.detail()));
      case OTHER_DESTINATION ->
          Handshake.reason(verdict, Handshake.name(hello.to()), Handshake.name(answer.detail()));
    };
  }

  /** The attempt under way has failed, or the connection that it made is gone. */
  void failed(long thisAttempt, String how) {
    if (thisAttempt != attempt || state == State.WAITING || state == State.CLOSED) {
      return;
    }
    if (state == State.ESTABLISHED) {
      log.info("Lost the connection to {}: it {}", name, how);
      // A connection that has held for a while is worth an immediate attempt; one that breaks
      // again and again is not.
      if (System.nanoTime() - establishedNanos >= limits.longestDelay().toNanos()) {
        backoff.reset();
      }
    } else {
      troubled(how);
    }
    closeChannel();
    connectAfter(0, backoff.next());
  }

  /** Logs a trouble once, not with each attempt. */
  private void troubled(String how) {
    if (how.equals(lastTrouble)) {
      log.debug("{} {}", name, how);
    } else {
      lastTrouble = how;
      log.warn("{} {}; trying again until it works", name, how);
    }
  }

  /** The socket takes bytes again. */
  void writable() {
    scheduleDrain();
  }

  /**
   * The peer has connected to this node, so it is there: no reason to wait any longer. And if it is
   * another incarnation than the one that this node is connected to, then it was restarted, and
   * that connection is dead even if the network has not said so yet.
   */
  void peerConnected(long incarnation) {
    switch (state) {
      case WAITING -> {
        backoff.reset();
        connectAfter(0, backoff.next());
      }
      case ESTABLISHED -> {
        if (incarnation != peerIncarnation) {
          backoff.reset();
          failed(attempt, "was restarted");
        }
      }
      case CONNECTING, CLOSED -> {}
    }
  }

  void received(int bytes) {
    receivedMessages.increment();
    receivedBytes.add(bytes);
  }

  void close() {
    attempt++;
    state = State.CLOSED;
    cancelTimer();
    closeChannel();
    discardQueue();
  }

  private void closeChannel() {
    Channel open = channel;
    channel = null;
    if (open != null) {
      open.close();
    }
  }

  private void cancelTimer() {
    Future<?> pending = timer;
    timer = null;
    if (pending != null) {
      pending.cancel(false);
    }
  }

  TransportStatistics.PeerStatistics statistics() {
    return new TransportStatistics.PeerStatistics(
        peer,
        state == State.ESTABLISHED,
        connects.sum(),
        sentMessages.sum(),
        sentBytes.sum(),
        droppedMessages.sum(),
        oversizedMessages.sum(),
        receivedMessages.sum(),
        receivedBytes.sum(),
        queuedMessages.get(),
        queuedBytes.get());
  }
}
