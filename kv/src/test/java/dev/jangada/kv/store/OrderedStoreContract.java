package dev.jangada.kv.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every engine has to keep. */
abstract class OrderedStoreContract {

  private OrderedStore store = new HeapStore();

  /** An empty store. */
  abstract OrderedStore open();

  /** Closes the store as a crash would, and opens what is left. */
  abstract OrderedStore afterCrash(OrderedStore store);

  @BeforeEach
  void openStore() {
    store = open();
  }

  @AfterEach
  void closeStore() {
    store.close();
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  private static @Nullable String text(byte @Nullable [] bytes) {
    return bytes == null ? null : new String(bytes, StandardCharsets.ISO_8859_1);
  }

  private void write(Consumer<OrderedStore.Batch> writes) {
    try (OrderedStore.Batch batch = store.newBatch()) {
      writes.accept(batch);
      batch.commit();
    }
  }

  private void put(String key, String value) {
    write(batch -> batch.put(bytes(key), bytes(value)));
  }

  private static List<String> scan(OrderedStore.Reader reader, String from, String to) {
    List<String> found = new ArrayList<>();
    try (OrderedStore.Cursor cursor = reader.cursor(bytes(from), bytes(to))) {
      for (; cursor.isValid(); cursor.next()) {
        found.add(text(cursor.key()) + "=" + text(cursor.value()));
      }
    }
    return found;
  }

  private List<String> scanAll() {
    try (OrderedStore.Snapshot snapshot = store.snapshot()) {
      return scan(snapshot, "", "\u00ff\u00ff");
    }
  }

  @Test
  void getFindsWhatWasPutAndNothingElse() {
    put("k", "v");
    put("empty", "");
    try (OrderedStore.Snapshot snapshot = store.snapshot()) {
      assertThat(text(snapshot.get(bytes("k")))).isEqualTo("v");
      assertThat(text(snapshot.get(bytes("empty")))).isEmpty();
      assertThat(snapshot.get(bytes("missing"))).isNull();
    }
  }

  @Test
  void keysSortAsUnsignedBytes() {
    for (String key : List.of("\u00ff", "\u0080", "b", "a\0", "a", "\0")) {
      put(key, "");
    }
    assertThat(scanAll()).containsExactly("\0=", "a=", "a\0=", "b=", "\u0080=", "\u00ff=");
  }

  @Test
  void cursorStaysWithinItsRange() {
    for (String key : List.of("a", "b", "c", "d")) {
      put(key, key);
    }
    try (OrderedStore.Snapshot snapshot = store.snapshot()) {
      assertThat(scan(snapshot, "b", "d")).containsExactly("b=b", "c=c");
      assertThat(scan(snapshot, "bb", "bc")).isEmpty();
      assertThat(scan(snapshot, "x", "z")).isEmpty();
    }
  }

  @Test
  void seekGoesToTheFirstKeyNotBelow() {
    for (String key : List.of("a", "c", "e")) {
      put(key, key);
    }
    try (OrderedStore.Snapshot snapshot = store.snapshot();
        OrderedStore.Cursor cursor = snapshot.cursor(bytes("a"), bytes("e"))) {
      cursor.seek(bytes("b"));
      assertThat(text(cursor.key())).isEqualTo("c");
      cursor.seek(bytes("a"));
      assertThat(text(cursor.key())).isEqualTo("a");
      cursor.next();
      assertThat(text(cursor.key())).isEqualTo("c");
      cursor.next();
      assertThat(cursor.isValid()).isFalse();
      cursor.seek(bytes("d"));
      assertThat(cursor.isValid()).isFalse();
      cursor.seek(bytes("c"));
      assertThat(cursor.isValid()).isTrue();
    }
  }

  @Test
  void writesOfABatchTakeEffectInTheirOrder() {
    write(batch -> {
      batch.put(bytes("a"), bytes("1"));
      batch.put(bytes("b"), bytes("1"));
      batch.delete(bytes("a"));
      batch.put(bytes("b"), bytes("2"));
      batch.put(bytes("c"), bytes("1"));
      batch.deleteRange(bytes("c"), bytes("e"));
      batch.put(bytes("d"), bytes("1"));
    });
    assertThat(scanAll()).containsExactly("b=2", "d=1");
  }

  @Test
  void deleteRangeExcludesItsEnd() {
    for (String key : List.of("a", "b", "c", "d")) {
      put(key, "");
    }
    write(batch -> batch.deleteRange(bytes("b"), bytes("d")));
    assertThat(scanAll()).containsExactly("a=", "d=");
  }

  @Test
  void batchThatIsNotCommittedHasNoEffect() {
    try (OrderedStore.Batch batch = store.newBatch()) {
      batch.put(bytes("a"), bytes("1"));
    }
    assertThat(scanAll()).isEmpty();
  }

  @Test
  void snapshotDoesNotSeeLaterBatches() {
    put("a", "1");
    put("b", "1");
    try (OrderedStore.Snapshot before = store.snapshot();
        OrderedStore.Cursor cursor = before.cursor(bytes("a"), bytes("z"))) {
      write(batch -> {
        batch.put(bytes("a"), bytes("2"));
        batch.delete(bytes("b"));
        batch.put(bytes("c"), bytes("2"));
      });
      assertThat(scan(before, "a", "z")).containsExactly("a=1", "b=1");
      assertThat(text(before.get(bytes("a")))).isEqualTo("1");
      assertThat(before.get(bytes("c"))).isNull();
      cursor.next();
      assertThat(text(cursor.key())).isEqualTo("b");
    }
    assertThat(scanAll()).containsExactly("a=2", "c=2");
  }

  @Test
  void crashKeepsWhatWasFlushedAndWholeBatchesOfTheRest() {
    put("a", "1");
    store.flush();
    put("a", "2");
    put("b", "2");
    assertThat(text(store.getDurable(bytes("a")))).isEqualTo("1");
    assertThat(store.getDurable(bytes("b"))).isNull();
    store = afterCrash(store);
    assertThat(scanAll()).containsExactly("a=1");
    put("b", "3");
    assertThat(scanAll()).containsExactly("a=1", "b=3");
  }

  @Test
  void sizeGrowsWithWhatIsWritten() {
    long empty = store.sizeInBytes();
    byte[] noise = new byte[1 << 20];
    new Random(1).nextBytes(noise);
    write(batch -> batch.put(bytes("k"), noise));
    assertThat(store.sizeInBytes()).isGreaterThan(empty + (1 << 19));
    assertThat(store.metrics()).isNotEmpty();
  }

  /** Random batches against a sorted map, with a snapshot of each state that is looked at later. */
  @Test
  void randomBatchesAgreeWithASortedMap() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    NavigableMap<String, String> map = new TreeMap<>();
    List<OrderedStore.Snapshot> snapshots = new ArrayList<>();
    List<List<String>> expected = new ArrayList<>();
    for (int round = 0; round < 200; round++) {
      write(batch -> {
        for (int i = random.nextInt(8); i >= 0; i--) {
          String key = key(random);
          String other = key(random);
          int kind = random.nextInt(10);
          if (kind < 6) {
            String value = "v" + random.nextInt(1000);
            batch.put(bytes(key), bytes(value));
            map.put(key, value);
          } else if (kind < 9 || key.compareTo(other) >= 0) {
            batch.delete(bytes(key));
            map.remove(key);
          } else {
            batch.deleteRange(bytes(key), bytes(other));
            map.subMap(key, other).clear();
          }
        }
      });
      if (random.nextInt(10) == 0) {
        store.flush();
      }
      if (round % 10 == 0) {
        snapshots.add(store.snapshot());
        expected.add(map.entrySet().stream().map(Object::toString).toList());
      }
    }
    for (int i = 0; i < snapshots.size(); i++) {
      try (OrderedStore.Snapshot snapshot = snapshots.get(i)) {
        assertThat(scan(snapshot, "", "\u00ff")).as("seed %d", seed).isEqualTo(expected.get(i));
        String from = key(random);
        try (OrderedStore.Cursor cursor = snapshot.cursor(bytes(""), bytes("\u00ff"))) {
          cursor.seek(bytes(from));
          assertThat(cursor.isValid() ? text(cursor.key()) + "=" + text(cursor.value()) : "none")
              .as("seed %d", seed)
              .isEqualTo(
                  expected.get(i).stream()
                      .filter(entry -> key(entry).compareTo(from) >= 0)
                      .findFirst()
                      .orElse("none"));
        }
      }
    }
  }

  private static String key(Random random) {
    char[] key = new char[1 + random.nextInt(3)];
    for (int i = 0; i < key.length; i++) {
      key[i] = (char) ('a' + random.nextInt(5));
    }
    return new String(key);
  }

  private static String key(String entry) {
    return entry.substring(0, entry.indexOf('='));
  }

  @Test
  void closeIsIdempotent() {
    store.close();
    store.close();
  }
}
