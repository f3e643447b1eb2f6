package dev.jangada.storage;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Another disk as it is, with all changes made in memory only: what is checked must not be changed,
 * and opening a log repairs it. Keeps the pages that were written; for one thread.
 */
final class ScratchDisk implements Disk, AutoCloseable {

  private static final int PAGE_BYTES = 4 << 10;

  private final Disk disk;
  private final List<DiskFile> opened = new ArrayList<>();

  /** What became of names: the file of this name, null if there is none any more. */
  private final Map<String, @Nullable ScratchFile> changed = new TreeMap<>();

  ScratchDisk(Disk disk) {
    this.disk = disk;
  }

  @Override
  public List<String> list() throws IOException {
    TreeSet<String> names = new TreeSet<>(disk.list());
    changed.forEach((name, file) -> {
      if (file == null) {
        names.remove(name);
      } else {
        names.add(name);
      }
    });
    return List.copyOf(names);
  }

  @Override
  public DiskFile create(String name, long size) throws IOException {
    if (list().contains(name)) {
      throw new IOException(describe(name) + " exists");
    }
    ScratchFile file = new ScratchFile(null, size);
    changed.put(name, file);
    return file;
  }

  @Override
  public DiskFile open(String name) throws IOException {
    if (!list().contains(name)) {
      throw new FileNotFoundException(describe(name));
    }
    ScratchFile file = changed.get(name);
    if (file == null) {
      DiskFile original = disk.open(name);
      opened.add(original);
      file = new ScratchFile(original, original.size());
      changed.put(name, file);
    }
    return file;
  }

  @Override
  public void rename(String from, String to) throws IOException {
    var unused = open(from);
    changed.put(to, changed.put(from, null));
  }

  @Override
  public void delete(String name) {
    changed.put(name, null);
  }

  @Override
  public void syncDirectory() {}

  @Override
  public String describe(String name) {
    return disk.describe(name);
  }

  @Override
  public void close() throws IOException {
    for (DiskFile file : opened) {
      file.close();
    }
  }

  private static final class ScratchFile implements DiskFile {

    private final @Nullable DiskFile original;
    private final Map<Long, byte[]> pages = new TreeMap<>();
    private long size;

    ScratchFile(@Nullable DiskFile original, long size) {
      this.original = original;
      this.size = size;
    }

    @Override
    public int read(ByteBuffer target, long position) throws IOException {
      int wanted = (int) Math.min(target.remaining(), Math.max(0, size - position));
      for (int done = 0; done < wanted; ) {
        long at = position + done;
        int inPage = (int) (at % PAGE_BYTES);
        int count = Math.min(wanted - done, PAGE_BYTES - inPage);
        byte[] page = pages.get(at / PAGE_BYTES);
        if (page == null) {
          page = originalPage(at / PAGE_BYTES);
        }
        target.put(page, inPage, count);
        done += count;
      }
      return wanted;
    }

    private byte[] originalPage(long number) throws IOException {
      ByteBuffer page = ByteBuffer.allocate(PAGE_BYTES);
      if (original != null) {
        original.read(page, number * PAGE_BYTES);
      }
      return page.array();
    }

    @Override
    public void write(ByteBuffer source, long position) throws IOException {
      for (long at = position; source.hasRemaining(); ) {
        long number = at / PAGE_BYTES;
        byte[] page = pages.get(number);
        if (page == null) {
          page = originalPage(number);
          pages.put(number, page);
        }
        int inPage = (int) (at % PAGE_BYTES);
        int count = Math.min(source.remaining(), PAGE_BYTES - inPage);
        source.get(page, inPage, count);
        at += count;
        size = Math.max(size, at);
      }
    }

    @Override
    public void sync() {}

    @Override
    public void truncate(long newSize) throws IOException {
      if (newSize < size) {
        write(ByteBuffer.allocate(Math.toIntExact(size - newSize)), newSize);
      }
      size = newSize;
    }

    @Override
    public long size() {
      return size;
    }

    /** The original stays open for whoever opens this again, until the disk is closed. */
    @Override
    public void close() {}
  }
}
