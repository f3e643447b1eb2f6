package dev.jangada.simulation.disk;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The contents of a file: what a process sees, and where that differs from what is on the medium,
 * the medium's sectors too. Pages that were never written are not held in memory.
 *
 * <p>Plain arrays, and copies of sectors that are used again: a simulation writes and syncs a few
 * sectors at a time, more often than anything else.
 */
final class SimulatedFile {

  /** What a disk writes whole or not at all. */
  static final int SECTOR_BYTES = 512;

  private static final int PAGE_BYTES = 4096;

  /** What a page that is not there reads as. */
  private static final byte[] ZEROS = new byte[PAGE_BYTES];

  /** Seen contents by page number; a page that is not there is zero. */
  private byte[] @Nullable [] pages = {};

  /**
   * Numbers of the sectors that differ from their copies on the medium, ascending, so that random
   * choices are made in the same order every time.
   */
  private long[] unsynced = new long[8];

  /** How many there are. */
  private int unsyncedCount;

  /** Their copies on the medium; behind them, arrays to be used again. */
  private byte[] @Nullable [] onMedium = new byte[8] @Nullable [];

  /**
   * Whether a sync will write the sector; after a failed sync it will not, although what a process
   * reads is still the newer contents.
   */
  private boolean[] dirty = new boolean[8];

  private long size;
  private long sizeOnMedium;

  /** The end of what was written and is not zero. */
  private long writtenEnd;

  /** The same as of the last sync that wrote something, and as of the one before it. */
  private long syncedEnd;

  private long longSyncedEnd;

  SimulatedFile(long size) {
    this.size = size;
  }

  long size() {
    return size;
  }

  /** The first position from the given one on whose byte is not zero; the size if there is none. */
  long nextNonZero(long from) {
    for (long at = from; at < size; at++) {
      byte[] page = page(at);
      if (page == null) {
        at = (at / PAGE_BYTES + 1) * PAGE_BYTES - 1;
      } else if (page[(int) (at % PAGE_BYTES)] != 0) {
        return at;
      }
    }
    return size;
  }

  private byte @Nullable [] page(long position) {
    long number = position / PAGE_BYTES;
    return number < pages.length ? pages[(int) number] : null;
  }

  private byte[] pageToWrite(long position) {
    int number = Math.toIntExact(position / PAGE_BYTES);
    if (number >= pages.length) {
      pages = Arrays.copyOf(pages, Math.max(number + 1, 2 * pages.length));
    }
    byte[] page = pages[number];
    if (page == null) {
      page = new byte[PAGE_BYTES];
      pages[number] = page;
    }
    return page;
  }

  int read(ByteBuffer target, long position) {
    int count = (int) Math.max(0, Math.min(target.remaining(), size - position));
    int done = 0;
    while (done < count) {
      long at = position + done;
      int offset = (int) (at % PAGE_BYTES);
      int part = Math.min(count - done, PAGE_BYTES - offset);
      byte[] page = page(at);
      target.put(page == null ? ZEROS : page, offset, part);
      done += part;
    }
    return count;
  }

  /**
   * Up to where damage would be that of what was synced long ago: what came with the last sync does
   * not count, unless there was no other; of that, half does.
   */
  long longSyncedEnd() {
    return Math.min(longSyncedEnd > 0 ? longSyncedEnd : syncedEnd / 2, size);
  }

  void write(ByteBuffer source, long position) {
    if (!isZero(source)) {
      writtenEnd = Math.max(writtenEnd, position + source.remaining());
    }
    long at = position;
    while (source.hasRemaining()) {
      int offset = (int) (at % SECTOR_BYTES);
      int part = Math.min(source.remaining(), SECTOR_BYTES - offset);
      markDirty(at / SECTOR_BYTES);
      source.get(pageToWrite(at), (int) (at % PAGE_BYTES), part);
      at += part;
    }
    size = Math.max(size, at);
  }

  private static boolean isZero(ByteBuffer source) {
    for (int i = source.position(); i < source.limit(); i++) {
      if (source.get(i) != 0) {
        return false;
      }
    }
    return true;
  }

  private void markDirty(long sector) {
    int place = place(sector);
    if (place < 0) {
      place = insert(-place - 1, sector);
    }
    dirty[place] = true;
  }

  /** Where a sector is among the unsynced ones; less than 0, and where it goes, if it is not. */
  private int place(long sector) {
    if (unsyncedCount == 0 || sector > unsynced[unsyncedCount - 1]) {
      return -unsyncedCount - 1;
    }
    return Arrays.binarySearch(unsynced, 0, unsyncedCount, sector);
  }

  /** Puts a sector among the unsynced ones, as it is now. */
  private int insert(int place, long sector) {
    if (unsyncedCount == unsynced.length) {
      unsynced = Arrays.copyOf(unsynced, 2 * unsyncedCount);
      onMedium = Arrays.copyOf(onMedium, 2 * unsyncedCount);
      dirty = Arrays.copyOf(dirty, 2 * unsyncedCount);
    }
    byte[] copy = onMedium[unsyncedCount];
    if (copy == null) {
      copy = new byte[SECTOR_BYTES];
    }
    copySector(sector, copy);
    int moved = unsyncedCount - place;
    System.arraycopy(unsynced, place, unsynced, place + 1, moved);
    System.arraycopy(onMedium, place, onMedium, place + 1, moved);
    System.arraycopy(dirty, place, dirty, place + 1, moved);
    unsyncedCount++;
    unsynced[place] = sector;
    onMedium[place] = copy;
    return place;
  }

  private void copySector(long sector, byte[] target) {
    byte[] page = page(sector * SECTOR_BYTES);
    if (page == null) {
      Arrays.fill(target, (byte) 0);
    } else {
      System.arraycopy(page, (int) (sector * SECTOR_BYTES % PAGE_BYTES), target, 0, SECTOR_BYTES);
    }
  }

  private void setSector(long sector, byte[] contents) {
    byte[] page = pageToWrite(sector * SECTOR_BYTES);
    System.arraycopy(contents, 0, page, (int) (sector * SECTOR_BYTES % PAGE_BYTES), SECTOR_BYTES);
  }

  private byte[] onMedium(int place) {
    byte[] copy = onMedium[place];
    if (copy == null) {
      throw new AssertionError("an unsynced sector without a copy of what is on the medium");
    }
    return copy;
  }

  void truncate(long newSize) {
    // What is cut off reads as zeros, should the file grow again.
    for (long at = newSize; at < size; ) {
      long end = Math.min(size, (at / SECTOR_BYTES + 1) * SECTOR_BYTES);
      if (page(at) != null) {
        write(ByteBuffer.allocate((int) (end - at)), at);
      }
      at = end;
    }
    size = newSize;
  }

  void sync() {
    if (writtenEnd != syncedEnd) {
      longSyncedEnd = syncedEnd;
      syncedEnd = writtenEnd;
    }
    int kept = 0;
    for (int place = 0; place < unsyncedCount; place++) {
      if (!dirty[place]) {
        swap(kept++, place);
      }
    }
    unsyncedCount = kept;
    sizeOnMedium = size;
  }

  /** Moves a sector forward; the copy that was there stays in use behind it. */
  private void swap(int to, int from) {
    if (to != from) {
      unsynced[to] = unsynced[from];
      dirty[to] = dirty[from];
      byte[] copy = onMedium[to];
      onMedium[to] = onMedium[from];
      onMedium[from] = copy;
    }
  }

  /**
   * A sync that reports an error: each sector may have reached the medium, and those that have not
   * are given up, as operating systems do.
   */
  void failSync(RandomGenerator random) {
    int kept = 0;
    for (int place = 0; place < unsyncedCount; place++) {
      if (!dirty[place]) {
        swap(kept++, place);
      } else if (!random.nextBoolean()) {
        dirty[place] = false;
        swap(kept++, place);
      }
    }
    unsyncedCount = kept;
    if (random.nextBoolean()) {
      sizeOnMedium = size;
    }
  }

  /** Leaves what the medium has: of each unsynced sector the old contents or the new. */
  void losePower(RandomGenerator random) {
    for (int place = 0; place < unsyncedCount; place++) {
      if (!dirty[place] || random.nextBoolean()) {
        setSector(unsynced[place], onMedium(place));
      }
    }
    unsyncedCount = 0;
    writtenEnd = syncedEnd;
    if (size != sizeOnMedium && random.nextBoolean()) {
      truncate(sizeOnMedium);
      unsyncedCount = 0;
    }
    sizeOnMedium = size;
  }

  void flipBit(long position, int bit) {
    long sector = position / SECTOR_BYTES;
    int offset = (int) (position % SECTOR_BYTES);
    int place = place(sector);
    if (place >= 0) {
      onMedium(place)[offset] ^= (byte) (1 << bit);
    }
    byte[] page = pageToWrite(position);
    page[(int) (position % PAGE_BYTES)] ^= (byte) (1 << bit);
  }
}
