package dev.jangada.kv;

import static dev.jangada.kv.Client.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jangada.kv.bytes.Bytes;
import dev.jangada.kv.command.Command;
import dev.jangada.kv.command.CommandCodec;
import dev.jangada.kv.command.CompactRequest;
import dev.jangada.kv.command.CompactResponse;
import dev.jangada.kv.command.Compare;
import dev.jangada.kv.command.DeleteRangeRequest;
import dev.jangada.kv.command.DeleteRangeResponse;
import dev.jangada.kv.command.Failure;
import dev.jangada.kv.command.HashResult;
import dev.jangada.kv.command.KeyValue;
import dev.jangada.kv.command.KvError;
import dev.jangada.kv.command.PutRequest;
import dev.jangada.kv.command.PutResponse;
import dev.jangada.kv.command.RangeRequest;
import dev.jangada.kv.command.RangeResponse;
import dev.jangada.kv.command.TxnRequest;
import dev.jangada.kv.store.HeapStore;
import dev.jangada.kv.store.OrderedStore;
import dev.jangada.kv.store.RocksDbOptions;
import dev.jangada.kv.store.RocksDbStore;
import dev.jangada.kv.store.StoreException;
import dev.jangada.raft.Entry;
import dev.jangada.raft.InvariantViolation;
import dev.jangada.raft.Proposal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class KvStateMachineTest {

  static Stream<Supplier<Engine>> engines() {
    return Stream.of(Engine::heap, Engine::rocksDb);
  }

  private static Entry entry(long index, Command command) {
    return Entry.command(index, 1, new Proposal(1, index, CommandCodec.encode(command)));
  }

  private static Entry put(long index, String key, String value) {
    return entry(index, PutRequest.of(bytes(key), bytes(value)));
  }

  @ParameterizedTest
  @MethodSource("engines")
  void crashLosesDataAndAppliedIndexTogether(Supplier<Engine> engines) {
    try (Client client = new Client(engines.get())) {
      client.put("a", "1");
      client.put("b", "1");
      assertThat(client.machine().durableAppliedIndex()).isZero();
      client.machine().flush();
      assertThat(client.machine().durableAppliedIndex()).isEqualTo(2);
      client.put("a", "2");
      client.compact(3);
      assertThat(client.machine().appliedIndex()).isEqualTo(4);
      assertThat(client.machine().durableAppliedIndex()).isEqualTo(2);

      client.engine().crash();

      assertThat(client.machine().appliedIndex()).isEqualTo(2);
      assertThat(client.machine().revision()).isEqualTo(3);
      assertThat(client.machine().compactedRevision()).isZero();
      assertThat(client.get("a")).isEqualTo("a=1 2/2/1");
      assertThat(client.put("a", "2").revision()).isEqualTo(4);
    }
  }

  @ParameterizedTest
  @MethodSource("engines")
  void applyingAgainAfterACrashGivesTheSameAnswersAndHash(Supplier<Engine> engines) {
    try (Engine engine = engines.get()) {
      List<Entry> entries = new ArrayList<>();
      for (int i = 1; i <= 50; i++) {
        entries.add(
            i % 10 == 9
                ? entry(i, new CompactRequest(i - 4, i % 20 == 9))
                : i % 7 == 0
                    ? entry(i, new DeleteRangeRequest(bytes("k1"), bytes("k3"), true))
                    : put(i, "k" + i % 5, "v" + i));
      }
      engine.machine().apply(entries.subList(0, 20));
      engine.machine().flush();
      List<byte[]> answers = engine.machine().apply(entries.subList(20, 50));
      HashResult hash = engine.machine().hash(0);

      engine.crash();

      assertThat(engine.machine().appliedIndex()).isEqualTo(20);
      List<byte[]> again = new ArrayList<>(engine.machine().apply(entries.subList(20, 31)));
      again.addAll(engine.machine().apply(entries.subList(31, 50)));
      assertThat(again).containsExactlyElementsOf(answers);
      assertThat(engine.machine().hash(0)).isEqualTo(hash);
    }
  }

  @Test
  void entriesOfABatchSeeThoseBeforeThem() {
    try (Engine engine = Engine.heap()) {
      List<byte[]> results =
          engine
              .machine()
              .apply(
                  List.of(
                      put(1, "k", "1"),
                      Entry.noop(2, 2),
                      entry(3, new PutRequest(bytes("k"), bytes("2"), 0, true, false, false)),
                      entry(4, DeleteRangeRequest.of(Client.ALL, Client.ALL)),
                      entry(5, new CompactRequest(3, false)),
                      entry(6, new CompactRequest(3, false))));
      assertThat(results.get(1)).isEmpty();
      assertThat(((PutResponse) Client.decode(results.get(2))).prevKv())
          .isEqualTo(new KeyValue(bytes("k"), 2, 2, 1, bytes("1"), 0));
      assertThat(Client.decode(results.get(3))).isEqualTo(new DeleteRangeResponse(4, 1, List.of()));
      assertThat(Client.decode(results.get(4))).isEqualTo(new CompactResponse(4));
      assertThat(Client.decode(results.get(5))).isEqualTo(new Failure(KvError.COMPACTED));
      assertThat(engine.machine().appliedIndex()).isEqualTo(6);
    }
  }

  @Test
  void entryThatHoldsNoCommandIsRefusedCountedAndPassed() {
    try (Client client = Client.onHeap()) {
      for (byte[] rubbish :
          new byte[][] {
            {}, {0}, {1}, {1, 99}, {1, 2, 127}, "rubbish".getBytes(StandardCharsets.UTF_8)
          }) {
        assertThat(client.send(rubbish)).isEqualTo(new Failure(KvError.MALFORMED_COMMAND));
      }
      assertThat(client.machine().malformedEntries()).isEqualTo(6);
      assertThat(client.machine().revision()).isEqualTo(1);
      assertThat(client.put("k", "v").revision()).isEqualTo(2);
    }
  }

  @Test
  void commandThatWasNeverValidatedDoesNoHarm() {
    try (Client client = Client.onHeap()) {
      client.send(PutRequest.of(Bytes.EMPTY, bytes("v")));
      client.send(DeleteRangeRequest.of(Bytes.EMPTY, Bytes.EMPTY));
      client.send(new PutRequest(bytes("k"), bytes("v"), 5, true, true, true));
      client.send(
          new TxnRequest(
              List.of(Compare.value(Bytes.EMPTY, Compare.Operator.LESS, Bytes.EMPTY)),
              List.of(),
              List.of(RangeRequest.of(Bytes.EMPTY, Client.ALL))));
      assertThat(client.put("k", "v").revision()).isEqualTo(4);
    }
  }

  @Test
  void gapInTheLogStopsTheMachine() {
    try (Engine engine = Engine.heap()) {
      engine.machine().apply(List.of(put(1, "k", "1")));
      assertThatThrownBy(() -> engine.machine().apply(List.of(put(3, "k", "3"))))
          .isInstanceOf(InvariantViolation.class)
          .hasMessageContaining("where 2 is due");
      assertThatThrownBy(() -> engine.machine().apply(List.of(put(1, "k", "3"))))
          .isInstanceOf(InvariantViolation.class);
    }
  }

  @Test
  void storeOfAnotherFormatIsRefused() {
    HeapStore store = new HeapStore();
    try (OrderedStore.Batch batch = store.newBatch()) {
      batch.put(Layout.STATE_KEY, new byte[33]);
      batch.commit();
    }
    assertThatThrownBy(() -> new KvStateMachine(store))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("format 0");
  }

  @Test
  void storeThatIsRefusedIsClosed(@TempDir Path directory) {
    RocksDbOptions options = RocksDbOptions.in(directory.resolve("kv"));
    RocksDbStore store = RocksDbStore.open(options);
    try (OrderedStore.Batch batch = store.newBatch()) {
      batch.put(Layout.STATE_KEY, new byte[33]);
      batch.commit();
    }

    assertThatThrownBy(() -> new KvStateMachine(store)).isInstanceOf(StoreException.class);

    // The engine keeps a store that is open from being opened once more.
    RocksDbStore.open(options).close();
  }

  /**
   * One thread writes a and b together, or deletes both, many entries a batch; others read. Each
   * must see both keys in one version, of exactly the revision in the header.
   */
  @ParameterizedTest
  @MethodSource("engines")
  void readersNeverSeeHalfOfAnEntryNorARevisionThatDoesNotBelong(Supplier<Engine> engines)
      throws Exception {
    try (Engine engine = engines.get();
        ExecutorService readers = Executors.newFixedThreadPool(2)) {
      KvStateMachine machine = engine.machine();
      machine.apply(List.of(both(1)));
      AtomicBoolean written = new AtomicBoolean();
      List<Future<Integer>> reads =
          List.of(
              readers.submit(() -> readBothUntil(written, machine)),
              readers.submit(() -> readBothUntil(written, machine)));
      try {
        for (long index = 2; index < 6_000; index += 3) {
          machine.apply(List.of(both(index), both(index + 1), both(index + 2)));
        }
      } finally {
        written.set(true);
      }
      for (Future<Integer> read : reads) {
        assertThat(read.get()).isPositive();
      }
    }
  }

  private static Entry both(long index) {
    Bytes value = bytes("v" + index);
    return entry(
        index,
        index % 5 == 0
            ? DeleteRangeRequest.of(bytes("a"), bytes("c"))
            : new TxnRequest(
                List.of(),
                List.of(PutRequest.of(bytes("a"), value), PutRequest.of(bytes("b"), value)),
                List.of()));
  }

  private static int readBothUntil(AtomicBoolean written, KvStateMachine machine) {
    int reads = 0;
    do {
      RangeResponse response =
          (RangeResponse) machine.range(RangeRequest.of(bytes("a"), bytes("c")));
      // Revision r was made by entry r - 1.
      if ((response.revision() - 1) % 5 == 0) {
        assertThat(response.keyValues()).isEmpty();
      } else {
        assertThat(response.keyValues()).hasSize(2);
        assertThat(response.keyValues())
            .allMatch(kv ->
                kv.modRevision() == response.revision()
                    && kv.value().equals(bytes("v" + (response.revision() - 1))));
      }
      reads++;
    } while (!written.get());
    return reads;
  }

  @ParameterizedTest
  @MethodSource("engines")
  void closedMachineRefusesReads(Supplier<Engine> engines) {
    Engine engine = engines.get();
    KvStateMachine machine = engine.machine();
    machine.apply(List.of(put(1, "k", "v")));
    engine.close();
    assertThatThrownBy(() -> machine.range(RangeRequest.of(bytes("k"))))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(machine::sizeInBytes).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(machine::durableAppliedIndex).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(machine::flush).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> machine.apply(List.of(put(2, "k", "v"))))
        .isInstanceOf(IllegalStateException.class);
    machine.close();
  }

  @Test
  void closeWaitsForReadsUnderWay() throws Exception {
    HeapStore heap = new HeapStore();
    MvccStore store = new MvccStore(heap);
    MvccStore.View view = store.view();
    Thread closer = new Thread(store::close, "closer");
    closer.start();
    while (closer.getState() != Thread.State.WAITING) {
      assertThat(closer.isAlive()).as("still waiting for the reader").isTrue();
      Thread.onSpinWait();
    }
    assertThat(view.reader().get(bytes("k"), MvccReader.LATEST)).isNull();
    view.close();
    closer.join(60_000);
    assertThat(closer.isAlive()).isFalse();
    assertThatThrownBy(store::view).isInstanceOf(IllegalStateException.class);
  }
}
