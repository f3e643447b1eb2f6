package dev.jangada.simulation.disk;

import dev.jangada.storage.Disk;
import dev.jangada.storage.DiskFile;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileAlreadyExistsException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A disk in memory that behaves as badly as POSIX allows, and the same way again for the same seed.
 *
 * <ul>
 *   <li>When the power fails, each 512-byte sector that was written since the file's last sync
 *       keeps its old contents or its new, independently of all others: writes are lost, torn and
 *       reordered. The same holds for a file's size.
 *   <li>Each creation, rename and deletion since the last {@link #syncDirectory()} happened or did
 *       not, independently of the others as far as they make sense alone; a rename is atomic.
 *       Syncing a file does not make its name durable.
 *   <li>A failed sync may have written any part; the rest is given up: processes still read it, no
 *       later sync writes it, and the next power failure takes it away. Writing it again helps.
 *   <li>A write that fails has written a part.
 * </ul>
 *
 * <p>Every operation that changes something is counted, so that a test can make the power fail at
 * each of them in turn: run a workload once to learn {@link #operations()}, then once for every
 * number with {@link #losePowerAt}.
 *
 * <p>Thread-safe, but deterministic only when used by one thread.
 */
public final class SimulatedDisk implements Disk {

  private static final long NEVER = Long.MAX_VALUE;

  private enum ChangeKind {
    CREATE,
    RENAME,
    DELETE
  }

  /** A directory operation. A creation and a deletion use {@code from} only. */
  private record Change(ChangeKind kind, String from, String to, SimulatedFile file) {

    void apply(Map<String, SimulatedFile> names) {
      switch (kind) {
        case CREATE -> names.put(from, file);
        case RENAME -> {
          if (names.remove(from, file)) {
            names.put(to, file);
          }
        }
        case DELETE -> names.remove(from, file);
      }
    }
  }

  private final RandomGenerator random;

  /** What a process sees. */
  private final TreeMap<String, SimulatedFile> names = new TreeMap<>();

  /** What is on the medium, and what has happened since. */
  private final TreeMap<String, SimulatedFile> namesOnMedium = new TreeMap<>();

  private final List<Change> unsyncedChanges = new ArrayList<>();

  private boolean powered = true;
  private int restarts;
  private long operations;
  private long powerLossAt = NEVER;
  private long failureAt = NEVER;
  private long capacity = Long.MAX_VALUE;

  /**
   * An empty disk.
   *
   * @param random decides what survives; all that the disk does is a function of it and of the
   *     calls
   */
  public SimulatedDisk(RandomGenerator random) {
    this.random = random;
  }

  /** How many operations that change something there have been, failed ones included. */
  public synchronized long operations() {
    return operations;
  }

  /**
   * Makes the power fail during an operation, which then throws {@link PowerLossException}; it may
   * or may not have taken effect.
   *
   * @param operation number of the operation, as {@link #operations()} will count it
   */
  public synchronized void losePowerAt(long operation) {
    powerLossAt = operation;
  }

  /**
   * Makes one operation fail with an {@link IOException}; what it does nevertheless depends on the
   * operation.
   *
   * @param operation number of the operation, as {@link #operations()} will count it
   */
  public synchronized void failAt(long operation) {
    failureAt = operation;
  }

  /** Makes files take at most so many bytes together; what would need more fails. */
  public synchronized void setCapacity(long bytes) {
    capacity = bytes;
  }

  /**
   * Takes the power away: decides what is left of everything unsynced. All open files are lost, and
   * until {@link #restart()} every call throws {@link PowerLossException}.
   */
  public synchronized void losePower() {
    TreeMap<String, SimulatedFile> left = new TreeMap<>(namesOnMedium);
    for (Change change : unsyncedChanges) {
      if (random.nextBoolean()) {
        change.apply(left);
      }
    }
    left.values().forEach(file -> file.losePower(random));
    names.clear();
    names.putAll(left);
    syncNames();
    powered = false;
  }

  /** Whether the disk has power: false from a power failure until {@link #restart()}. */
  public synchronized boolean isPowered() {
    return powered;
  }

  /** Gives the power back. Files that were open before stay lost. */
  public synchronized void restart() {
    if (!powered) {
      restarts++;
      powered = true;
    }
    powerLossAt = NEVER;
    failureAt = NEVER;
  }

  /**
   * Damages the medium: inverts one bit of a file, whatever is or is not synced.
   *
   * @param position of the byte, inside the file
   * @param bit 0 for the lowest to 7
   */
  public synchronized void flipBit(String name, long position, int bit)
      throws FileNotFoundException {
    SimulatedFile file = find(name);
    if (position < 0 || position >= file.size() || bit < 0 || bit > 7) {
      throw new IllegalArgumentException(
          "no bit " + bit + " at " + position + " in a file of " + file.size() + " bytes");
    }
    file.flipBit(position, bit);
  }

  /**
   * A bit of a file.
   *
   * @param file its name
   * @param position of the byte
   * @param bit 0 for the lowest to 7
   */
  public record Bit(String file, long position, int bit) {}

  /**
   * Chooses a bit that was written and synced long ago, in a file that is on the medium under its
   * name: what a log synced last it may take for the unfinished write of a crash, if it is damaged.
   *
   * @return null if there is none
   */
  public synchronized @Nullable Bit anyBitOfLongWritten(RandomGenerator chance) {
    List<String> candidates = new ArrayList<>();
    namesOnMedium.forEach((name, file) -> {
      if (names.get(name) == file && file.longSyncedEnd() > 0) {
        candidates.add(name);
      }
    });
    if (candidates.isEmpty()) {
      return null;
    }
    String name = candidates.get(chance.nextInt(candidates.size()));
    SimulatedFile file = names.get(name);
    if (file == null) {
      return null;
    }
    long end = file.longSyncedEnd();
    long position = file.nextNonZero(chance.nextLong(end));
    return new Bit(name, position < end ? position : 0, chance.nextInt(8));
  }

  /** How many bytes the files take together. */
  public synchronized long usedBytes() {
    return names.values().stream().mapToLong(SimulatedFile::size).sum();
  }

  @Override
  public synchronized List<String> list() {
    checkPowered();
    return List.copyOf(names.keySet());
  }

  @Override
  public synchronized DiskFile create(String name, long size) throws IOException {
    begin();
    if (names.containsKey(name)) {
      throw new FileAlreadyExistsException(name);
    }
    boolean fails = failsNow();
    SimulatedFile file = new SimulatedFile(fails || isFull(size) ? 0 : size);
    change(new Change(ChangeKind.CREATE, name, name, file));
    end();
    if (fails) {
      throw injected("create " + name);
    }
    checkSpace(size - file.size());
    return new OpenFile(file, name, restarts);
  }

  @Override
  public synchronized DiskFile open(String name) throws IOException {
    checkPowered();
    return new OpenFile(find(name), name, restarts);
  }

  @Override
  public synchronized void rename(String from, String to) throws IOException {
    begin();
    SimulatedFile file = find(from);
    if (failsNow()) {
      throw injected("rename " + from);
    }
    change(new Change(ChangeKind.RENAME, from, to, file));
    end();
  }

  @Override
  public synchronized void delete(String name) throws IOException {
    begin();
    SimulatedFile file = find(name);
    if (failsNow()) {
      throw injected("delete " + name);
    }
    change(new Change(ChangeKind.DELETE, name, name, file));
    end();
  }

  @Override
  public synchronized void syncDirectory() throws IOException {
    begin();
    if (failsNow()) {
      throw injected("sync the directory");
    }
    if (operations != powerLossAt || random.nextBoolean()) {
      syncNames();
    }
    end();
  }

  @Override
  public String describe(String name) {
    return name;
  }

  private void change(Change change) {
    change.apply(names);
    unsyncedChanges.add(change);
  }

  private void syncNames() {
    namesOnMedium.clear();
    namesOnMedium.putAll(names);
    unsyncedChanges.clear();
  }

  private SimulatedFile find(String name) throws FileNotFoundException {
    SimulatedFile file = names.get(name);
    if (file == null) {
      throw new FileNotFoundException(name);
    }
    return file;
  }

  private void checkPowered() {
    if (!powered) {
      throw new PowerLossException("the disk has no power");
    }
  }

  private void begin() {
    checkPowered();
    operations++;
  }

  /** Ends an operation whose effects were made, if only in the cache. */
  private void end() {
    if (operations == powerLossAt) {
      losePower();
      throw new PowerLossException("the power failed at operation " + operations);
    }
  }

  private boolean failsNow() {
    return operations == failureAt;
  }

  private static IOException injected(String what) {
    return new IOException("input/output error: cannot " + what);
  }

  private boolean isFull(long moreBytes) {
    return capacity != Long.MAX_VALUE && moreBytes > capacity - usedBytes();
  }

  private void checkSpace(long moreBytes) throws IOException {
    if (moreBytes > 0 && isFull(moreBytes)) {
      throw new IOException("no space left on device");
    }
  }

  private final class OpenFile implements DiskFile {

    private final SimulatedFile file;
    private final String name;
    private final int openedAfter;

    OpenFile(SimulatedFile file, String name, int openedAfter) {
      this.file = file;
      this.name = name;
      this.openedAfter = openedAfter;
    }

    private void checkOpen() {
      checkPowered();
      if (openedAfter != restarts) {
        throw new PowerLossException(name + " was open when the power failed");
      }
    }

    @Override
    public long size() {
      synchronized (SimulatedDisk.this) {
        checkOpen();
        return file.size();
      }
    }

    @Override
    public int read(ByteBuffer target, long position) {
      synchronized (SimulatedDisk.this) {
        checkOpen();
        return file.read(target, position);
      }
    }

    @Override
    public void write(ByteBuffer source, long position) throws IOException {
      synchronized (SimulatedDisk.this) {
        checkOpen();
        begin();
        if (failsNow()) {
          source.limit(source.position() + random.nextInt(source.remaining() + 1));
          file.write(source, position);
          throw injected("write " + name);
        }
        checkSpace(position + source.remaining() - file.size());
        file.write(source, position);
        end();
      }
    }

    @Override
    public void sync() throws IOException {
      synchronized (SimulatedDisk.this) {
        checkOpen();
        begin();
        if (failsNow()) {
          file.failSync(random);
          throw injected("sync " + name);
        }
        if (operations != powerLossAt || random.nextBoolean()) {
          file.sync();
        }
        end();
      }
    }

    @Override
    public void truncate(long size) throws IOException {
      synchronized (SimulatedDisk.this) {
        checkOpen();
        begin();
        if (failsNow()) {
          throw injected("truncate " + name);
        }
        file.truncate(size);
        end();
      }
    }

    @Override
    public void close() {
      // Closing makes nothing durable.
    }
  }
}
