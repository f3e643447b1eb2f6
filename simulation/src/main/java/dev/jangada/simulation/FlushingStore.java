package dev.jangada.simulation;

import dev.jangada.kv.store.HeapStore;
import dev.jangada.kv.store.OrderedStore;
import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A store on the heap that becomes durable between any two commits, as a store with a write buffer
 * does when the buffer is full: not only when its user thinks the moment good.
 */
final class FlushingStore implements OrderedStore {

  private final HeapStore heap;

  /** After so many commits what is there becomes durable; negative for not at all. */
  private int flushAfter = -1;

  FlushingStore(HeapStore heap) {
    this.heap = heap;
  }

  /** A store as a crash at this moment would leave this one. */
  FlushingStore afterCrash() {
    return new FlushingStore(heap.afterCrash());
  }

  /** Has what is there after some more commits become durable. */
  void flushAfter(int commits) {
    flushAfter = commits;
    flushIfDue();
  }

  private void flushIfDue() {
    if (flushAfter == 0) {
      heap.flush();
    }
    if (flushAfter >= 0) {
      flushAfter--;
    }
  }

  @Override
  public Batch newBatch() {
    return new CountedBatch(heap.newBatch());
  }

  @Override
  public Snapshot snapshot() {
    return heap.snapshot();
  }

  @Override
  public byte @Nullable [] getDurable(byte[] key) {
    return heap.getDurable(key);
  }

  @Override
  public void flush() {
    heap.flush();
  }

  @Override
  public Checkpoint checkpoint() {
    return heap.checkpoint();
  }

  @Override
  public Restoration restore(InputStream in) throws IOException {
    return heap.restore(in);
  }

  @Override
  public long sizeInBytes() {
    return heap.sizeInBytes();
  }

  @Override
  public Map<String, Long> metrics() {
    return heap.metrics();
  }

  @Override
  public void close() {
    heap.close();
  }

  private final class CountedBatch implements Batch {
    private final Batch batch;

    CountedBatch(Batch batch) {
      this.batch = batch;
    }

    @Override
    public void put(byte[] key, byte[] value) {
      batch.put(key, value);
    }

    @Override
    public void delete(byte[] key) {
      batch.delete(key);
    }

    @Override
    public void deleteRange(byte[] from, byte[] to) {
      batch.deleteRange(from, to);
    }

    @Override
    public void commit() {
      batch.commit();
      flushIfDue();
    }

    @Override
    public void close() {
      batch.close();
    }
  }
}
