package dev.jangada.cli.bench;

import com.google.protobuf.ByteString;
import dev.jangada.etcd.api.etcdserverpb.WatchCreateRequest;
import dev.jangada.etcd.api.etcdserverpb.WatchGrpc;
import dev.jangada.etcd.api.etcdserverpb.WatchProgressRequest;
import dev.jangada.etcd.api.etcdserverpb.WatchRequest;
import dev.jangada.etcd.api.etcdserverpb.WatchResponse;
import dev.jangada.etcd.api.mvccpb.Event;
import io.grpc.ManagedChannel;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/** One stream of watchers, and what each of them was told. Thread-safe. */
final class WatchingStream {

  private final int number;
  private final boolean stalled;
  private final PutHistory history;
  private final Histogram latencies;
  private final List<Watching> watchers = new ArrayList<>();
  private final ClientCallStreamObserver<WatchRequest> requests;

  private int created;
  private long seen;
  private boolean progressTold;
  private @Nullable String failure;

  /**
   * A watcher.
   *
   * @param name of its key, or what all begin with
   */
  private record Watching(int number, int key, ByteString name, LongSequence seen) {}

  /**
   * Begins to watch.
   *
   * @param latencies gets the times from when puts were due to when they were seen here, in
   *     nanoseconds; one that takes them from several threads
   */
  WatchingStream(
      ManagedChannel channel, WatchLoad load, int number, PutHistory history, Histogram latencies) {
    this.number = number;
    this.stalled = number < load.stalled();
    this.history = history;
    this.latencies = latencies;
    for (int i = load.firstOf(number); i < load.firstOf(number + 1); i++) {
      int key = load.isWhole(i) ? PutHistory.ALL_KEYS : i % load.keys();
      watchers.add(new Watching(i, key, history.name(key), new LongSequence()));
    }
    requests =
        (ClientCallStreamObserver<WatchRequest>) WatchGrpc.newStub(channel).watch(new Answers());
    for (Watching watcher : watchers) {
      WatchCreateRequest.Builder create =
          WatchCreateRequest.newBuilder().setWatchId(id(watcher)).setKey(watcher.name());
      if (watcher.key() == PutHistory.ALL_KEYS) {
        create.setRangeEnd(history.endOfPrefix());
      }
      requests.onNext(WatchRequest.newBuilder().setCreateRequest(create).build());
    }
  }

  /** Never 0, which would have the server choose. */
  private static long id(Watching watcher) {
    return watcher.number() + 1L;
  }

  private final class Answers implements ClientResponseObserver<WatchRequest, WatchResponse> {

    @Override
    public void beforeStart(ClientCallStreamObserver<WatchRequest> stream) {
      if (stalled) {
        // As many as there are answers to the watchers' creation.
        stream.disableAutoRequestWithInitial(watchers.size());
      }
    }

    @Override
    public void onNext(WatchResponse response) {
      take(response);
    }

    @Override
    public void onError(Throwable cause) {
      fail("ended: " + cause);
    }

    @Override
    public void onCompleted() {
      fail("ended by the server");
    }
  }

  private synchronized void fail(String what) {
    if (failure == null) {
      failure = "stream " + number + ": " + what;
    }
    notifyAll();
  }

  private synchronized void take(WatchResponse response) {
    long id = response.getWatchId();
    if (response.getCanceled()) {
      fail("watch %d was cancelled: %s".formatted(id, response));
    } else if (response.getCreated()) {
      created++;
    } else if (response.getEventsCount() == 0) {
      progressTold = true;
    } else {
      int index = (int) (id - id(watchers.getFirst()));
      if (index < 0 || index >= watchers.size()) {
        fail("events for watch " + id + ", which is not one of this stream");
      } else {
        response.getEventsList().forEach(event -> take(watchers.get(index), event));
      }
    }
    notifyAll();
  }

  private void take(Watching watcher, Event event) {
    ByteString key = event.getKv().getKey();
    boolean wanted =
        watcher.key() == PutHistory.ALL_KEYS
            ? key.startsWith(watcher.name())
            : key.equals(watcher.name());
    if (!wanted || event.getType() != Event.EventType.PUT) {
      fail("%s was told of what it does not watch: %s".formatted(name(watcher), event));
      return;
    }
    watcher.seen().add(event.getKv().getModRevision());
    seen++;
    if (!stalled) {
      long due = event.getKv().getValue().asReadOnlyByteBuffer().getLong();
      latencies.recordValue(Math.max(0, System.nanoTime() - due));
    }
  }

  private String name(Watching watcher) {
    return "watcher %d of %s on stream %d"
        .formatted(watcher.number(), watcher.name().toStringUtf8(), number);
  }

  boolean isStalled() {
    return stalled;
  }

  /** Begins to read, if it did not. */
  void read() {
    if (stalled) {
      requests.request(Integer.MAX_VALUE);
    }
  }

  /** Waits until all watchers are there. */
  void awaitCreated(Duration patience) throws InterruptedException, WatchFailure {
    await(() -> created == watchers.size(), patience, "watchers created");
  }

  /** Waits until everything in the history has been seen, and then for what may come yet. */
  void awaitSeen(Duration patience) throws InterruptedException, WatchFailure {
    long wanted = expected();
    await(() -> seen >= wanted, patience, wanted + " events seen");
    synchronized (this) {
      progressTold = false;
    }
    requests.onNext(
        WatchRequest.newBuilder()
            .setProgressRequest(WatchProgressRequest.getDefaultInstance())
            .build());
    await(() -> progressTold, patience, "progress told");
  }

  /** How many events the history has for these watchers. */
  long expected() {
    long expected = 0;
    for (Watching watcher : watchers) {
      expected += history.revisions(watcher.key()).length;
    }
    return expected;
  }

  private synchronized void await(BooleanSupplier condition, Duration patience, String what)
      throws InterruptedException, WatchFailure {
    long deadline = System.nanoTime() + patience.toNanos();
    while (failure == null && !condition.getAsBoolean()) {
      long left = deadline - System.nanoTime();
      if (left <= 0) {
        throw new WatchFailure(
            "stream %d: not in %d s: %s; %d watchers created, %d events seen"
                .formatted(number, patience.toSeconds(), what, created, seen));
      }
      TimeUnit.NANOSECONDS.timedWait(this, left);
    }
    if (failure != null) {
      throw new WatchFailure(failure);
    }
  }

  /** Compares what each watcher was told with the history. */
  synchronized void compare() throws WatchFailure {
    for (Watching watcher : watchers) {
      long[] expected = history.revisions(watcher.key());
      long[] told = watcher.seen().toArray();
      int differs = Arrays.mismatch(expected, told);
      if (differs >= 0) {
        throw new WatchFailure(
            "%s: as its event %d, revision %s was expected and %s was told"
                .formatted(name(watcher), differs, at(expected, differs), at(told, differs)));
      }
    }
  }

  private static String at(long[] revisions, int index) {
    return index < revisions.length ? Long.toString(revisions[index]) : "nothing";
  }

  void cancel() {
    requests.cancel("done", null);
  }
}
