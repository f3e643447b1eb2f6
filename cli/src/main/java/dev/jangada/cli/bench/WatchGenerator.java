package dev.jangada.cli.bench;

import com.google.protobuf.ByteString;
import dev.jangada.etcd.api.etcdserverpb.DeleteRangeRequest;
import dev.jangada.etcd.api.etcdserverpb.KVGrpc;
import dev.jangada.etcd.api.etcdserverpb.PutRequest;
import dev.jangada.etcd.api.etcdserverpb.PutResponse;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * Has many watchers watch while keys are written at a steady rate, and compares what each of them
 * was told with what the answers to the puts say happened: every event once, in order, none of
 * other keys.
 *
 * <p>Some streams may be left unread until all is written. They share connections with others,
 * which must not notice, and must then be told the same.
 */
final class WatchGenerator implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final long PROGRESS_NANOS = TimeUnit.SECONDS.toNanos(2);

  /** More puts than that without an answer are not started. */
  private static final int MOST_UNDER_WAY = 4096;

  /** As small as HTTP/2 begins with, so that a stream that is not read is full soon. */
  private static final int STREAM_WINDOW_BYTES = 65_535;

  private static final int SIGNIFICANT_DIGITS = 3;

  private final WatchLoad load;
  private final Consumer<String> progress;
  private final PutHistory history;
  private final Histogram latencies = new ConcurrentHistogram(SIGNIFICANT_DIGITS);
  private final List<ManagedChannel> channels = new ArrayList<>();
  private final List<ManagedChannel> putChannels = new ArrayList<>();
  private final List<WatchingStream> streams = new ArrayList<>();
  private final AtomicReference<@Nullable Throwable> firstFailure = new AtomicReference<>();

  private WatchGenerator(WatchLoad load, Consumer<String> progress) {
    this.load = load;
    this.progress = progress;
    this.history =
        new PutHistory(
            "jangada-bench-watch/" + Long.toHexString(System.currentTimeMillis()), load.keys());
    for (int i = 0; i < load.connections(); i++) {
      channels.add(connect(i));
    }
    for (int i = 0; i < load.endpoints().size(); i++) {
      putChannels.add(connect(i));
    }
  }

  private ManagedChannel connect(int number) {
    return NettyChannelBuilder.forTarget(
            "dns:///" + load.endpoints().get(number % load.endpoints().size()))
        .directExecutor()
        .flowControlWindow(STREAM_WINDOW_BYTES)
        .usePlaintext()
        .build();
  }

  /**
   * Runs the load. The keys are deleted in the end.
   *
   * @param progress gets a line now and then
   * @throws WatchFailure if a watcher was not told exactly what happened, or a put failed
   */
  static WatchResult run(WatchLoad load, Consumer<String> progress)
      throws InterruptedException, WatchFailure {
    try (WatchGenerator generator = new WatchGenerator(load, progress)) {
      return generator.run();
    }
  }

  private WatchResult run() throws InterruptedException, WatchFailure {
    for (int i = 0; i < load.streams(); i++) {
      streams.add(
          new WatchingStream(channels.get(i % channels.size()), load, i, history, latencies));
    }
    for (WatchingStream stream : streams) {
      stream.awaitCreated(PATIENCE);
    }
    progress.accept("%d watchers on %d streams".formatted(load.watchers(), load.streams()));
    long start = System.nanoTime();
    put();
    long answered = System.nanoTime();
    awaitSeen(false);
    long told = System.nanoTime();
    streams.forEach(WatchingStream::read);
    long stalledEvents = awaitSeen(true);
    long end = System.nanoTime();
    long events = 0;
    for (WatchingStream stream : streams) {
      stream.compare();
      events += stream.expected();
    }
    return new WatchResult(
        load,
        answered - start,
        events,
        Latencies.of(latencies),
        told - answered,
        stalledEvents,
        end - told);
  }

  private long awaitSeen(boolean stalled) throws InterruptedException, WatchFailure {
    long events = 0;
    for (WatchingStream stream : streams) {
      if (stream.isStalled() == stalled) {
        stream.awaitSeen(PATIENCE);
        events += stream.expected();
      }
    }
    return events;
  }

  /** Puts at the rate, and waits for all answers. */
  private void put() throws InterruptedException, WatchFailure {
    Semaphore free = new Semaphore(MOST_UNDER_WAY);
    SplittableRandom random = new SplittableRandom();
    long start = System.nanoTime();
    long nextProgress = start + PROGRESS_NANOS;
    for (int i = 0; i < load.puts() && firstFailure.get() == null; i++) {
      long due = start + Math.round(i * 1e9 / load.rate());
      long wait = due - System.nanoTime();
      if (wait > 0) {
        TimeUnit.NANOSECONDS.sleep(wait);
      }
      free.acquire();
      put(putChannels.get(i % putChannels.size()), random, due, free);
      if (System.nanoTime() - nextProgress >= 0) {
        progress.accept("%d of %d puts".formatted(i + 1, load.puts()));
        nextProgress += PROGRESS_NANOS;
      }
    }
    if (!free.tryAcquire(MOST_UNDER_WAY, PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
      throw new WatchFailure("puts were not answered in " + PATIENCE.toSeconds() + " s");
    }
    Throwable failure = firstFailure.get();
    if (failure != null) {
      throw new WatchFailure(
          "a put failed, so it is not known what watchers should have been told: " + failure);
    }
  }

  private void put(ManagedChannel channel, SplittableRandom random, long due, Semaphore free) {
    int key = random.nextInt(load.keys());
    byte[] value = new byte[load.valueSize()];
    random.nextBytes(value);
    ByteBuffer.wrap(value).putLong(due);
    PutRequest request =
        PutRequest.newBuilder()
            .setKey(history.name(key))
            .setValue(ByteString.copyFrom(value))
            .build();
    KVGrpc.newStub(channel)
        .put(
            request,
            new StreamObserver<PutResponse>() {
              @Override
              public void onNext(PutResponse response) {
                history.put(key, response.getHeader().getRevision());
              }

              @Override
              public void onError(Throwable failure) {
                firstFailure.compareAndSet(null, failure);
                free.release();
              }

              @Override
              public void onCompleted() {
                free.release();
              }
            });
  }

  @Override
  public void close() {
    streams.forEach(WatchingStream::cancel);
    try {
      var unused =
          KVGrpc.newBlockingStub(putChannels.getFirst())
              .withDeadlineAfter(PATIENCE.toSeconds(), TimeUnit.SECONDS)
              .deleteRange(
                  DeleteRangeRequest.newBuilder()
                      .setKey(history.prefix())
                      .setRangeEnd(history.endOfPrefix())
                      .build());
    } catch (StatusRuntimeException e) {
      progress.accept("the keys could not be deleted: " + e.getMessage());
    }
    channels.forEach(ManagedChannel::shutdownNow);
    putChannels.forEach(ManagedChannel::shutdownNow);
  }
}
