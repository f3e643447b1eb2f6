package dev.jangada.cli.bench;

import com.google.protobuf.ByteString;
import dev.jangada.cli.cluster.NodeClient;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Puts a {@link Load} on a store and measures it.
 *
 * <p>Each client has one request under way. Without a rate it starts its next request when its last
 * is answered, on the thread that brought the answer: a closed loop, in which a slow answer delays
 * the requests after it. With a rate each client has a schedule, and latency counts from when a
 * request was due, so that requests held up by a slow one count as slow too.
 *
 * <p>Requests that were started in the warm-up are not counted, whenever they end.
 */
final class LoadGenerator {

  /** A store that answers nothing for so long is taken for dead. */
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /** So long may a store refuse everything: an election takes a few seconds at most. */
  private static final Duration PATIENCE_WITH_REFUSALS = Duration.ofSeconds(10);

  /** Pause of a client after a failure: against an endpoint that refuses all at once. */
  private static final long PAUSE_AFTER_FAILURE_MILLIS = 10;

  private final Load load;
  private final Operation<?, ?> operation;
  private final Consumer<String> progress;

  private final List<ManagedChannel> channels = new ArrayList<>();
  private final AtomicLong started = new AtomicLong();
  private final CountDownLatch finished = new CountDownLatch(1);

  /** What the requests of the warm-up go into, and nobody looks at. */
  private final Measurement warmUp = new Measurement();

  /** What a request that starts now goes into. */
  private volatile Measurement current = warmUp;

  /** Number of requests after whose end all is measured. */
  private volatile long wanted;

  private volatile boolean abandoned;

  private LoadGenerator(Load load, Operation<?, ?> operation, Consumer<String> progress) {
    this.load = load;
    this.wanted = load.total();
    this.operation = operation;
    this.progress = progress;
  }

  /**
   * Runs the load.
   *
   * @param progress gets a line every other second
   */
  static LoadResult run(Load load, Operation<?, ?> operation, Consumer<String> progress)
      throws InterruptedException {
    return new LoadGenerator(load, operation, progress).run();
  }

  /**
   * Puts each key once.
   *
   * @throws IllegalStateException if a put fails
   */
  static void fill(Load load, Consumer<String> progress) throws InterruptedException {
    LoadGenerator generator = new LoadGenerator(load, Operation.put(), progress);
    generator.fill();
  }

  /** The leader's among these endpoints; null if none of them says that it is. */
  static @Nullable String leaderAmong(List<String> endpoints) {
    for (String endpoint : endpoints) {
      try (NodeClient node = new NodeClient(endpoint)) {
        if (node.isLeader(Duration.ofSeconds(2))) {
          return endpoint;
        }
      }
    }
    return null;
  }

  private LoadResult run() throws InterruptedException {
    EventLoopGroup loops = connect();
    ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
    try {
      Measurement measured = new Measurement();
      long start = System.nanoTime();
      if (load.warmUpNanos() == 0) {
        // Before the first request, or it would depend on the scheduler how many are not counted.
        current = measured;
      }
      List<Client> clients = new ArrayList<>();
      for (int i = 0; i < load.clients(); i++) {
        clients.add(new Client(i, channels.get(i % channels.size()), timer));
      }
      clients.forEach(Client::begin);
      if (load.warmUpNanos() > 0) {
        TimeUnit.NANOSECONDS.sleep(load.warmUpNanos());
        start = System.nanoTime();
        current = measured;
      }
      if (load.durationNanos() > 0) {
        var unused =
            timer.schedule(() -> startNoMore(measured), load.durationNanos(), TimeUnit.NANOSECONDS);
      }
      awaitEnd(measured);
      long nanos = System.nanoTime() - start;
      return measured.result(load, operation.name(), nanos);
    } finally {
      abandoned = true;
      timer.shutdownNow();
      disconnect(loops);
    }
  }

  /** Time is up: what is under way is waited for, since the slow requests are among it. */
  private void startNoMore(Measurement measured) {
    wanted = Math.min(started.getAndSet(load.total()), load.total());
    // They may have ended before their number was known.
    if (measured.ended() >= wanted) {
      finished.countDown();
    }
  }

  private void fill() throws InterruptedException {
    EventLoopGroup loops = connect();
    try {
      ByteString value = randomBytes(new SplittableRandom(1), load.valueSize());
      Measurement filled = new Measurement();
      AtomicLong next = new AtomicLong();
      for (int i = 0; i < Math.min(load.clients(), load.keySpace()); i++) {
        fillNext(channels.get(i % channels.size()), next, value, filled);
      }
      while (filled.ended() < load.keySpace()) {
        if (!finished.await(2, TimeUnit.SECONDS)) {
          progress.accept("filling: %d of %d keys".formatted(filled.ended(), load.keySpace()));
        }
        if (filled.errors() > 0) {
          throw new IllegalStateException("could not fill the store: " + filled.firstError());
        }
      }
    } finally {
      disconnect(loops);
    }
  }

  private void fillNext(
      ManagedChannel channel, AtomicLong next, ByteString value, Measurement filled) {
    long index = next.getAndIncrement();
    if (index >= load.keySpace()) {
      return;
    }
    operation.start(
        channel,
        key(index),
        value,
        new Operation.Outcome() {
          @Override
          public void answered() {
            if (filled.answered(0) == load.keySpace()) {
              finished.countDown();
            }
            fillNext(channel, next, value, filled);
          }

          @Override
          public void failed(Throwable failure) {
            filled.failed(Status.fromThrowable(failure));
            finished.countDown();
          }
        });
  }

  private void awaitEnd(Measurement measured) throws InterruptedException {
    long lastEnded = 0;
    long begun = System.nanoTime();
    long lastChange = begun;
    while (!finished.await(2, TimeUnit.SECONDS)) {
      long ended = measured.ended();
      long now = System.nanoTime();
      if (ended > 0
          && ended == measured.errors()
          && now - begun > PATIENCE_WITH_REFUSALS.toNanos()) {
        progress.accept(
            "given up: %s has answered no request in %d s. The first failed with %s"
                .formatted(
                    String.join(",", load.endpoints()),
                    PATIENCE_WITH_REFUSALS.toSeconds(),
                    measured.firstError()));
        return;
      }
      if (ended != lastEnded) {
        progress.accept(
            String.format(
                Locale.ROOT,
                "%d%s requests, %d/s, %d errors",
                ended,
                load.total() == Load.UNLIMITED ? "" : " of " + load.total(),
                Math.round((ended - lastEnded) * 1e9 / (now - lastChange)),
                measured.errors()));
        lastEnded = ended;
        lastChange = now;
      } else if (now - lastChange > PATIENCE.toNanos()) {
        measured.failed(
            Status.DEADLINE_EXCEEDED.withDescription(
                "no answer for " + PATIENCE.toSeconds() + " s, given up"));
        return;
      }
    }
  }

  private EventLoopGroup connect() {
    // The load generator shares the machine with the store it measures: few threads disturb least.
    int threads = Math.max(1, Math.min(load.connections(), availableProcessors() / 2));
    EventLoopGroup loops = new MultiThreadIoEventLoopGroup(threads, NioIoHandler.newFactory());
    for (int i = 0; i < load.connections(); i++) {
      channels.add(
          NettyChannelBuilder.forTarget(
                  "dns:///" + load.endpoints().get(i % load.endpoints().size()))
              .eventLoopGroup(loops)
              .channelType(NioSocketChannel.class)
              .directExecutor()
              .flowControlWindow(1 << 20)
              .usePlaintext()
              .build());
    }
    return loops;
  }

  private static int availableProcessors() {
    return Runtime.getRuntime().availableProcessors();
  }

  private void disconnect(EventLoopGroup loops) {
    channels.forEach(ManagedChannel::shutdownNow);
    var unused = loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
  }

  private ByteString key(long index) {
    String digits = Long.toString(index);
    return ByteString.copyFromUtf8("0".repeat(load.keySize() - digits.length()) + digits);
  }

  private static ByteString randomBytes(SplittableRandom random, int size) {
    byte[] bytes = new byte[size];
    random.nextBytes(bytes);
    return ByteString.copyFrom(bytes);
  }

  /** One request after another. Its callbacks come one at a time. */
  private final class Client {
    private final ManagedChannel channel;
    private final ScheduledExecutorService timer;
    private final SplittableRandom random;
    private final ByteString value;
    private final long intervalNanos;
    private long due;

    Client(int index, ManagedChannel channel, ScheduledExecutorService timer) {
      this.channel = channel;
      this.timer = timer;
      this.random = new SplittableRandom(index);
      this.value = randomBytes(random, load.valueSize());
      this.intervalNanos = load.rate() == 0 ? 0 : Math.round(1e9 * load.clients() / load.rate());
      // Spread the clients' schedules evenly over an interval.
      this.due = System.nanoTime() + intervalNanos * index / load.clients();
    }

    void begin() {
      if (intervalNanos == 0) {
        start(System.nanoTime());
      } else {
        startWhenDue();
      }
    }

    private void next() {
      if (intervalNanos == 0) {
        start(System.nanoTime());
      } else {
        due += intervalNanos;
        startWhenDue();
      }
    }

    private void startWhenDue() {
      long wait = due - System.nanoTime();
      if (wait <= 0) {
        start(due);
      } else if (!abandoned) {
        var unused = timer.schedule(() -> start(due), wait, TimeUnit.NANOSECONDS);
      }
    }

    private void start(long from) {
      Measurement into = current;
      boolean counted = into != warmUp;
      if (abandoned || (counted && started.getAndIncrement() >= load.total())) {
        return;
      }
      operation.start(
          channel,
          key(random.nextInt(load.keySpace())),
          value,
          new Operation.Outcome() {
            @Override
            public void answered() {
              ended(into.answered(System.nanoTime() - from), counted);
              next();
            }

            @Override
            public void failed(Throwable failure) {
              ended(into.failed(Status.fromThrowable(failure)), counted);
              if (!abandoned) {
                var unused =
                    timer.schedule(
                        Client.this::next, PAUSE_AFTER_FAILURE_MILLIS, TimeUnit.MILLISECONDS);
              }
            }
          });
    }

    private void ended(long count, boolean counted) {
      if (counted && count >= wanted) {
        finished.countDown();
      }
    }
  }
}
