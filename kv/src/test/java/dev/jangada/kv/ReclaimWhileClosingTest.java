package dev.jangada.kv;

import static dev.jangada.kv.Client.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import dev.jangada.kv.command.Command;
import dev.jangada.kv.command.CommandCodec;
import dev.jangada.kv.command.CompactRequest;
import dev.jangada.kv.command.PutRequest;
import dev.jangada.kv.store.HeapStore;
import dev.jangada.kv.store.OrderedStore;
import dev.jangada.raft.Entry;
import dev.jangada.raft.Proposal;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The one who gives back space is not the one who applies, and may be at it when all ends. */
@Timeout(120)
class ReclaimWhileClosingTest {

  /** Notes what is done to it after it was closed, and can hold up whoever begins a batch. */
  private static final class WatchedStore implements OrderedStore {
    private final HeapStore store = new HeapStore();
    private final CountDownLatch begun = new CountDownLatch(1);
    private final CountDownLatch release = new CountDownLatch(1);
    private final AtomicInteger usedAfterClose = new AtomicInteger();
    private volatile boolean holding;
    private volatile boolean closed;

    private void used() {
      if (closed) {
        usedAfterClose.incrementAndGet();
      }
    }

    @Override
    public Snapshot snapshot() {
      used();
      return store.snapshot();
    }

    @Override
    public Batch newBatch() {
      if (holding) {
        begun.countDown();
        try {
          assertThat(release.await(60, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
          throw new AssertionError(e);
        }
      }
      used();
      return store.newBatch();
    }

    @Override
    public byte @Nullable [] getDurable(byte[] key) {
      throw new AssertionError("nobody asks what is durable");
    }

    @Override
    public void flush() {
      used();
    }

    @Override
    public Checkpoint checkpoint() {
      return store.checkpoint();
    }

    @Override
    public Restoration restore(InputStream in) throws IOException {
      return store.restore(in);
    }

    @Override
    public long sizeInBytes() {
      return store.sizeInBytes();
    }

    @Override
    public Map<String, Long> metrics() {
      return store.metrics();
    }

    @Override
    public void close() {
      closed = true;
    }
  }

  @Test
  void closeWaitsForWhoeverRemovesWhatCompactionGaveUp() throws Exception {
    WatchedStore store = new WatchedStore();
    KvStateMachine machine = new KvStateMachine(store);
    List<Entry> entries = new ArrayList<>();
    for (int i = 1; i <= 1_000; i++) {
      entries.add(entry(i, PutRequest.of(bytes("k"), bytes("v" + i))));
    }
    machine.apply(entries);
    machine.apply(List.of(entry(1_001, new CompactRequest(1_000, false))));
    store.holding = true;

    Thread reclaiming = new Thread(machine::reclaim);
    reclaiming.setUncaughtExceptionHandler((thread, closedMeanwhile) -> {});
    reclaiming.start();
    assertThat(store.begun.await(60, TimeUnit.SECONDS)).isTrue();
    Thread closing = new Thread(machine::close);
    closing.start();
    while (closing.getState() == Thread.State.NEW || closing.getState() == Thread.State.RUNNABLE) {
      Thread.onSpinWait();
    }
    store.release.countDown();
    reclaiming.join();
    closing.join();

    assertThat(store.closed).isTrue();
    assertThat(store.usedAfterClose).hasValue(0);
  }

  private static Entry entry(long index, Command command) {
    return Entry.command(index, 1, new Proposal(1, index, CommandCodec.encode(command)));
  }
}
