package dev.jangada.kv.store;

import static dev.jangada.kv.store.OrderedStoreContract.bytes;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The process dies at every step of replacing a store: what is left is the old one or the new. */
class RocksDbRestoreTest {

  /** The process is dead: nothing that it would have done next happens. */
  private static final class Killed extends RuntimeException {
    private static final long serialVersionUID = 1;
  }

  /** Counts steps, and from some step on does not let anything happen any more. */
  private static final class Steps implements RocksDbDirectory.Steps {
    private final int last;
    private final List<String> taken = new ArrayList<>();

    Steps(int last) {
      this.last = last;
    }

    @Override
    public void before(String change) {
      if (taken.size() >= last) {
        throw new Killed();
      }
      taken.add(change);
    }
  }

  @TempDir private Path directory = Path.of("set by JUnit");

  private RocksDbStore open(String name, RocksDbDirectory.Steps steps) {
    return RocksDbStore.open(
        RocksDbOptions.in(directory.resolve(name))
            .withMemory(4 << 20, 256 << 10)
            .withFlushOnClose(false),
        steps);
  }

  private static void put(OrderedStore store, String key, String value) {
    try (OrderedStore.Batch batch = store.newBatch()) {
      batch.put(bytes(key), bytes(value));
      batch.commit();
    }
  }

  private static List<String> contents(OrderedStore store) {
    List<String> contents = new ArrayList<>();
    try (OrderedStore.Snapshot snapshot = store.snapshot();
        OrderedStore.Cursor cursor = snapshot.cursor(bytes("a"), bytes("z"))) {
      for (; cursor.isValid(); cursor.next()) {
        contents.add(new String(cursor.key(), UTF_8) + "=" + new String(cursor.value(), UTF_8));
      }
    }
    return contents;
  }

  private static final List<String> OLD = List.of("b=old", "k=old");
  private static final List<String> NEW = List.of("k=new", "n=new");

  private byte[] newContents() throws IOException {
    try (RocksDbStore source = open("source", step -> {})) {
      put(source, "k", "new");
      put(source, "n", "new");
      try (OrderedStore.Checkpoint checkpoint = source.checkpoint();
          InputStream in = checkpoint.open()) {
        return in.readAllBytes();
      }
    }
  }

  /** A store with the old contents, flushed. */
  private void createOld(String name) {
    try (RocksDbStore store = open(name, step -> {})) {
      put(store, "k", "old");
      put(store, "b", "old");
      store.flush();
    }
  }

  /** Restores until the process dies; whether it came to the end. */
  private boolean restoreUntil(String name, byte[] snapshot, Steps steps) throws IOException {
    @Nullable RocksDbStore store = null;
    try {
      store = open(name, steps);
      try (OrderedStore.Restoration restoration =
          store.restore(new ByteArrayInputStream(snapshot))) {
        restoration.commit();
      }
      return true;
    } catch (Killed killed) {
      return false;
    } finally {
      if (store != null) {
        store.close();
      }
    }
  }

  @Test
  void processThatDiesAtAnyStepLeavesTheOldStoreOrTheNew() throws IOException {
    byte[] snapshot = newContents();
    int old = 0;
    int replaced = 0;
    boolean ended = false;
    for (int last = 0; !ended; last++) {
      String name = "store" + last;
      createOld(name);
      Steps steps = new Steps(last);
      ended = restoreUntil(name, snapshot, steps);
      String where = "after " + steps.taken;

      List<String> found = reopenThroughDeaths(name, last % 2 == 1);

      assertThat(found).as(where).isIn(OLD, NEW);
      boolean decided =
          steps.taken.stream().anyMatch(step -> step.endsWith(".restoring"))
              && steps.taken.stream().anyMatch(step -> step.startsWith("rename "));
      assertThat(found).as(where).isEqualTo(decided ? NEW : OLD);
      old += found.equals(OLD) ? 1 : 0;
      replaced += found.equals(NEW) ? 1 : 0;
      assertThat(beside(name)).as(where + ": what is left over").containsExactly(name);
    }
    assertThat(old).isGreaterThan(8);
    assertThat(replaced).isGreaterThan(8);
  }

  /** Opens the store, dying at the first, then at the second, … step of that. */
  private List<String> reopenThroughDeaths(String name, boolean deaths) {
    for (int last = deaths ? 0 : Integer.MAX_VALUE; ; last++) {
      try (RocksDbStore store = open(name, new Steps(last))) {
        List<String> contents = contents(store);
        put(store, "k", "still writable");
        return contents;
      } catch (Killed killed) {
        assertThat(deaths).isTrue();
      }
    }
  }

  private List<String> beside(String name) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .map(path -> path.getFileName().toString())
          .filter(other -> other.equals(name) || other.startsWith(name + "."))
          .toList();
    }
  }

  @Test
  void oldStoreIsDeletedOnlyWhenItIsDurableThatTheNewOneReplacesIt() throws IOException {
    byte[] snapshot = newContents();
    createOld("store");
    Steps steps = new Steps(Integer.MAX_VALUE);
    restoreUntil("store", snapshot, steps);
    Path store = directory.resolve("store");
    List<String> taken = steps.taken;
    int decided = taken.indexOf("rename " + store + ".restoring");
    int renamed = taken.indexOf("rename " + store + ".restored");
    assertThat(taken.subList(0, decided))
        .as("durable before the decision")
        .contains("sync CURRENT", "sync " + store + ".restoring")
        .noneMatch(step -> step.startsWith("delete " + store + "/"));
    long files = taken.stream().filter(step -> step.matches("create [A-Z0-9].*")).count();
    assertThat(taken.subList(0, decided).stream().filter(step -> step.matches("sync [A-Z0-9].*")))
        .as("every file")
        .hasSize((int) files);
    assertThat(taken.get(decided + 1)).isEqualTo("sync " + directory);
    assertThat(taken.subList(decided + 2, renamed))
        .as("then the old one goes")
        .contains("delete " + store);
    assertThat(taken.get(renamed + 1)).isEqualTo("sync " + directory);
  }

  @Test
  void checkpointIsDeletedWhenClosedOrAfterACrashWhenOpened() throws IOException {
    RocksDbStore store = open("store", step -> {});
    put(store, "k", "v");
    Path checkpoints = directory.resolve("store.checkpoints");
    OrderedStore.Checkpoint first = store.checkpoint();
    OrderedStore.Checkpoint second = store.checkpoint();
    assertThat(checkpoints.resolve("1")).isDirectory();
    first.close();
    first.close();
    assertThat(checkpoints.resolve("1")).doesNotExist();
    assertThatThrownBy(first::open).isInstanceOf(IllegalStateException.class);
    store.close();
    try (InputStream in = second.open()) {
      assertThat(in.readAllBytes()).as("also without the store").hasSize((int) second.size());
    }

    open("store", step -> {}).close();

    assertThat(checkpoints).doesNotExist();
  }

  @Test
  void fileNamesThatLeaveTheDirectoryAreRefused() throws IOException {
    byte[] snapshot = newContents();
    // The first file's name: its length is at 13.
    for (String evil : new String[] {"../../evil", "..", ".hidden", "a/b", ""}) {
      byte[] name = bytes(evil);
      byte[] changed = new byte[14 + name.length + 100];
      System.arraycopy(snapshot, 0, changed, 0, 13);
      changed[13] = (byte) name.length;
      System.arraycopy(name, 0, changed, 14, name.length);
      try (RocksDbStore store = open("target", step -> {})) {
        assertThatThrownBy(() -> store.restore(new ByteArrayInputStream(changed)))
            .as(evil)
            .isInstanceOf(IOException.class)
            .hasMessageContaining("impossible name");
      }
    }
    assertThat(directory.resolve("evil")).doesNotExist();
  }
}
