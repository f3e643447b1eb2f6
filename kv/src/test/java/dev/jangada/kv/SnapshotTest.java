package dev.jangada.kv;

import static dev.jangada.kv.Client.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jangada.kv.bytes.Bytes;
import dev.jangada.kv.command.CommandCodec;
import dev.jangada.kv.command.CompactRequest;
import dev.jangada.kv.command.HashResult;
import dev.jangada.kv.command.MemberAttributes;
import dev.jangada.kv.command.Operation;
import dev.jangada.kv.command.PublishMemberRequest;
import dev.jangada.kv.command.PutRequest;
import dev.jangada.kv.command.RangeRequest;
import dev.jangada.kv.command.RangeResponse;
import dev.jangada.kv.command.TxnRequest;
import dev.jangada.kv.store.HeapStore;
import dev.jangada.raft.Entry;
import dev.jangada.raft.Proposal;
import dev.jangada.raft.StateMachine;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Snapshots of the store, and machines restored from them. */
class SnapshotTest {

  private static final MemberAttributes MEMBER =
      new MemberAttributes(7, "n1", List.of("http://a:1"));

  static Stream<Supplier<Engine>> engines() {
    return Stream.of(Engine::heap, Engine::rocksDb);
  }

  private static byte[] read(StateMachine.Snapshot snapshot) throws IOException {
    try (InputStream in = snapshot.open()) {
      return in.readAllBytes();
    }
  }

  /** A snapshot of the machine as it is now. */
  private static byte[] snapshotOf(KvStateMachine machine) throws IOException {
    try (StateMachine.Snapshot snapshot = machine.snapshot()) {
      byte[] bytes = read(snapshot);
      assertThat(snapshot.size()).isEqualTo(bytes.length);
      assertThat(snapshot.index()).isEqualTo(machine.appliedIndex());
      return bytes;
    }
  }

  private static void restore(KvStateMachine machine, long index, byte[] snapshot)
      throws IOException {
    machine.restore(index, new ByteArrayInputStream(snapshot));
  }

  /** Some state with everything in it: versions, deletions, a compaction, and a member. */
  private static void fill(Client client) {
    for (int i = 0; i < 20; i++) {
      client.put("k" + i % 7, "v" + i);
    }
    client.delete("k3");
    client.compact(9);
    client.send(new PublishMemberRequest(MEMBER));
  }

  private static void checkSame(KvStateMachine machine, KvStateMachine expected) {
    assertThat(machine.appliedIndex()).isEqualTo(expected.appliedIndex());
    assertThat(machine.revision()).isEqualTo(expected.revision());
    assertThat(machine.compactedRevision()).isEqualTo(expected.compactedRevision());
    assertThat(machine.members()).isEqualTo(expected.members());
    for (long revision = 0; revision <= expected.revision(); revision++) {
      assertThat(machine.hash(revision)).isEqualTo(expected.hash(revision));
    }
  }

  @ParameterizedTest
  @MethodSource("engines")
  void restoreGivesTheSameStateToAnEmptyMachineAndToOneWithAnother(Supplier<Engine> engines)
      throws IOException {
    try (Client source = new Client(engines.get());
        Client empty = new Client(engines.get());
        Client other = new Client(engines.get())) {
      fill(source);
      other.put("k1", "other");
      other.put("z", "other");
      other.send(new PublishMemberRequest(new MemberAttributes(9, "n9", List.of())));
      byte[] snapshot = snapshotOf(source.machine());
      for (Client target : List.of(empty, other)) {
        restore(target.machine(), source.machine().appliedIndex(), snapshot);
        checkSame(target.machine(), source.machine());
      }
      assertThat(other.get("z")).isEqualTo("absent");

      source.put("k1", "later");
      other.put("k1", "later");
      checkSame(other.machine(), source.machine());
    }
  }

  @ParameterizedTest
  @MethodSource("engines")
  void whatWasRestoredSurvivesACrash(Supplier<Engine> engines) throws IOException {
    try (Client source = new Client(engines.get());
        Client target = new Client(engines.get())) {
      fill(source);
      target.put("z", "old");
      long index = source.machine().appliedIndex();
      restore(target.machine(), index, snapshotOf(source.machine()));
      assertThat(target.machine().durableIndex()).isEqualTo(index);

      target.engine().crash();

      checkSame(target.machine(), source.machine());
      // Nor is anything of what came before in the way of the next one.
      source.put("k1", "later");
      restore(target.machine(), index + 1, snapshotOf(source.machine()));
      checkSame(target.machine(), source.machine());
    }
  }

  @ParameterizedTest
  @MethodSource("engines")
  void snapshotStaysTheSameWhileWritesGoOn(Supplier<Engine> engines) throws IOException {
    try (Client source = new Client(engines.get());
        Client expected = new Client(engines.get());
        Client target = new Client(engines.get())) {
      fill(source);
      fill(expected);
      try (StateMachine.Snapshot snapshot = source.machine().snapshot()) {
        byte[] before = read(snapshot);
        for (int i = 0; i < 2_000; i++) {
          source.put("k" + i % 10, "w".repeat(1_000) + i);
        }
        source.machine().flush();
        source.send(new CompactRequest(source.machine().revision(), true));

        assertThat(read(snapshot)).isEqualTo(before);
        restore(target.machine(), snapshot.index(), read(snapshot));
      }
      checkSame(target.machine(), expected.machine());
    }
  }

  @ParameterizedTest
  @MethodSource("engines")
  void largeSnapshotsAreReadInPieces(Supplier<Engine> engines) throws IOException {
    try (Client source = new Client(engines.get());
        Client target = new Client(engines.get())) {
      byte[] noise = new byte[300_000];
      for (int i = 0; i < 10; i++) {
        new Random(i).nextBytes(noise);
        source.send(PutRequest.of(bytes("k" + i), Bytes.wrap(noise.clone())));
      }
      byte[] snapshot = snapshotOf(source.machine());
      assertThat(snapshot.length).isGreaterThan(3_000_000);
      // However few bytes come at once, as from a network.
      InputStream trickle =
          new ByteArrayInputStream(snapshot) {
            @Override
            public synchronized int read(byte[] target, int offset, int length) {
              return super.read(target, offset, Math.min(length, 7_777));
            }
          };
      target.machine().restore(10, trickle);
      checkSame(target.machine(), source.machine());
    }
  }

  /** Checks that a snapshot is refused and changes nothing. */
  private static void checkRefused(Client target, long index, byte[] snapshot, String what) {
    HashResult before = target.machine().hash(0);
    long applied = target.machine().appliedIndex();
    assertThatThrownBy(() -> restore(target.machine(), index, snapshot))
        .as(what)
        .isInstanceOf(IOException.class);
    assertThat(target.machine().appliedIndex()).as(what).isEqualTo(applied);
    assertThat(target.machine().hash(0)).as(what).isEqualTo(before);
  }

  @ParameterizedTest
  @MethodSource("engines")
  void damagedSnapshotIsRefusedAndTheOldStateStays(Supplier<Engine> engines) throws IOException {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    try (Client source = new Client(engines.get());
        Client target = new Client(engines.get())) {
      fill(source);
      target.put("k", "old");
      long index = source.machine().appliedIndex();
      byte[] snapshot = snapshotOf(source.machine());
      for (int i = 0; i < 150; i++) {
        // The first bytes one by one: there are the lengths.
        int at = i < 40 ? i : random.nextInt(snapshot.length);
        int bit = random.nextInt(8);
        byte[] flipped = snapshot.clone();
        flipped[at] ^= (byte) (1 << bit);
        checkRefused(target, index, flipped, "seed " + seed + ": bit " + bit + " of byte " + at);
      }
      for (int i = 0; i < 60; i++) {
        int length = i < 30 ? i : random.nextInt(snapshot.length);
        byte[] cut = Arrays.copyOf(snapshot, length);
        checkRefused(target, index, cut, "seed " + seed + ": cut to " + length);
      }
      checkRefused(target, index, Arrays.copyOf(snapshot, snapshot.length + 1), "a byte more");
      checkRefused(target, index + 1, snapshot, "of another index");

      target.put("k", "new");
      restore(target.machine(), index, snapshot);
      checkSame(target.machine(), source.machine());
    }
  }

  @Test
  void snapshotOfTheOtherEngineIsRefused() throws IOException {
    try (Client heap = new Client(Engine.heap());
        Client rocksDb = new Client(Engine.rocksDb())) {
      heap.put("k", "v");
      rocksDb.put("k", "v");
      byte[] ofHeap = snapshotOf(heap.machine());
      byte[] ofRocksDb = snapshotOf(rocksDb.machine());
      assertThatThrownBy(() -> restore(heap.machine(), 1, ofRocksDb))
          .hasMessageContaining("made by engine 2");
      assertThatThrownBy(() -> restore(rocksDb.machine(), 1, ofHeap))
          .hasMessageContaining("made by engine 1");
      assertThat(rocksDb.get("k")).isEqualTo("k=v 2/2/1");
    }
  }

  @Test
  void machineInMemoryIsNeverDurable() throws IOException {
    try (Client source = Client.onHeap();
        KvStateMachine target = new KvStateMachine(HeapStore.inMemory())) {
      fill(source);
      restore(target, source.machine().appliedIndex(), snapshotOf(source.machine()));
      target.flush();
      checkSame(target, source.machine());
      assertThat(target.durableIndex()).isZero();
      assertThat(target.supportsSnapshots()).isTrue();
    }
  }

  private static Entry both(long index) {
    Bytes value = bytes("v" + index);
    List<Operation> puts =
        List.of(PutRequest.of(bytes("a"), value), PutRequest.of(bytes("b"), value));
    byte[] command = CommandCodec.encode(new TxnRequest(List.of(), puts, List.of()));
    return Entry.command(index, 1, new Proposal(1, index, command));
  }

  /** Entry i gives a and b the value i and makes revision i + 1. */
  private static List<Entry> pairs(long from, long to) {
    List<Entry> entries = new ArrayList<>();
    for (long index = from; index < to; index++) {
      entries.add(both(index));
    }
    return entries;
  }

  @ParameterizedTest
  @MethodSource("engines")
  void readersSeeTheOldStateOrTheNewAndNoneFails(Supplier<Engine> engines) throws Exception {
    try (Engine source = engines.get();
        Engine target = engines.get();
        ExecutorService readers = Executors.newFixedThreadPool(2)) {
      AtomicBoolean done = new AtomicBoolean();
      CountDownLatch reading = new CountDownLatch(2);
      target.machine().apply(pairs(1, 3));
      List<Future<Long>> reads = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        reads.add(
            readers.submit(() -> {
              long last = 0;
              do {
                last = readBoth(target.machine(), last);
                reading.countDown();
              } while (!done.get());
              return readBoth(target.machine(), last);
            }));
      }
      long index = 3;
      try {
        reading.await();
        source.machine().apply(pairs(1, 3));
        for (int round = 0; round < 8; round++) {
          source.machine().apply(pairs(index, index + 50));
          index += 50;
          restore(target.machine(), index - 1, snapshotOf(source.machine()));
          source.machine().apply(pairs(index, index + 5));
          target.machine().apply(pairs(index, index + 5));
          index += 5;
        }
      } finally {
        done.set(true);
      }
      for (Future<Long> read : reads) {
        assertThat(read.get()).isEqualTo(index);
      }
    }
  }

  private static long readBoth(KvStateMachine machine, long atLeast) {
    RangeResponse response = (RangeResponse) machine.range(RangeRequest.of(bytes("a"), bytes("c")));
    assertThat(response.revision()).isGreaterThanOrEqualTo(atLeast);
    assertThat(response.keyValues()).hasSize(2);
    assertThat(response.keyValues())
        .allMatch(kv -> kv.value().equals(bytes("v" + (response.revision() - 1))));
    return response.revision();
  }
}
