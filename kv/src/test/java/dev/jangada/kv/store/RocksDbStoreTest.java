package dev.jangada.kv.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class RocksDbStoreTest extends OrderedStoreContract {

  @TempDir private Path directory = Path.of("set by JUnit");

  private RocksDbOptions options() {
    return RocksDbOptions.in(directory.resolve("store"))
        .withMemory(4 << 20, 256 << 10)
        .withFlushOnClose(false);
  }

  @Override
  OrderedStore open() {
    return RocksDbStore.open(options());
  }

  @Override
  OrderedStore afterCrash(OrderedStore store) {
    store.close();
    return open();
  }

  @Test
  void orderlyCloseLosesNothing() {
    RocksDbOptions orderly = RocksDbOptions.in(directory.resolve("orderly"));
    try (RocksDbStore store = RocksDbStore.open(orderly)) {
      try (OrderedStore.Batch batch = store.newBatch()) {
        batch.put(bytes("k"), bytes("v"));
        batch.commit();
      }
    }
    try (RocksDbStore store = RocksDbStore.open(orderly);
        OrderedStore.Snapshot snapshot = store.snapshot()) {
      assertThat(snapshot.get(bytes("k"))).isEqualTo(bytes("v"));
    }
  }

  @Test
  void bitFlippedInAnyTableIsFoundByCheckingAndNamedByFileAndOffset() throws IOException {
    RocksDbOptions checked = RocksDbOptions.in(directory.resolve("checked"));
    byte[] noise = new byte[100];
    Random random = new Random(3);
    try (RocksDbStore store = RocksDbStore.open(checked)) {
      for (int i = 0; i < 3_000; i++) {
        try (OrderedStore.Batch batch = store.newBatch()) {
          random.nextBytes(noise);
          batch.put(number(i), noise.clone());
          batch.commit();
        }
      }
    }
    RocksDbStore.openChecked(checked).close();
    Path table;
    try (Stream<Path> files = Files.list(directory.resolve("checked"))) {
      table = files.filter(file -> file.toString().endsWith(".sst")).findFirst().orElseThrow();
    }
    byte[] whole = Files.readAllBytes(table);
    for (int i = 0; i < 40; i++) {
      byte[] damaged = whole.clone();
      // Half of them among the tables of contents at the end; its last bytes only point to those.
      int fromEnd = 60 + random.nextInt(i < 20 ? whole.length - 60 : 6_000);
      damaged[whole.length - fromEnd] ^= 4;
      Files.write(table, damaged);
      assertThatThrownBy(() -> RocksDbStore.openChecked(checked).close())
          .as("bit flipped %d bytes before the end", fromEnd)
          .isInstanceOf(StoreException.class)
          .hasMessageContaining(table.toString())
          .hasMessageContaining("offset ");
    }
  }

  /** The engine itself never returns from opening a store with some of these. */
  @Test
  @Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void bitFlippedInTheManifestIsFoundByOpeningAndByCheckingAndNamedByFileAndOffset()
      throws IOException {
    Path store = directory.resolve("checked");
    RocksDbOptions checked = RocksDbOptions.in(store);
    RocksDbStore.open(checked).close();
    Path manifest;
    try (Stream<Path> files = Files.list(store)) {
      manifest =
          files
              .filter(file -> file.getFileName().toString().startsWith("MANIFEST"))
              .findFirst()
              .orElseThrow();
    }
    byte[] whole = Files.readAllBytes(manifest);
    for (int record = 0; record < whole.length; ) {
      int length = Byte.toUnsignedInt(whole[record + 4]) + (whole[record + 5] << 8);
      // Checksum, type, and the last byte of the payload where there is one.
      for (int at : new int[] {record, record + 3, record + 6, record + 6 + length}) {
        byte[] damaged = whole.clone();
        damaged[at] ^= 4;
        Files.write(manifest, damaged);
        for (ThrowingCallable opening :
            List.<ThrowingCallable>of(
                () -> RocksDbStore.open(checked).close(),
                () -> RocksDbStore.openChecked(checked).close())) {
          assertThatThrownBy(opening)
              .as("bit flipped in byte %d", at)
              .isInstanceOf(StoreException.class)
              .hasMessageContaining("%s: offset %d: ", manifest, record);
        }
      }
      record += 7 + length;
    }
    // What a crash may leave at the end is for the engine to judge.
    for (int length : new int[] {whole.length - 1, whole.length + 100, 0}) {
      Files.write(manifest, Arrays.copyOf(whole, length));
      ManifestCheck.check(store);
    }
    Files.writeString(store.resolve("CURRENT"), "MANIFESU-000005\n");
    assertThatThrownBy(() -> RocksDbStore.open(checked).close())
        .hasMessageContaining("CURRENT: offset 0: ");
  }

  /**
   * Every batch writes its number under three keys far apart, and enough beside it that buffers are
   * flushed as the engine sees fit. The files are copied while it runs, as a power failure would
   * leave them: the three must agree.
   */
  @Test
  void filesCopiedAtAnyMomentHoldWholeBatches() throws IOException {
    byte[] noise = new byte[4 << 10];
    new Random(7).nextBytes(noise);
    long last = 0;
    int copies = 0;
    Path running = directory.resolve("running");
    try (RocksDbStore store =
        RocksDbStore.open(RocksDbOptions.in(running).withMemory(4 << 20, 64 << 10))) {
      for (int round = 0; round < 5; round++) {
        for (int i = 0; i < 60; i++) {
          last++;
          try (OrderedStore.Batch batch = store.newBatch()) {
            byte[] number = number(last);
            batch.put(bytes("a"), number);
            batch.put(number, noise);
            batch.put(bytes("m"), number);
            batch.put(bytes("z"), number);
            batch.commit();
          }
        }
        Path copy = directory.resolve("copy" + round);
        if (copyFiles(running, copy)) {
          copies++;
          assertWholeBatches(copy, last);
        }
      }
    }
    assertThat(copies).isPositive();
  }

  private static void assertWholeBatches(Path copy, long last) {
    try (RocksDbStore store = RocksDbStore.open(RocksDbOptions.in(copy).withFlushOnClose(false));
        OrderedStore.Snapshot snapshot = store.snapshot()) {
      byte[] found = snapshot.get(bytes("a"));
      assertThat(snapshot.get(bytes("m"))).isEqualTo(found);
      assertThat(snapshot.get(bytes("z"))).isEqualTo(found);
      long upTo = found == null ? 0 : ByteBuffer.wrap(found).getLong();
      assertThat(upTo).isLessThanOrEqualTo(last);
      for (long number = 1; number <= last; number++) {
        assertThat(snapshot.get(number(number)) != null)
            .as("batch %d of those up to %d", number, upTo)
            .isEqualTo(number <= upTo);
      }
    }
  }

  /** Whether the engine removed no file meanwhile. */
  private static boolean copyFiles(Path from, Path to) throws IOException {
    Files.createDirectories(to);
    // What says which tables there are is copied before the tables, which are never changed.
    List<Path> files;
    try (Stream<Path> all = Files.list(from)) {
      files =
          all.filter(file -> !file.endsWith("LOCK"))
              .sorted((a, b) -> Boolean.compare(isTable(a), isTable(b)))
              .toList();
    }
    for (Path file : files) {
      try {
        Files.copy(file, to.resolve(file.getFileName()));
      } catch (NoSuchFileException e) {
        return false;
      }
    }
    return true;
  }

  private static boolean isTable(Path file) {
    return file.toString().endsWith(".sst");
  }

  private static byte[] number(long number) {
    return ByteBuffer.allocate(8).putLong(number).array();
  }

  @Test
  void reclaimingThatIsStoppedBeforeItHasBegunDoesNotGoOn() {
    RocksDbOptions options = RocksDbOptions.in(directory.resolve("reclaimed"));
    byte[] noise = new byte[1_000];
    Random random = new Random(4);
    try (RocksDbStore store = RocksDbStore.open(options)) {
      for (int i = 0; i < 200; i++) {
        random.nextBytes(noise);
        try (OrderedStore.Batch batch = store.newBatch()) {
          batch.put(number(i), noise.clone());
          batch.commit();
        }
      }
      store.flush();
      try (OrderedStore.Batch batch = store.newBatch()) {
        batch.deleteRange(number(0), number(200));
        batch.commit();
      }
      store.flush();
      long full = tableBytes(store);

      store.reclaim(() -> false);
      assertThat(tableBytes(store)).isEqualTo(full);
      store.reclaim(() -> {
        // Between the look and the beginning of the work.
        store.stopReclaiming();
        return true;
      });
      assertThat(tableBytes(store)).isEqualTo(full);

      store.reclaim(() -> true);
      assertThat(tableBytes(store)).isLessThan(full / 4);
    }
  }

  private static long tableBytes(RocksDbStore store) {
    return store.metrics().getOrDefault("table_bytes", -1L);
  }

  @Test
  void storeThatIsOpenAlreadyIsRefusedByName() {
    RocksDbOptions other = RocksDbOptions.in(directory.resolve("twice"));
    try (RocksDbStore first = RocksDbStore.open(other)) {
      assertThat(first.sizeInBytes()).isNotNegative();
      assertThatThrownBy(() -> RocksDbStore.open(other))
          .isInstanceOf(StoreException.class)
          .hasMessageContaining(other.directory().toString());
    }
  }

  @Test
  void optionsOutOfRangeAreRefused() {
    RocksDbOptions fine = RocksDbOptions.in(directory);
    assertThatThrownBy(() -> fine.withMemory(1, 1 << 20))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("block cache");
  }
}
