package dev.jangada.simulation.disk;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The contents of a file: what a process sees, and where that differs from what is on the medium,
 * the medium's sectors too. Pages that were never written are not held in memory.
 */
final class SimulatedFile {

  /** What a disk writes whole or not at all. */
  static final int SECTOR_BYTES = 512;

  private static final int PAGE_BYTES = 4096;

  /**
   * A sector that differs from its copy on the medium.
   *
   * @param onMedium the copy
   * @param dirty whether a sync will write the sector; after a failed sync it will not, although
   *     what a process reads is still the newer contents
   */
  private record Unsynced(byte[] onMedium, boolean dirty) {}

  /** Seen contents by page number; a page that is not there is zero. */
  private final Map<Long, byte[]> pages = new TreeMap<>();

  /** By sector number, sorted so that random choices are made in the same order every time. */
  private final TreeMap<Long, Unsynced> unsynced = new TreeMap<>();

  private long size;
  private long sizeOnMedium;

  SimulatedFile(long size) {
    this.size = size;
  }

  long size() {
    return size;
  }

  /** How many bytes there are up to the last one that is not zero. */
  long used() {
    long used = 0;
    for (Map.Entry<Long, byte[]> entry : pages.entrySet()) {
      byte[] page = entry.getValue();
      for (int i = PAGE_BYTES - 1; i >= 0; i--) {
        if (page[i] != 0) {
          used = entry.getKey() * PAGE_BYTES + i + 1;
          break;
        }
      }
    }
    return Math.min(used, size);
  }

  /** The first position from the given one on whose byte is not zero; the size if there is none. */
  long nextNonZero(long from) {
    for (long at = from; at < size; at++) {
      byte @Nullable [] page = pages.get(at / PAGE_BYTES);
      if (page == null) {
        at = (at / PAGE_BYTES + 1) * PAGE_BYTES - 1;
      } else if (page[(int) (at % PAGE_BYTES)] != 0) {
        return at;
      }
    }
    return size;
  }

  int read(ByteBuffer target, long position) {
    int count = (int) Math.max(0, Math.min(target.remaining(), size - position));
    int done = 0;
    while (done < count) {
      long at = position + done;
      int offset = (int) (at % PAGE_BYTES);
      int part = Math.min(count - done, PAGE_BYTES - offset);
      byte @Nullable [] page = pages.get(at / PAGE_BYTES);
      if (page == null) {
        target.put(new byte[part]);
      } else {
        target.put(page, offset, part);
      }
      done += part;
    }
    return count;
  }

  void write(ByteBuffer source, long position) {
    long at = position;
    while (source.hasRemaining()) {
      int offset = (int) (at % SECTOR_BYTES);
      int part = Math.min(source.remaining(), SECTOR_BYTES - offset);
      markDirty(at / SECTOR_BYTES);
      byte[] page = pages.computeIfAbsent(at / PAGE_BYTES, number -> new byte[PAGE_BYTES]);
      source.get(page, (int) (at % PAGE_BYTES), part);
      at += part;
    }
    size = Math.max(size, at);
  }

  private void markDirty(long sector) {
    Unsynced before = unsynced.get(sector);
    byte[] onMedium = before == null ? sector(sector) : before.onMedium();
    unsynced.put(sector, new Unsynced(onMedium, true));
  }

  private byte[] sector(long sector) {
    byte @Nullable [] page = pages.get(sector * SECTOR_BYTES / PAGE_BYTES);
    if (page == null) {
      return new byte[SECTOR_BYTES];
    }
    int offset = (int) (sector * SECTOR_BYTES % PAGE_BYTES);
    return Arrays.copyOfRange(page, offset, offset + SECTOR_BYTES);
  }

  private void setSector(long sector, byte[] contents) {
    byte[] page =
        pages.computeIfAbsent(sector * SECTOR_BYTES / PAGE_BYTES, number -> new byte[PAGE_BYTES]);
    System.arraycopy(contents, 0, page, (int) (sector * SECTOR_BYTES % PAGE_BYTES), SECTOR_BYTES);
  }

  void truncate(long newSize) {
    // What is cut off reads as zeros, should the file grow again.
    for (long at = newSize; at < size; ) {
      long end = Math.min(size, (at / SECTOR_BYTES + 1) * SECTOR_BYTES);
      if (pages.containsKey(at / PAGE_BYTES)) {
        write(ByteBuffer.allocate((int) (end - at)), at);
      }
      at = end;
    }
    size = newSize;
  }

  void sync() {
    unsynced.values().removeIf(Unsynced::dirty);
    sizeOnMedium = size;
  }

  /**
   * A sync that reports an error: each sector may have reached the medium, and those that have not
   * are given up, as operating systems do.
   */
  void failSync(RandomGenerator random) {
    var entries = unsynced.entrySet().iterator();
    while (entries.hasNext()) {
      Map.Entry<Long, Unsynced> entry = entries.next();
      if (!entry.getValue().dirty()) {
        continue;
      }
      if (random.nextBoolean()) {
        entries.remove();
      } else {
        entry.setValue(new Unsynced(entry.getValue().onMedium(), false));
      }
    }
    if (random.nextBoolean()) {
      sizeOnMedium = size;
    }
  }

  /** Leaves what the medium has: of each unsynced sector the old contents or the new. */
  void losePower(RandomGenerator random) {
    unsynced.forEach((sector, state) -> {
      if (!state.dirty() || random.nextBoolean()) {
        setSector(sector, state.onMedium());
      }
    });
    unsynced.clear();
    if (size != sizeOnMedium && random.nextBoolean()) {
      truncate(sizeOnMedium);
      unsynced.clear();
    }
    sizeOnMedium = size;
  }

  void flipBit(long position, int bit) {
    long sector = position / SECTOR_BYTES;
    int offset = (int) (position % SECTOR_BYTES);
    Unsynced state = unsynced.get(sector);
    if (state != null) {
      state.onMedium()[offset] ^= (byte) (1 << bit);
    }
    byte[] contents = sector(sector);
    contents[offset] ^= (byte) (1 << bit);
    setSector(sector, contents);
  }
}
