package dev.jangada.kv.store;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.Cache;
import org.rocksdb.CompactRangeOptions;
import org.rocksdb.CompressionType;
import org.rocksdb.FlushOptions;
import org.rocksdb.LRUCache;
import org.rocksdb.Options;
import org.rocksdb.ReadOptions;
import org.rocksdb.ReadTier;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.Slice;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;

/**
 * An {@link OrderedStore} on disk, by RocksDB.
 *
 * <p>RocksDB's own write-ahead log is off: the replicated log is on disk already. That writes
 * survive a crash as whole batches and in order follows from everything being in one column family:
 * a batch goes into one write buffer, and write buffers reach the disk in order.
 *
 * <p>A checkpoint flushes the write buffers, as anything that is to have all writes must, and makes
 * hard links. {@link RocksDbDirectory} tells how a store is replaced by one, and which directories
 * are used for that; {@link RocksDbCheckpoint} has the bytes.
 */
public final class RocksDbStore implements OrderedStore {

  static {
    RocksDB.loadLibrary();
  }

  private final RocksDbOptions options;
  private final RocksDbDirectory directory;
  private final BloomFilter filter;
  private final Cache cache;
  private final Options engineOptions;
  private final WriteOptions writeOptions;
  private final ReadOptions durableReads;
  private final FlushOptions flushOptions;

  /** Replaced when the store is restored, which nothing else is under way with. */
  private volatile RocksDB db;

  private final AtomicBoolean closed = new AtomicBoolean();

  private final Object reclaimLock = new Object();

  /** What can stop the {@link #reclaim} under way; null if there is none. Guarded by the lock. */
  private @Nullable CompactRangeOptions reclaiming;

  /** How the engine is opened. */
  @FunctionalInterface
  private interface Opening {

    RocksDB open(Options options, String directory) throws RocksDBException;
  }

  private RocksDbStore(
      RocksDbOptions options, RocksDbDirectory directory, Path where, Opening opening)
      throws RocksDBException {
    this.options = options;
    this.directory = directory;
    filter = new BloomFilter(10);
    cache = new LRUCache(options.blockCacheBytes());
    engineOptions = engineOptions(options, filter, cache);
    writeOptions = new WriteOptions().setDisableWAL(true);
    durableReads = new ReadOptions().setReadTier(ReadTier.PERSISTED_TIER);
    flushOptions = new FlushOptions().setWaitForFlush(true).setAllowWriteStall(false);
    try {
      db = opening.open(engineOptions, where.toString());
    } catch (RocksDBException e) {
      closeOptions();
      throw e;
    }
  }

  /**
   * Opens the store, an empty one if there is none in the directory.
   *
   * @throws StoreException if it cannot be opened: another process has it open, or it is damaged
   */
  public static RocksDbStore open(RocksDbOptions options) {
    return open(options, change -> {});
  }

  /** The same, with a say in each change of the directories. */
  static RocksDbStore open(RocksDbOptions options, RocksDbDirectory.Steps steps) {
    RocksDbDirectory directory = new RocksDbDirectory(options.directory(), steps);
    try {
      directory.prepare();
      ManifestCheck.check(directory.store());
      RocksDbStore store = new RocksDbStore(options, directory, directory.store(), RocksDB::open);
      try {
        directory.clean();
        return store;
      } catch (Throwable failure) {
        store.close();
        throw failure;
      }
    } catch (IOException | RocksDBException e) {
      throw new StoreException(
          "cannot open the store in " + options.directory() + ": " + e.getMessage(), e);
    }
  }

  /** Whether there is a store, perhaps one that has yet to take the place of the one before. */
  public static boolean exists(RocksDbOptions options) {
    return Files.isDirectory(new RocksDbDirectory(options.directory(), change -> {}).current());
  }

  /**
   * Reads every block of a store from disk and compares it with its checksum, and changes nothing.
   * Nobody may have the store open for writing. If a crash has cut short its replacement by a
   * snapshot, it is the new one that is read, as {@link #open} would put it in place.
   *
   * @param options of the store
   * @return a store to read from, to be closed by the caller
   * @throws StoreException if it is damaged: the message names file and offset as far as the engine
   *     does
   */
  public static RocksDbStore openChecked(RocksDbOptions options) {
    RocksDbDirectory directory = new RocksDbDirectory(options.directory(), change -> {});
    try {
      Path current = directory.current();
      ManifestCheck.check(current);
      RocksDbStore store = new RocksDbStore(options, directory, current, RocksDB::openReadOnly);
      try {
        store.db.verifyChecksum();
        return store;
      } catch (Throwable failure) {
        store.close();
        throw failure;
      }
    } catch (IOException | RocksDBException e) {
      throw new StoreException(
          "the store in " + options.directory() + " is damaged: " + e.getMessage(), e);
    }
  }

  private static Options engineOptions(RocksDbOptions options, BloomFilter filter, Cache cache) {
    BlockBasedTableConfig table =
        new BlockBasedTableConfig()
            .setBlockCache(cache)
            .setFilterPolicy(filter)
            // Or indexes and filters, which grow with the data, would be outside the bound.
            .setCacheIndexAndFilterBlocks(true)
            .setCacheIndexAndFilterBlocksWithHighPriority(true)
            .setPinL0FilterAndIndexBlocksInCache(true)
            .setBlockSize(8 << 10)
            .setFormatVersion(5);
    return new Options()
        .setCreateIfMissing(true)
        .setTableFormatConfig(table)
        .setWriteBufferSize(options.writeBufferBytes())
        .setMaxWriteBufferNumber(options.maxWriteBuffers())
        .setMaxBackgroundJobs(options.backgroundThreads())
        .setLevelCompactionDynamicLevelBytes(true)
        // What is merged while it is young is merged again and again, and much of it is replaced
        // before it grows old: so merge it late, in large steps, and compress what stays.
        .setLevel0FileNumCompactionTrigger(8)
        .setLevel0SlowdownWritesTrigger(24)
        .setLevel0StopWritesTrigger(40)
        .setMaxBytesForLevelBase(8 * options.writeBufferBytes())
        .setTargetFileSizeBase(options.writeBufferBytes())
        .setCompressionType(CompressionType.LZ4_COMPRESSION)
        .setCompressionPerLevel(
            List.of(
                CompressionType.NO_COMPRESSION,
                CompressionType.NO_COMPRESSION,
                CompressionType.LZ4_COMPRESSION))
        // Each put looks up the version that it replaces; most buffers do not have it.
        .setMemtablePrefixBloomSizeRatio(0.05)
        .setMemtableWholeKeyFiltering(true)
        .setBytesPerSync(1 << 20)
        .setAvoidFlushDuringShutdown(!options.flushOnClose())
        .setKeepLogFileNum(4)
        .setMaxLogFileSize(4 << 20)
        .setMaxOpenFiles(512);
  }

  @Override
  public Snapshot snapshot() {
    return new RocksSnapshot(db);
  }

  @Override
  public Batch newBatch() {
    return new RocksBatch();
  }

  @Override
  public byte @Nullable [] getDurable(byte[] key) {
    try {
      return db.get(durableReads, key);
    } catch (RocksDBException e) {
      throw failure("read", e);
    }
  }

  @Override
  public void flush() {
    try {
      db.flush(flushOptions);
    } catch (RocksDBException e) {
      throw failure("flush", e);
    }
  }

  @Override
  public void reclaim(BooleanSupplier wanted) {
    try (CompactRangeOptions options = new CompactRangeOptions()) {
      // Not exclusive: the compactions that keep up with writing must not wait for this one.
      options.setExclusiveManualCompaction(false);
      options.setBottommostLevelCompaction(
          CompactRangeOptions.BottommostLevelCompaction.kForceOptimized);
      synchronized (reclaimLock) {
        if (reclaiming != null) {
          return;
        }
        reclaiming = options;
      }
      try {
        // Whoever wants it stopped after this look finds something to cancel.
        if (wanted.getAsBoolean()) {
          flush();
          db.compactRange(null, null, null, options);
        }
      } catch (RocksDBException e) {
        if (!options.canceled()) {
          throw failure("compact", e);
        }
      } finally {
        synchronized (reclaimLock) {
          reclaiming = null;
        }
      }
    }
  }

  @Override
  public void stopReclaiming() {
    synchronized (reclaimLock) {
      if (reclaiming != null) {
        reclaiming.setCanceled(true);
      }
    }
  }

  @Override
  public Checkpoint checkpoint() {
    try (org.rocksdb.Checkpoint engine = org.rocksdb.Checkpoint.create(db)) {
      Path target = directory.nextCheckpoint();
      engine.createCheckpoint(target.toString());
      return new RocksDbCheckpoint(target);
    } catch (RocksDBException e) {
      throw failure("checkpoint", e);
    } catch (IOException e) {
      throw failure("checkpoint", e);
    }
  }

  @Override
  public Restoration restore(InputStream in) throws IOException {
    Path restoring = directory.beginRestoring();
    try {
      RocksDbCheckpoint.unpack(in, directory);
      return new RocksRestoration(restoring);
    } catch (Throwable failure) {
      try {
        directory.abandonRestoring();
      } catch (IOException another) {
        failure.addSuppressed(another);
      }
      throw failure;
    }
  }

  @Override
  public long sizeInBytes() {
    return property("rocksdb.live-sst-files-size") + property("rocksdb.size-all-mem-tables");
  }

  @Override
  public Map<String, Long> metrics() {
    Map<String, Long> metrics = new TreeMap<>();
    metrics.put("table_bytes", property("rocksdb.live-sst-files-size"));
    metrics.put("write_buffer_bytes", property("rocksdb.size-all-mem-tables"));
    metrics.put("block_cache_bytes", property("rocksdb.block-cache-usage"));
    metrics.put("estimated_keys", property("rocksdb.estimate-num-keys"));
    metrics.put("pending_compaction_bytes", property("rocksdb.estimate-pending-compaction-bytes"));
    metrics.put("running_flushes", property("rocksdb.num-running-flushes"));
    metrics.put("running_compactions", property("rocksdb.num-running-compactions"));
    metrics.put("write_stopped", property("rocksdb.is-write-stopped"));
    metrics.put("background_errors", property("rocksdb.background-errors"));
    return metrics;
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      db.close();
      closeOptions();
    }
  }

  private void closeOptions() {
    flushOptions.close();
    durableReads.close();
    writeOptions.close();
    engineOptions.close();
    cache.close();
    filter.close();
  }

  private long property(String name) {
    try {
      return db.getLongProperty(name);
    } catch (RocksDBException e) {
      throw failure("figure " + name, e);
    }
  }

  private StoreException failure(String what, Exception cause) {
    return new StoreException(
        "the store in " + options.directory() + " failed (" + what + "): " + cause.getMessage(),
        cause);
  }

  /** What was unpacked, opened for reading: that it can be opened shows that it is a store. */
  private final class RocksRestoration implements Restoration {
    private final Options readOptions = new Options();
    private final RocksDB restored;
    private boolean isOpen = true;
    private boolean decided;

    RocksRestoration(Path restoring) throws IOException {
      try {
        restored = RocksDB.openReadOnly(readOptions, restoring.toString());
      } catch (RocksDBException e) {
        readOptions.close();
        throw new IOException("the snapshot holds no store: " + e.getMessage(), e);
      }
    }

    @Override
    public byte @Nullable [] get(byte[] key) {
      try {
        return restored.get(key);
      } catch (RocksDBException e) {
        throw failure("read what is restored", e);
      }
    }

    @Override
    public void commit() {
      closeRestored();
      try {
        decided = true;
        directory.decideReplacement();
        db.close();
        directory.replaceStore();
        db = RocksDB.open(engineOptions, directory.store().toString());
      } catch (IOException | RocksDBException e) {
        throw failure("restore", e);
      }
    }

    private void closeRestored() {
      if (isOpen) {
        isOpen = false;
        restored.close();
        readOptions.close();
      }
    }

    @Override
    public void close() {
      closeRestored();
      if (!decided) {
        try {
          directory.abandonRestoring();
        } catch (IOException e) {
          throw failure("give up a restoration", e);
        }
      }
    }
  }

  private final class RocksSnapshot implements Snapshot {
    private final org.rocksdb.Snapshot snapshot;
    private final ReadOptions reads;

    RocksSnapshot(RocksDB db) {
      snapshot = db.getSnapshot();
      reads = new ReadOptions().setSnapshot(snapshot);
    }

    @Override
    public byte @Nullable [] get(byte[] key) {
      try {
        return db.get(reads, key);
      } catch (RocksDBException e) {
        throw failure("read", e);
      }
    }

    @Override
    public Cursor cursor(byte[] from, byte[] to) {
      return new RocksCursor(snapshot, from, to);
    }

    @Override
    public void close() {
      reads.close();
      db.releaseSnapshot(snapshot);
      snapshot.close();
    }
  }

  private final class RocksCursor implements Cursor {
    private final Slice end;
    private final ReadOptions reads;
    private final RocksIterator iterator;

    RocksCursor(org.rocksdb.Snapshot snapshot, byte[] from, byte[] to) {
      end = new Slice(to);
      reads = new ReadOptions().setSnapshot(snapshot).setIterateUpperBound(end);
      iterator = db.newIterator(reads);
      seek(from);
    }

    @Override
    public boolean isValid() {
      return iterator.isValid();
    }

    @Override
    public byte[] key() {
      return iterator.key();
    }

    @Override
    public byte[] value() {
      return iterator.value();
    }

    @Override
    public void next() {
      iterator.next();
      checkStatus();
    }

    @Override
    public void seek(byte[] key) {
      iterator.seek(key);
      checkStatus();
    }

    @Override
    public void close() {
      iterator.close();
      reads.close();
      end.close();
    }

    /** An iterator that meets an error looks like one at its end, unless it is asked. */
    private void checkStatus() {
      if (!iterator.isValid()) {
        try {
          iterator.status();
        } catch (RocksDBException e) {
          throw failure("iterate", e);
        }
      }
    }
  }

  private final class RocksBatch implements Batch {
    private final WriteBatch batch = new WriteBatch();

    @Override
    public void put(byte[] key, byte[] value) {
      try {
        batch.put(key, value);
      } catch (RocksDBException e) {
        throw failure("put", e);
      }
    }

    @Override
    public void delete(byte[] key) {
      try {
        batch.delete(key);
      } catch (RocksDBException e) {
        throw failure("delete", e);
      }
    }

    @Override
    public void deleteRange(byte[] from, byte[] to) {
      try {
        batch.deleteRange(from, to);
      } catch (RocksDBException e) {
        throw failure("delete a range", e);
      }
    }

    @Override
    public void commit() {
      try {
        db.write(writeOptions, batch);
      } catch (RocksDBException e) {
        throw failure("write", e);
      }
    }

    @Override
    public void close() {
      batch.close();
    }
  }
}
