package dev.jangada.storage;

import dev.jangada.raft.EntryId;
import dev.jangada.raft.Membership;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads a log back after a stop or a crash; repairs what a crash can do to it and refuses the rest.
 * The reasoning is in the overview of {@link WriteAheadLog}.
 *
 * <p>May itself be cut short by a crash at any point and started again.
 */
final class Recovery {

  private static final Logger logger = LoggerFactory.getLogger(Recovery.class);

  private static final String REMEDY =
      "Entries that this node has acknowledged may be lost: do not delete or edit the file to get"
          + " past this. Restore the data directory from a copy made while the node was stopped, or"
          + " remove this node from the cluster and add it anew with an empty directory";

  private final Disk disk;
  private final WalConfig config;
  private final LogState state = new LogState();
  private final SparseIndex index = new SparseIndex();
  private final List<Segment> segments = new ArrayList<>();
  private final ByteBuffer window;

  /**
   * What scanning a segment gave.
   *
   * @param end offset after the last good frame
   * @param recordsEnd offset after the last one with records
   * @param chain checksum of the last good frame
   * @param durable offset up to which the frames prove the segment to be durable
   * @param problem what is wrong at {@code end}, if anything should be there
   */
  private record Scan(int end, int recordsEnd, int chain, int durable, String problem) {}

  Recovery(Disk disk, WalConfig config) {
    this.disk = disk;
    this.config = config;
    this.window = Segment.newBuffer(config.segmentBytes());
  }

  /** A buffer for those who go on writing, once this has run. */
  ByteBuffer buffer() {
    return window;
  }

  LogState state() {
    return state;
  }

  SparseIndex index() {
    return index;
  }

  /** The log's segments, in order; at least one. */
  List<Segment> segments() {
    return segments;
  }

  /**
   * Opens the log, or begins one; everything {@link #state()} then tells of is durable.
   *
   * @throws IOException if it cannot; no file is left open
   */
  void run() throws IOException {
    try {
      openSegments();
      // A process that was killed may have left names that are there, but not durably.
      disk.syncDirectory();
      if (segments.isEmpty()) {
        segments.add(Segment.create(disk, firstHeader()));
      }
      SegmentHeader first = segments.getFirst().header();
      // What the segments before it held is only missed if the log still needs it at its end.
      state.beginAt(first);
      int previousEnd = first.previousEnd();
      int previousChain = first.previousChecksum();
      for (int i = 0; i < segments.size(); i++) {
        Segment segment = segments.get(i);
        checkChain(segment, previousEnd, previousChain);
        if (i + 1 < segments.size()) {
          readFinished(segment, segments.get(i + 1).header());
        } else {
          readLast(segment);
        }
        previousEnd = segment.end();
        previousChain = segment.chain();
      }
      checkComplete();
    } catch (Throwable failure) {
      segments.forEach(segment -> Segment.closeQuietly(segment, failure));
      throw failure;
    }
  }

  private SegmentHeader firstHeader() {
    return new SegmentHeader(
        config.segmentBytes(),
        config.clusterId(),
        config.nodeId(),
        1,
        0,
        0,
        state.hardState(),
        state.last(),
        state.base(),
        null,
        config.newIncarnation().getAsLong());
  }

  private void openSegments() throws IOException {
    for (String name : disk.list()) {
      long sequence = SegmentHeader.sequenceOf(name);
      if (sequence > 0) {
        if (!segments.isEmpty() && sequence != segments.getLast().sequence() + 1) {
          throw missing(name, sequence, segments.getLast().sequence() + 1);
        }
        segments.add(openSegment(name));
      } else if (isUnfinished(name)) {
        // Its creation was cut short, so that nothing was ever written to it.
        disk.delete(name);
      }
    }
  }

  /** Checks that no entry of the log is in a segment before the first that is there. */
  private void checkComplete() throws CorruptLogException {
    Segment first = segments.getFirst();
    if (state.isIncomplete()) {
      throw missing(first.name(), first.sequence(), first.sequence() - 1);
    }
  }

  private CorruptLogException missing(String name, long sequence, long missing) {
    return corrupt(
        name,
        0,
        String.format(
            Locale.ROOT,
            "this is segment %d of the log, but segment %d is missing",
            sequence,
            missing));
  }

  private static boolean isUnfinished(String name) {
    if (!name.endsWith(SegmentHeader.UNFINISHED_SUFFIX)) {
      return false;
    }
    String finished = name.substring(0, name.length() - SegmentHeader.UNFINISHED_SUFFIX.length());
    return name.equals(SpareSegment.NAME) || SegmentHeader.sequenceOf(finished) > 0;
  }

  private Segment openSegment(String name) throws IOException {
    DiskFile file = disk.open(name);
    try {
      ByteBuffer page = ByteBuffer.allocate(SegmentHeader.BYTES);
      file.read(page, 0);
      SegmentHeader header = SegmentHeader.decode(page.flip());
      if (header == null) {
        throw corrupt(name, 0, "the header of the segment is damaged");
      }
      if (header.clusterId() != config.clusterId() || header.nodeId() != config.nodeId()) {
        throw new ForeignLogException(
            String.format(
                Locale.ROOT,
                "%s belongs to node %x of cluster %x, but this is node %x of cluster %x. Start the"
                    + " node with the data directory, name and cluster token that belong together",
                disk.describe(name),
                header.nodeId(),
                header.clusterId(),
                config.nodeId(),
                config.clusterId()));
      }
      if (!header.fileName().equals(name)) {
        throw corrupt(name, 0, "this file was written as " + header.fileName());
      }
      if (file.size() < header.segmentBytes()) {
        throw corrupt(
            name,
            file.size(),
            "the file ends here, but was created with " + header.segmentBytes() + " bytes");
      }
      return new Segment(disk, name, header, file);
    } catch (SegmentHeader.UnknownVersionException unknown) {
      Segment.closeQuietly(file, unknown);
      throw new IOException(disk.describe(name) + ": " + unknown.getMessage(), unknown);
    } catch (Throwable failure) {
      Segment.closeQuietly(file, failure);
      throw failure;
    }
  }

  private CorruptLogException corrupt(String name, long offset, String what) {
    return new CorruptLogException(disk.describe(name), offset, what, REMEDY);
  }

  private CorruptLogException corrupt(Segment segment, long offset, String what) {
    return new CorruptLogException(segment.describe(), offset, what, REMEDY);
  }

  /** Checks that a segment continues the one before it. */
  private void checkChain(Segment segment, int previousEnd, int previousChain)
      throws CorruptLogException {
    SegmentHeader header = segment.header();
    if (header.previousEnd() != previousEnd
        || header.previousChecksum() != previousChain
        || !header.hardState().equals(state.hardState())
        || !header.last().equals(state.last())
        || !header.base().equals(state.base())
        || header.incarnation() != segments.getFirst().header().incarnation()
        || !Objects.equals(header.baseMembership(), state.membershipAt(state.base().index()))) {
      throw corrupt(
          segment,
          0,
          String.format(
              Locale.ROOT,
              "the segment continues a log that ends with entry %s after %s, %s, at offset %d, but"
                  + " the one before it ends with entry %s after %s, %s, at offset %d",
              header.last(),
              header.base(),
              header.hardState(),
              header.previousEnd(),
              state.last(),
              state.base(),
              state.hardState(),
              previousEnd));
    }
  }

  /** Reads a segment that has a successor: it was durable to its end before that was created. */
  private void readFinished(Segment segment, SegmentHeader next) throws IOException {
    Scan scan = scan(segment, next.previousEnd());
    if (scan.end() < next.previousEnd()) {
      throw corrupt(
          segment,
          scan.end(),
          scan.problem() + ", and the next segment shows that this place was durable");
    }
    segment.setEnd(scan.end(), scan.chain(), scan.end());
  }

  private void readLast(Segment segment) throws IOException {
    int limit = segment.header().segmentBytes() & -Frames.ALIGNMENT;
    Scan scan = scan(segment, limit);
    long written = scan.end();
    Frames.Reader reader = segment.reader(window);
    for (long at = reader.nextNonZero(scan.end(), limit);
        at < limit;
        at = reader.nextNonZero(written, limit)) {
      written = at + Frames.ALIGNMENT;
      if (reader.readHeader(at) && reader.durable() > scan.end()) {
        throw corrupt(
            segment,
            scan.end(),
            String.format(
                Locale.ROOT,
                "%s, and offset %d shows that this place was durable",
                scan.problem(),
                at));
      }
    }
    if (written > scan.end()) {
      logger.warn(
          "{}: offset {}: {}: the unfinished write of a crash, {} bytes; removed",
          segment.describe(),
          scan.end(),
          scan.problem(),
          written - scan.end());
    }
    repair(segment, scan, written);
    segment.setEnd(scan.end(), scan.chain(), scan.end());
    if (scan.durable() < scan.recordsEnd()) {
      // There is room: each frame with records leaves enough for the proof of it.
      segment.prove();
    }
  }

  /**
   * Clears what follows the last good frame, so that it can never be taken for frames, and makes
   * the frames that are not proven to be durable so by writing them again: after a sync that failed
   * an operating system may show them although they are not on the disk and though it would not
   * write them by itself any more.
   */
  private void repair(Segment segment, Scan scan, long written) throws IOException {
    DiskFile file = segment.file();
    ByteBuffer zeros = ByteBuffer.allocateDirect((int) Math.min(written - scan.end(), 64 << 10));
    for (long at = scan.end(); at < written; at += zeros.limit()) {
      zeros.clear().limit((int) Math.min(zeros.capacity(), written - at));
      file.write(zeros, at);
    }
    for (long at = scan.durable(); at < scan.end(); at += window.limit()) {
      window.clear().limit((int) Math.min(window.capacity(), scan.end() - at));
      file.read(window, at);
      file.write(window.flip(), at);
    }
    if (written > scan.durable()) {
      file.sync();
    }
  }

  /** Applies frames until the limit, or until there is no good frame. */
  private Scan scan(Segment segment, int limit) throws IOException {
    Frames.Reader reader = segment.reader(window);
    int at = SegmentHeader.BYTES;
    int recordsEnd = at;
    int chain = segment.chain();
    int durable = at;
    String problem = "there is no record";
    while (at < limit) {
      if (!reader.readHeader(at)) {
        break;
      }
      if (reader.previous() != chain) {
        problem = "the record does not continue the one before it";
        break;
      }
      if (!reader.readPayload()) {
        problem = "the record is damaged";
        break;
      }
      String malformed = apply(segment, at, reader.payload());
      if (malformed != null) {
        throw corrupt(segment, at, "the record is intact and yet not possible: " + malformed);
      }
      chain = reader.checksum();
      durable = Math.max(durable, reader.durable());
      at = (int) reader.end();
      if (reader.payload().hasRemaining()) {
        recordsEnd = at;
      }
    }
    return new Scan(at, recordsEnd, chain, durable, problem);
  }

  /** Applies the records of a frame; says why if that is not possible. */
  private @Nullable String apply(Segment segment, int offset, ByteBuffer payload) {
    Records.Reader records = new Records.Reader(payload);
    boolean first = true;
    try {
      while (records.next()) {
        String objection = objection(records);
        if (objection != null) {
          return objection;
        }
        switch (records.kind()) {
          case HARD_STATE -> state.apply(records.hardState());
          case ENTRY -> {
            if (first) {
              first = false;
              index.add(
                  records.index(),
                  SparseIndex.position(segment.sequence(), offset),
                  records.index() <= state.lastIndex());
            }
            state.apply(records.index(), records.term(), records.membership());
          }
          case DISCARD -> discard(state, index, records.id(), records.membership());
          case RESET -> reset(state, index, records.id(), records.membership());
        }
      }
      return null;
    } catch (Records.MalformedRecordException malformed) {
      return malformed.getMessage();
    }
  }

  private @Nullable String objection(Records.Reader records) {
    return switch (records.kind()) {
      case HARD_STATE -> state.objection(records.hardState());
      case ENTRY -> state.objection(records.index(), records.term());
      case DISCARD -> state.objectionToDiscard(records.id());
      case RESET -> state.objectionToReset(records.id());
    };
  }

  /** What the record of a discard does to what is known of the log. */
  static void discard(
      LogState state, SparseIndex index, EntryId upTo, @Nullable Membership membership) {
    state.discard(upTo, membership);
    if (upTo.index() == state.lastIndex()) {
      index.clear();
    } else if (!state.isIncomplete()) {
      index.discardBefore(upTo.index() + 1);
    }
  }

  /** What the record of a reset does to what is known of the log. */
  static void reset(
      LogState state, SparseIndex index, EntryId next, @Nullable Membership membership) {
    state.reset(next, membership);
    index.clear();
  }
}
