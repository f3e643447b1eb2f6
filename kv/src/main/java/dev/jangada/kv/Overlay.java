package dev.jangada.kv;

import dev.jangada.kv.store.OrderedStore;
import java.util.Arrays;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Writes that are not in the store yet, laid over a reader so that reads see them. */
final class Overlay implements OrderedStore.Reader {

  /** Stands for a removed key; told from any value by its identity. */
  private static final byte[] REMOVED = new byte[0];

  /** What a write takes beside its bytes. */
  private static final int WRITE_BYTES = 96;

  private final OrderedStore.Reader base;
  private final NavigableMap<byte[], byte[]> writes = new TreeMap<>(Arrays::compareUnsigned);

  /** What the writes weigh; one that was replaced is still counted. */
  private long weight;

  Overlay(OrderedStore.Reader base) {
    this.base = base;
  }

  void put(byte[] key, byte[] value) {
    writes.put(key, value);
    weight += WRITE_BYTES + (long) key.length + value.length;
  }

  void delete(byte[] key) {
    put(key, REMOVED);
  }

  /** About how many bytes of memory the writes take. */
  long weight() {
    return weight;
  }

  /** Hands the writes to a batch of the store. */
  void writeTo(OrderedStore.Batch batch) {
    writes.forEach((key, value) -> {
      if (isRemoved(value)) {
        batch.delete(key);
      } else {
        batch.put(key, value);
      }
    });
  }

  @Override
  public byte @Nullable [] get(byte[] key) {
    byte[] written = writes.get(key);
    if (written == null) {
      return base.get(key);
    }
    return isRemoved(written) ? null : written;
  }

  @Override
  public OrderedStore.Cursor cursor(byte[] from, byte[] to) {
    OrderedStore.Cursor cursor = base.cursor(from, to);
    return writes.isEmpty() ? cursor : new MergedCursor(cursor, from, to);
  }

  @SuppressWarnings("ReferenceEquality") // a value that is empty too must not be taken for it
  private static boolean isRemoved(byte[] value) {
    return value == REMOVED;
  }

  /** Merges the writes with a cursor of the base. The overlay does not change under it. */
  private final class MergedCursor implements OrderedStore.Cursor {
    private final OrderedStore.Cursor below;
    private final byte[] to;

    /** Key that {@link #below} stands at; null past its end. */
    private byte @Nullable [] keyBelow;

    /** First write that is not behind; null if there is none before the end. */
    private Map.@Nullable Entry<byte[], byte[]> write;

    /** Whether this stands at {@link #write}; at {@link #below} otherwise. */
    private boolean atWrite;

    MergedCursor(OrderedStore.Cursor below, byte[] from, byte[] to) {
      this.below = below;
      this.to = to;
      readBelow();
      write = beforeEnd(writes.ceilingEntry(from));
      settle();
    }

    @Override
    public boolean isValid() {
      return atWrite || keyBelow != null;
    }

    @Override
    public byte[] key() {
      return atWrite && write != null ? write.getKey() : below.key();
    }

    @Override
    public byte[] value() {
      return atWrite && write != null ? write.getValue() : below.value();
    }

    @Override
    public void next() {
      if (atWrite && write != null) {
        write = beforeEnd(writes.higherEntry(write.getKey()));
      } else {
        below.next();
        readBelow();
      }
      settle();
    }

    @Override
    public void seek(byte[] key) {
      below.seek(key);
      readBelow();
      write = beforeEnd(writes.ceilingEntry(key));
      settle();
    }

    @Override
    public void close() {
      below.close();
    }

    /** Chooses the smaller key; a write hides the same key below it, or removes it. */
    private void settle() {
      atWrite = false;
      while (write != null) {
        int order = keyBelow == null ? 1 : Arrays.compareUnsigned(keyBelow, write.getKey());
        if (order < 0) {
          return;
        }
        if (order == 0) {
          below.next();
          readBelow();
        }
        if (!isRemoved(write.getValue())) {
          atWrite = true;
          return;
        }
        write = beforeEnd(writes.higherEntry(write.getKey()));
      }
    }

    private void readBelow() {
      keyBelow = below.isValid() ? below.key() : null;
    }

    private Map.@Nullable Entry<byte[], byte[]> beforeEnd(
        Map.@Nullable Entry<byte[], byte[]> entry) {
      return entry != null && Arrays.compareUnsigned(entry.getKey(), to) < 0 ? entry : null;
    }
  }
}
