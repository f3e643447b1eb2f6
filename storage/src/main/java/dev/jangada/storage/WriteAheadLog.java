package dev.jangada.storage;

import dev.jangada.raft.Configuration;
import dev.jangada.raft.Entry;
import dev.jangada.raft.EntryId;
import dev.jangada.raft.EntryReader;
import dev.jangada.raft.EntryType;
import dev.jangada.raft.HardState;
import dev.jangada.raft.Invariant;
import dev.jangada.raft.Membership;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The durable log of a node: its term and vote, and its entries, in one stream.
 *
 * <h2>Goals</h2>
 *
 * <ul>
 *   <li>What was synced is there after any crash, and the order of records on disk is the order of
 *       {@link #append} calls: a term is never durable after entries that carry it, and of what was
 *       appended but not synced a crash leaves a prefix.
 *   <li>What a crash leaves behind is repaired without asking; damage to anything that was synced
 *       is named, with file and offset, and refused. The two are never confused.
 *   <li>One write and one sync per batch, whatever its size; memory that does not grow with the
 *       number of entries.
 * </ul>
 *
 * <h2>Representation</h2>
 *
 * <p>The stream is cut into segments, files of a fixed size that are filled with zeros when they
 * are created, so that syncing a write into them touches no metadata:
 *
 * <pre>
 * log     := segment+                          (files, by ascending sequence number)
 * segment := header frame* zero*               (see {@link SegmentHeader})
 * frame   := frameHeader payload               (see {@link Frames})
 * payload := record* padding                   (see {@link Records})
 * </pre>
 *
 * <p>Later records supersede earlier ones: a hard state the one before it, and an entry all entries
 * of its own and higher indexes that came before it. So a suffix is replaced by appending, nothing
 * is ever overwritten, and there is no moment at which a crash would leave neither the old suffix
 * nor the new one. A segment's header repeats the hard state, the log's last entry, its base and
 * the configuration in force there, so that no segment before it is needed to know them.
 *
 * <p>The beginning is cut off in the same way: a record says up to where entries are discarded, the
 * {@linkplain #base() base}. Once it is durable, the segments at the beginning that hold no entry
 * after the base are deleted, oldest first. Opening begins with the first segment that is there.
 * Should an entry after the base have been in one before it, then that segment was not deleted by
 * this log, and it is missed.
 *
 * <p>In memory there are the runs of terms, which answer for the term at any index, and a {@link
 * SparseIndex} with about one point for each 64 KiB. A read begins at the nearest point and
 * verifies checksums as it goes.
 *
 * <h2>Torn, or damaged?</h2>
 *
 * <p>A crash may leave the bytes written since the last sync in any state: absent, torn, zero, or
 * there in part with later ones complete. It cannot touch what was synced before. So what matters
 * is, of the first place where no good frame is, whether it had been synced. Each frame carries the
 * offset up to which its segment was durable when it was written. On opening, the rest of the
 * segment after the first bad place is searched for any frame header, in whatever order it may have
 * got there, that knows the place to be durable. If there is one, this is damage; otherwise it is
 * the torn end, is cleared, and that is made durable before anything else is written. Segments with
 * a successor are durable to the end that the successor's header names, so that any bad place in
 * them is damage.
 *
 * <p>The latest batch has no frame after it. Therefore each sync is followed by an empty frame, a
 * proof, that is written but not synced: it costs one small write, survives the death of the
 * process at once and a loss of power after the operating system's next write-back, and a
 * {@linkplain #close() closed} log always has it. What remains is the loss of power within seconds
 * of the last batch, together with damage to that very batch: this looks like a torn end.
 *
 * <p>Frame checksums cover the place of the frame and the header of its segment, which names
 * cluster, node and sequence number, and each frame and segment header repeats the checksum of its
 * predecessor. Bytes that had another life elsewhere, and segments that are missing or misplaced,
 * are thereby recognised. The one thing that cannot be seen is that the last segments are missing
 * altogether.
 *
 * <h2>Failures</h2>
 *
 * <p>The first failed write or sync is the last: every later call refuses with {@link
 * DiskFailureException}. After a failed sync the operating system may show data as written that it
 * has given up to write, even to another process; recovery therefore writes again all frames that
 * are not proven durable before it syncs and trusts them.
 *
 * <h2>Costs</h2>
 *
 * <p>24 bytes a frame (64 KiB or one batch, whichever is smaller) and 24 bytes a sync; about 25
 * bytes an entry. Opening reads all segments that were not deleted. Allocating a segment writes and
 * syncs it whole, ahead of its use and, {@linkplain WalConfig#background() given} a thread, beside
 * it; so are discarded ones deleted.
 *
 * <h2>Rejected</h2>
 *
 * <ul>
 *   <li>A separate file for term and vote: two files have no common order.
 *   <li>Truncating the file to drop a suffix: not atomic with writing the new one, and it gives up
 *       the preallocation.
 *   <li>A checksum for each record: the batch is what becomes durable, and one checksum of it is
 *       cheaper than many.
 *   <li>Memory mapping: a failed write becomes a fault in the process, and syncing ranges measured
 *       slower than writing.
 *   <li>Taking whatever is bad near the end for torn: it silently drops acknowledged entries
 *       (Alagappan et al., "Protocol-Aware Recovery for Consensus-Based Storage", FAST'18).
 * </ul>
 *
 * <h2>Threads</h2>
 *
 * <p>{@link #append}, {@link #discardUpTo}, {@link #reset}, {@link #sync} and {@link #close} are
 * for one thread, the disk thread. All other methods are for any thread, and do not wait for a
 * write or sync in progress; {@link #read}s exclude one another.
 */
public final class WriteAheadLog implements EntryReader, AutoCloseable {

  private static final Logger logger = LoggerFactory.getLogger(WriteAheadLog.class);

  /** The largest entry that a log takes, in bytes of data. */
  public static final int MAX_ENTRY_BYTES = 512 << 20;

  /** A frame has at most this many bytes of records, or a single entry. */
  private static final int FRAME_BYTES = 64 << 10;

  private static final int READ_WINDOW_BYTES = 128 << 10;

  private final Disk disk;
  private final WalConfig config;

  /** Guards what follows; written by the disk thread only. No disk access happens under it. */
  private final Object lock = new Object();

  private final LogState state;
  private final SparseIndex index;
  private final List<Segment> segments;
  private long entriesAppended;
  private long bytesWritten;
  private long syncs;
  private long lastSyncNanos;
  private long totalSyncNanos;
  private final long[] syncsByDuration = new long[SyncDurations.BUCKETS];

  /** The last segment; for others than the disk thread only good to be named. */
  private volatile Segment active;

  private final SpareSegment spare;
  private final SegmentRemoval removal;

  /** Makes reads take turns with the window, and keeps open what they read. */
  private final Object readLock = new Object();

  /** Allocated by the first read: most logs are written far more than they are read. */
  private @Nullable ByteBuffer readWindow;

  private volatile @Nullable DiskFailureException failure;
  private volatile boolean closed;

  private WriteAheadLog(Disk disk, WalConfig config, Recovery recovery) {
    this.disk = disk;
    this.config = config;
    this.state = recovery.state();
    this.index = recovery.index();
    this.segments = recovery.segments();
    this.active = segments.getLast();
    this.spare = new SpareSegment(disk, config.segmentBytes(), config.background());
    this.removal = new SegmentRemoval(disk, config.background(), readLock);
    active.beginWriting(recovery.buffer());
  }

  /**
   * Opens the log on a disk, or begins one on a disk without one. What it then holds is durable.
   *
   * @throws CorruptLogException if the log is damaged anywhere but at its torn end
   * @throws ForeignLogException if it belongs to another cluster or node
   * @throws IOException if the disk fails
   */
  public static WriteAheadLog open(Disk disk, WalConfig config) throws IOException {
    Recovery recovery = new Recovery(disk, config);
    recovery.run();
    WriteAheadLog log = new WriteAheadLog(disk, config, recovery);
    try {
      // A crash may have come between discarding entries and deleting their segments.
      log.removeObsolete();
      return log;
    } catch (Throwable failure) {
      log.failure = new DiskFailureException("cannot open the log", failure);
      log.close();
      throw failure;
    }
  }

  /** Term and vote as of the latest {@link #append}. */
  public HardState hardState() {
    synchronized (lock) {
      return state.hardState();
    }
  }

  /**
   * Identity of the last entry that was discarded, {@link EntryId#NONE} if none was: the log holds
   * the entries after it.
   */
  public EntryId base() {
    synchronized (lock) {
      return state.base();
    }
  }

  /**
   * The configurations that the log's entries hold, in order, and before them the one in force at
   * the {@link #base()} if this log has ever had one.
   *
   * @return an immutable copy as of the latest {@link #append}
   */
  public List<Configuration> configurations() {
    synchronized (lock) {
      return state.configurations();
    }
  }

  /** What was drawn at random when this log was begun: no other log has it. */
  public long incarnation() {
    return active.header().incarnation();
  }

  /**
   * Identity of the last entry as of the latest {@link #append}; that of the {@link #base()} if the
   * log is empty.
   */
  public EntryId last() {
    synchronized (lock) {
      return state.last();
    }
  }

  /**
   * The first entry of each run of entries of one term, in ascending order, beginning with the
   * entry after the base: with {@link #base()} and {@link #last()} all that is needed to tell the
   * term at every index.
   *
   * @return an immutable copy as of the latest {@link #append}
   */
  public List<EntryId> termStarts() {
    synchronized (lock) {
      return state.termStarts();
    }
  }

  /**
   * Adds to the log, not durably yet. The hard state comes before the entries.
   *
   * @param hardState new term and vote, null when unchanged
   * @param entries contiguous, with terms that do not decrease and are at most that of the hard
   *     state; the first is after the base, at most one past the end of the log, and replaces
   *     whatever the log holds from its index on
   * @throws dev.jangada.raft.InvariantViolation if the arguments are not so
   * @throws IllegalArgumentException if an entry has more than {@link #MAX_ENTRY_BYTES}
   * @throws DiskFailureException if the disk fails, and ever after
   */
  public void append(@Nullable HardState hardState, List<Entry> entries) {
    checkUsable();
    checkAppend(hardState, entries);
    try {
      HardState leading = hardState;
      int from = 0;
      while (leading != null || from < entries.size()) {
        long bytes = leading == null ? 0 : Records.size(leading);
        int to = from;
        while (to < entries.size()) {
          long size = Records.size(entries.get(to));
          if (to > from && bytes + size > FRAME_BYTES) {
            break;
          }
          bytes += size;
          to++;
        }
        appendFrame(leading, entries, from, to, (int) Frames.paddedSize(bytes));
        leading = null;
        from = to;
      }
    } catch (IOException e) {
      throw failed("write to", e);
    }
  }

  /** Writes a hard state and a range of entries as one frame. */
  private void appendFrame(
      @Nullable HardState hardState, List<Entry> entries, int from, int to, int bytes)
      throws IOException {
    if (!active.fits(bytes)) {
      beginSegment(bytes);
    }
    ByteBuffer target = active.beginFrame(bytes);
    if (hardState != null) {
      Records.put(target, hardState);
    }
    for (int i = from; i < to; i++) {
      Records.put(target, entries.get(i));
    }
    int offset = seal(target);
    synchronized (lock) {
      if (hardState != null) {
        state.apply(hardState);
      }
      if (from < to) {
        long first = entries.get(from).index();
        long position = SparseIndex.position(active.sequence(), offset);
        index.add(first, position, first <= state.lastIndex());
      }
      for (int i = from; i < to; i++) {
        Entry entry = entries.get(i);
        Membership configuration =
            entry.type() == EntryType.CONFIGURATION ? entry.membership() : null;
        state.apply(entry.index(), entry.term(), configuration);
      }
      entriesAppended += to - from;
      bytesWritten += Frames.HEADER_BYTES + bytes;
    }
  }

  private void checkAppend(@Nullable HardState hardState, List<Entry> entries) {
    if (hardState != null) {
      String objection = state.objection(hardState);
      Invariant.check(objection == null, "log: %s", objection);
    }
    if (entries.isEmpty()) {
      return;
    }
    long knownTerm = hardState == null ? state.hardState().term() : hardState.term();
    long index = entries.get(0).index();
    Invariant.check(
        index > state.base().index() && index <= state.lastIndex() + 1,
        "log: entry %d in a log of entries after %s up to %d",
        index,
        state.base(),
        state.lastIndex());
    long term = state.term(index - 1);
    for (Entry entry : entries) {
      Invariant.check(
          entry.index() == index, "log: entry %d where %d is due", entry.index(), index);
      String objection = LogState.objection(index, entry.term(), term, knownTerm);
      Invariant.check(objection == null, "log: %s", objection);
      if (entry.data().length > MAX_ENTRY_BYTES) {
        throw new IllegalArgumentException(
            "entry " + entry + " is larger than " + MAX_ENTRY_BYTES + " bytes");
      }
      term = entry.term();
      index++;
    }
  }

  /**
   * Drops entries from the beginning of the log: those up to an index are not needed any more,
   * because their effects are durable elsewhere. Nothing happens if they have been dropped before.
   * They cannot be read from now on; but until the next {@link #sync()}, which also frees the
   * space, a crash may bring them back.
   *
   * @param index at most that of the last entry
   * @throws dev.jangada.raft.InvariantViolation if the log does not reach so far
   * @throws DiskFailureException if the disk fails, and ever after
   */
  public void discardUpTo(long index) {
    checkUsable();
    if (index <= state.base().index()) {
      return;
    }
    Invariant.check(
        index <= state.lastIndex(),
        "log: discard up to entry %d where the last is %d",
        index,
        state.lastIndex());
    EntryId upTo = new EntryId(index, state.term(index));
    Membership membership = state.membershipAt(index);
    appendBase(Records.Kind.DISCARD, upTo, membership);
    synchronized (lock) {
      Recovery.discard(state, this.index, upTo, membership);
    }
  }

  /**
   * Drops all entries: the next one will follow the given one, the last that a snapshot covers. It
   * is durable when this returns, together with everything appended before; a crash on the way
   * leaves the log as it was or the new one.
   *
   * @param base with an index and a term that are not below those of the {@link #base()}, nor the
   *     term above that of the hard state
   * @param membership the configuration in force after that entry; null if none is known
   * @throws dev.jangada.raft.InvariantViolation if the argument is not so
   * @throws DiskFailureException if the disk fails, and ever after
   */
  public void reset(EntryId base, @Nullable Membership membership) {
    checkUsable();
    String objection = state.objectionToReset(base);
    Invariant.check(objection == null && base.index() > 0, "log: %s", objection);
    appendBase(Records.Kind.RESET, base, membership);
    synchronized (lock) {
      Recovery.reset(state, index, base, membership);
    }
    sync();
  }

  /** Writes a record that moves the beginning of the log. */
  private void appendBase(Records.Kind kind, EntryId base, @Nullable Membership membership) {
    try {
      int bytes = (int) Frames.paddedSize(Records.size(base, membership));
      if (!active.fits(bytes)) {
        beginSegment(bytes);
      }
      ByteBuffer target = active.beginFrame(bytes);
      if (kind == Records.Kind.DISCARD) {
        Records.putDiscard(target, base, membership);
      } else {
        Records.putReset(target, base, membership);
      }
      seal(target);
      synchronized (lock) {
        bytesWritten += Frames.HEADER_BYTES + bytes;
      }
    } catch (IOException e) {
      throw failed("write to", e);
    }
  }

  /** Completes a frame; returns its offset. */
  private int seal(ByteBuffer target) {
    while (target.hasRemaining()) {
      target.put((byte) 0);
    }
    int offset = active.sealFrame();
    if (active.end() > active.header().segmentBytes() / 2) {
      spare.prepare();
    }
    return offset;
  }

  /** Deletes the segments that no entry after the base is in. What is in memory is durable. */
  private void removeObsolete() throws IOException {
    List<Segment> obsolete = new ArrayList<>();
    synchronized (lock) {
      long first = index.firstSequence(active.sequence());
      while (segments.getFirst().sequence() < first) {
        obsolete.add(segments.removeFirst());
      }
    }
    removal.remove(obsolete);
  }

  /** Leaves the active segment, durable to its end, for a new one. */
  private void beginSegment(int payloadBytes) throws IOException {
    boolean toSync = active.isUnsynced();
    active.sync();
    long needed =
        SegmentHeader.BYTES + payloadBytes + 2L * Frames.HEADER_BYTES + SegmentHeader.BYTES - 1;
    SegmentHeader header =
        new SegmentHeader(
            (int) Math.max(config.segmentBytes(), needed & -SegmentHeader.BYTES),
            config.clusterId(),
            config.nodeId(),
            active.sequence() + 1,
            active.end(),
            active.chain(),
            state.hardState(),
            state.last(),
            state.base(),
            state.membershipAt(state.base().index()),
            active.header().incarnation());
    Segment next =
        header.segmentBytes() == config.segmentBytes()
            ? Segment.create(disk, header, SpareSegment.NAME, spare.take())
            : Segment.create(disk, header);
    next.beginWriting(active.endWriting());
    active = next;
    synchronized (lock) {
      segments.add(next);
      bytesWritten += SegmentHeader.BYTES;
      syncs += toSync ? 2 : 1;
    }
  }

  /**
   * Makes all that was appended durable. Without any append since the last time it does nothing.
   *
   * @throws DiskFailureException if the disk fails, and ever after
   */
  public void sync() {
    checkUsable();
    if (!active.isUnsynced()) {
      return;
    }
    try {
      spare.check();
      removal.check();
      long begin = config.nanoClock().getAsLong();
      active.sync();
      long nanos = config.nanoClock().getAsLong() - begin;
      active.prove();
      synchronized (lock) {
        syncs++;
        lastSyncNanos = nanos;
        totalSyncNanos += nanos;
        syncsByDuration[SyncDurations.bucketOf(nanos)]++;
        bytesWritten += Frames.HEADER_BYTES;
      }
      removeObsolete();
    } catch (IOException e) {
      throw failed("sync", e);
    }
  }

  /**
   * Reads entries back, durable or not.
   *
   * <p>What a read returns was the log's contents at one moment during the call.
   *
   * @throws dev.jangada.raft.InvariantViolation if the log does not hold the range
   * @throws DiskFailureException if the disk fails or an entry was damaged since it was written,
   *     and ever after
   */
  @Override
  public List<Entry> read(long from, long to, long maxBytes) {
    checkUsable();
    List<Entry> entries = new ArrayList<>();
    synchronized (readLock) {
      Stretch stretch;
      synchronized (lock) {
        Invariant.check(
            from > state.base().index() && from < to && to <= state.lastIndex() + 1,
            "log: read of entries %d to %d in a log of entries after %s up to %d",
            from,
            to - 1,
            state.base(),
            state.lastIndex());
        stretch = stretch(from, to);
      }
      long[] bytes = new long[1];
      walk(
          stretch,
          record -> {
            Entry entry = record.entry();
            entries.add(entry);
            bytes[0] += entry.weight();
            return bytes[0] < maxBytes;
          });
    }
    return entries;
  }

  /**
   * What the log holds, in bytes of its encoding: the hard state and all entries after the base,
   * without frames and without what was replaced or discarded. Reads all of it.
   *
   * @throws DiskFailureException as {@link #read} does
   */
  public long logicalBytes() {
    checkUsable();
    synchronized (readLock) {
      Stretch stretch;
      long[] bytes = new long[1];
      synchronized (lock) {
        bytes[0] = Records.size(state.hardState());
        stretch = stretch(state.base().index() + 1, state.lastIndex() + 1);
      }
      walk(
          stretch,
          record -> {
            bytes[0] += record.bytes();
            return true;
          });
      return bytes[0];
    }
  }

  /** Entries, from one index to before another, and where they are. */
  private record Stretch(long from, long to, SparseIndex.Points points, List<Segment> sources) {}

  /** Takes an entry; false if that is enough. */
  @FunctionalInterface
  private interface EntryVisitor {
    boolean visit(Records.Reader record) throws Records.MalformedRecordException;
  }

  /** Finds a stretch of the log as it is now. */
  private Stretch stretch(long from, long to) {
    if (from == to) {
      return new Stretch(from, to, SparseIndex.NO_POINTS, List.of());
    }
    SparseIndex.Points points = index.slice(from, to);
    List<Segment> sources = new ArrayList<>();
    for (long position : points.positions()) {
      long sequence = SparseIndex.sequence(position);
      sources.add(segments.get((int) (sequence - segments.getFirst().sequence())));
    }
    return new Stretch(from, to, points, sources);
  }

  private ByteBuffer readWindow() {
    ByteBuffer window = readWindow;
    if (window == null) {
      window = ByteBuffer.allocateDirect(Math.min(READ_WINDOW_BYTES, config.segmentBytes()));
      readWindow = window;
    }
    return window;
  }

  /** Shows a visitor the entries of a stretch, in order. */
  private void walk(Stretch stretch, EntryVisitor visitor) {
    try {
      SparseIndex.Points points = stretch.points();
      long next = stretch.from();
      for (int i = 0; i < points.size(); i++) {
        long end = i + 1 < points.size() ? points.indexes()[i + 1] : stretch.to();
        Segment source = stretch.sources().get(i);
        int at = SparseIndex.offset(points.positions()[i]);
        Frames.Reader reader = source.reader(readWindow());
        while (next < end) {
          if (!reader.readHeader(at) || !reader.readPayload()) {
            throw damaged(source, at, "a record is not what was written");
          }
          Records.Reader records = new Records.Reader(reader.payload());
          try {
            while (next < end && records.next()) {
              if (records.kind() == Records.Kind.ENTRY && records.index() == next) {
                next++;
                if (!visitor.visit(records)) {
                  return;
                }
              }
            }
          } catch (Records.MalformedRecordException malformed) {
            throw damaged(source, at, String.valueOf(malformed.getMessage()));
          }
          at = (int) reader.end();
        }
      }
    } catch (IOException e) {
      throw failed("read", e);
    }
  }

  private static CorruptLogException damaged(Segment segment, long offset, String what) {
    return new CorruptLogException(
        segment.describe(), offset, what, "Check the disk, then restart the node");
  }

  /** What this log has done since it was opened. */
  public WalStatistics statistics() {
    synchronized (lock) {
      return new WalStatistics(
          entriesAppended,
          bytesWritten,
          syncs,
          lastSyncNanos,
          segments.size(),
          SyncDurations.of(syncsByDuration, totalSyncNanos));
    }
  }

  /**
   * Makes all that was appended durable, unless the disk has failed before, and closes the log's
   * files. Nothing but {@code close} may be called afterwards.
   *
   * @throws DiskFailureException if the disk fails
   */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    try {
      if (failure == null) {
        sync();
        spare.check();
        removal.finish();
        // Once more, for the proof.
        active.sync();
      }
    } catch (IOException e) {
      throw failed("sync", e);
    } finally {
      closed = true;
      closeFiles();
    }
  }

  private void closeFiles() {
    try {
      spare.close(failure == null);
    } catch (IOException e) {
      logger.warn("cannot close or delete {}", disk.describe(SpareSegment.NAME), e);
    }
    synchronized (readLock) {
      for (Segment segment : segments) {
        try {
          segment.close();
        } catch (IOException e) {
          // Nothing depends on it: the contents have been synced, or that has failed before.
          logger.warn("cannot close {}", segment.describe(), e);
        }
      }
    }
  }

  private void checkUsable() {
    DiskFailureException earlier = failure;
    if (earlier != null) {
      throw new DiskFailureException(
          "the log has failed before and takes no more calls: " + earlier.getMessage(), earlier);
    }
    if (closed) {
      throw new IllegalStateException("the log is closed");
    }
  }

  private DiskFailureException failed(String verb, IOException cause) {
    DiskFailureException fatal =
        new DiskFailureException(
            "cannot " + verb + " the log at " + active.describe() + ": " + cause.getMessage(),
            cause);
    failure = fatal;
    return fatal;
  }
}
