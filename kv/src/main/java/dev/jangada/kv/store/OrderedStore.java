package dev.jangada.kv.store;

import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Keys and values, both bytes, in the order of the keys as unsigned bytes.
 *
 * <p>There is one writer, a {@link Batch} at a time. Readers are as many as there are threads, each
 * on a {@link Snapshot}: what was written when it was taken, neither more nor less.
 *
 * <p>A batch is seen as a whole or not at all, and so does a crash leave it: what is found after
 * one is the state after some batch, not necessarily the last. Everything up to the last {@link
 * #flush} is there. There is no log of writes in here: the log of the cluster is replayed instead.
 *
 * <p>All arrays are shared, not copied: neither side modifies one after it was handed over.
 *
 * <p>Every method throws {@link StoreException} where the engine fails, after which nothing but
 * {@link #close} may be called. Snapshots, cursors and batches must be closed before the store.
 */
public interface OrderedStore extends AutoCloseable {

  /** A consistent view of the store as it is now. The caller closes it. Any thread. */
  Snapshot snapshot();

  /** Starts a batch of writes. The caller closes it, committed or not. The one writer's thread. */
  Batch newBatch();

  /**
   * The value of a key as a crash at this moment would leave it; null if it would leave none. Any
   * thread.
   */
  byte @Nullable [] getDurable(byte[] key);

  /**
   * Makes everything written so far survive a crash; returns when it does. Any thread; the writer
   * is not kept waiting for the disk.
   */
  void flush();

  /**
   * Holds on to everything in the store as it is now, to be read later and by others. Takes little
   * time: nothing is copied. The caller closes it. The writer's thread, with no batch open; the
   * checkpoint is for any thread, and need not be closed before the store.
   */
  Checkpoint checkpoint();

  /**
   * Reads a checkpoint that may take the place of everything in the store. Until that is
   * {@linkplain Restoration#commit committed} nothing changes. The caller closes it. The writer's
   * thread.
   *
   * @param in what {@link Checkpoint#open} gave, up to the end
   * @throws IOException if it cannot be read, is not a checkpoint of this engine or is damaged, or
   *     if there is no room for it
   */
  Restoration restore(InputStream in) throws IOException;

  /**
   * Gives back now the space that deleted data still takes up, which otherwise happens by itself
   * over time. Returns when it is done, which may take long; neither readers nor the writer wait
   * for it. Does nothing while another thread is at it. Any thread.
   *
   * @param wanted whether it still is. Whoever lets this become false, and then calls {@link
   *     #stopReclaiming}, does not wait for long, whatever stage this is at
   */
  default void reclaim(BooleanSupplier wanted) {}

  /** Has a {@link #reclaim} that is under way, if any, return soon. Any thread. */
  default void stopReclaiming() {}

  /** Bytes that the store takes up, on disk and in buffers not yet written to it: about. */
  long sizeInBytes();

  /** Figures of the engine for monitoring, by name, sorted. Any thread. */
  Map<String, Long> metrics();

  /** Releases everything. Idempotent. */
  @Override
  void close();

  /** Reads keys. A reader that is not said to be safe for several threads is for one. */
  interface Reader {

    /** The value of a key; null if it has none. */
    byte @Nullable [] get(byte[] key);

    /**
     * A cursor on the keys of a range, at the first of them. The caller closes it.
     *
     * @param from first key of the range
     * @param to first key after the range
     */
    Cursor cursor(byte[] from, byte[] to);
  }

  /** A consistent view. Safe for several threads, except for closing it. */
  interface Snapshot extends Reader, AutoCloseable {

    /** Releases the view. No reading is under way, and no cursor on it is open. */
    @Override
    void close();
  }

  /** A place in a range of keys of a {@link Reader}. For one thread. */
  interface Cursor extends AutoCloseable {

    /** Whether this stands at a key; if not, it is past the last one. */
    boolean isValid();

    /** The key it stands at. Only while valid. */
    byte[] key();

    /** The value of the key it stands at. Only while valid. */
    byte[] value();

    /** Goes on to the next key. Only while valid. */
    void next();

    /**
     * Goes to the first key of the range that is not below the given one.
     *
     * @param key not below the start of the range
     */
    void seek(byte[] key);

    @Override
    void close();
  }

  /** The contents of the store at one moment. */
  interface Checkpoint extends AutoCloseable {

    /** Bytes that {@link #open} gives. */
    long size();

    /** Reads it from the start, the same bytes each time. The caller closes it. */
    InputStream open() throws IOException;

    @Override
    void close();
  }

  /** What may become the contents of the store. For the writer's thread. */
  interface Restoration extends AutoCloseable {

    /** The value that a key will have; null if none. Not after {@link #commit}. */
    byte @Nullable [] get(byte[] key);

    /**
     * Replaces everything in the store: all or nothing, also after a crash, which afterwards leaves
     * the new contents. No snapshot, cursor or batch may be open. Once, as the last thing.
     */
    void commit();

    /** Gives up what was not committed. */
    @Override
    void close();
  }

  /** Writes that take effect together, in the order in which they were added. For one thread. */
  interface Batch extends AutoCloseable {

    /** Sets the value of a key. */
    void put(byte[] key, byte[] value);

    /** Removes a key, which need not be there. */
    void delete(byte[] key);

    /**
     * Removes all keys of a range.
     *
     * @param from first key of the range
     * @param to first key after the range, above {@code from}
     */
    void deleteRange(byte[] from, byte[] to);

    /** Makes the writes take effect. Once, as the last thing. */
    void commit();

    @Override
    void close();
  }
}
