package dev.jangada.kv;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jangada.kv.bytes.Bytes;
import dev.jangada.kv.bytes.MalformedEncodingException;
import dev.jangada.kv.command.Command;
import dev.jangada.kv.command.CommandCodec;
import dev.jangada.kv.command.CompactRequest;
import dev.jangada.kv.command.Failure;
import dev.jangada.kv.command.HashResult;
import dev.jangada.kv.command.KvError;
import dev.jangada.kv.command.RangeRequest;
import dev.jangada.kv.command.Requests;
import dev.jangada.kv.command.ResultCodec;
import dev.jangada.raft.Entry;
import dev.jangada.raft.Proposal;
import dev.jangada.raft.StateMachine;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.RandomDistribution;

/**
 * Random commands on the store and on {@link ReferenceModel}: every answer must be the same,
 * whatever the engine, however the entries are batched, and wherever it crashes and goes on from
 * what it had flushed.
 */
class ModelTest {

  private static final Bytes ALL = Bytes.wrap(new byte[1]);

  @Property(tries = 300, edgeCases = EdgeCasesMode.NONE)
  void heapEngineAgreesWithModel(
      @ForAll("commands") List<Command> commands,
      @ForAll("ranges") List<RangeRequest> ranges,
      @ForAll Random random) {
    try (Engine engine = Engine.heap()) {
      new Run(commands, random).check(engine, ranges);
    }
  }

  @Property(tries = 30, edgeCases = EdgeCasesMode.NONE)
  void rocksDbEngineAgreesWithModel(
      @ForAll("commands") List<Command> commands,
      @ForAll("ranges") List<RangeRequest> ranges,
      @ForAll Random random) {
    try (Engine engine = Engine.rocksDb()) {
      new Run(commands, random).check(engine, ranges);
    }
  }

  /** Compacts at the very end, and counts what is left: nothing that cannot be read any more. */
  @Property(tries = 300, edgeCases = EdgeCasesMode.NONE)
  void compactionLeavesNothingBehind(
      @ForAll("commands") List<Command> commands, @ForAll Random random) {
    try (Engine engine = Engine.heap();
        Client client = new Client(engine)) {
      Run run = new Run(commands, random);
      run.check(engine, List.of());
      long revision = client.put("last", "v").revision();
      client.send(new CompactRequest(revision, true));
      long live = client.range(RangeRequest.of(ALL, ALL)).count();
      // Of each lease: itself, its deadline, and what is attached to it.
      long leases = run.model.leases().stream().mapToLong(lease -> 2 + lease.keys().size()).sum();
      // Beside the latest versions: leases, what the last revision did, and the state.
      assertThat(engine.machine().metrics().get("keys")).isEqualTo(live + leases + 2);
    }
  }

  @Property(tries = 30, edgeCases = EdgeCasesMode.NONE)
  void hashIsTheSameForEveryEngineBatchingAndCrash(
      @ForAll("commands") List<Command> commands, @ForAll Random random) {
    Run run = new Run(commands, random);
    try (Engine oneByOne = Engine.heap();
        Engine heap = Engine.heap();
        Engine rocksDb = Engine.rocksDb()) {
      for (Entry entry : run.entries) {
        oneByOne.machine().apply(List.of(entry));
      }
      run.check(heap, List.of());
      run.check(rocksDb, List.of());
      for (long revision = 0; revision <= run.model.revision(); revision++) {
        HashResult hash = oneByOne.machine().hash(revision);
        assertThat(heap.machine().hash(revision)).isEqualTo(hash);
        assertThat(rocksDb.machine().hash(revision)).isEqualTo(hash);
      }
    }
  }

  @Property(tries = 200, edgeCases = EdgeCasesMode.NONE)
  void machineRestoredOnHeapGoesOnLikeTheOther(
      @ForAll("commands") List<Command> commands,
      @ForAll("ranges") List<RangeRequest> ranges,
      @ForAll Random random)
      throws IOException {
    try (Engine source = Engine.heap();
        Engine target = Engine.heap()) {
      new Run(commands, random).checkTransfer(source, target, ranges);
    }
  }

  @Property(tries = 20, edgeCases = EdgeCasesMode.NONE)
  void machineRestoredOnRocksDbGoesOnLikeTheOther(
      @ForAll("commands") List<Command> commands,
      @ForAll("ranges") List<RangeRequest> ranges,
      @ForAll Random random)
      throws IOException {
    try (Engine source = Engine.rocksDb();
        Engine target = Engine.rocksDb()) {
      new Run(commands, random).checkTransfer(source, target, ranges);
    }
  }

  @Provide
  Arbitrary<List<Command>> commands() {
    return Requests.commands()
        .list()
        .ofMinSize(1)
        .ofMaxSize(60)
        .withSizeDistribution(RandomDistribution.uniform());
  }

  @Provide
  Arbitrary<List<RangeRequest>> ranges() {
    return Requests.ranges().list().ofSize(20);
  }

  /** A log, and what is expected of a machine that applies it. */
  private static final class Run {
    private final Random random;
    private final ReferenceModel model = new ReferenceModel();
    private final List<Entry> entries = new ArrayList<>();
    private final List<byte[]> results = new ArrayList<>();

    /** Current and compacted revision after so many entries. */
    private final List<long[]> revisions = new ArrayList<>();

    /** The leases after so many entries. */
    private final List<List<LeaseStatus>> leases = new ArrayList<>();

    Run(List<Command> commands, Random random) {
      this.random = random;
      revisions.add(new long[] {1, 0});
      leases.add(List.of());
      for (Command command : commands) {
        if (random.nextInt(10) == 0) {
          add(Entry.noop(entries.size() + 1, 1), new byte[0]);
        }
        if (random.nextInt(20) == 0) {
          byte[] rubbish = new byte[1 + random.nextInt(8)];
          random.nextBytes(rubbish);
          rubbish[0] = 0; // no version of the encoding
          add(entry(rubbish), ResultCodec.encode(new Failure(KvError.MALFORMED_COMMAND)));
        }
        add(entry(CommandCodec.encode(command)), ResultCodec.encode(model.apply(command)));
      }
    }

    private Entry entry(byte[] data) {
      return Entry.command(entries.size() + 1, 1, new Proposal(1, entries.size(), data));
    }

    private void add(Entry entry, byte[] result) {
      entries.add(entry);
      results.add(result);
      revisions.add(new long[] {model.revision(), model.compacted()});
      leases.add(model.leases());
    }

    void check(Engine engine, List<RangeRequest> ranges) {
      while (engine.machine().appliedIndex() < entries.size()) {
        int from = (int) engine.machine().appliedIndex();
        int to = Math.min(entries.size(), from + 1 + random.nextInt(6));
        List<byte[]> answers = engine.machine().apply(entries.subList(from, to));
        for (int i = from; i < to; i++) {
          assertThat(decoded(answers.get(i - from)))
              .as("answer to %s", describe(entries.get(i)))
              .isEqualTo(decoded(results.get(i)));
        }
        checkReads(engine.machine(), ranges);
        switch (random.nextInt(8)) {
          case 0 -> engine.machine().flush();
          case 1 -> engine.crash();
          default -> {}
        }
      }
      checkReads(engine.machine(), ranges);
      checkHistory(engine.machine());
    }

    /**
     * Takes a snapshot of one machine somewhere on its way, and while that one goes on restores it
     * on another, which is somewhere behind; both must come to the same end.
     */
    void checkTransfer(Engine source, Engine target, List<RangeRequest> ranges) throws IOException {
      int at = 1 + random.nextInt(entries.size());
      source.machine().apply(entries.subList(0, at));
      if (random.nextBoolean()) {
        target.machine().apply(entries.subList(0, 1 + random.nextInt(at)));
      }
      try (StateMachine.Snapshot snapshot = source.machine().snapshot()) {
        assertThat(snapshot.index()).isEqualTo(at);
        if (at < entries.size()) {
          source.machine().apply(entries.subList(at, at + 1 + random.nextInt(entries.size() - at)));
        }
        try (InputStream in = snapshot.open()) {
          target.machine().restore(at, in);
        }
      }
      assertThat(target.machine().appliedIndex()).isEqualTo(at);
      assertThat(target.machine().durableIndex()).isEqualTo(at);
      checkReads(target.machine(), ranges);
      target.crash();
      assertThat(target.machine().appliedIndex()).isEqualTo(at);
      checkReads(target.machine(), ranges);
      check(target, ranges);
      check(source, ranges);
      assertThat(target.machine().hash(0)).isEqualTo(source.machine().hash(0));
    }

    private void checkReads(KvStateMachine machine, List<RangeRequest> ranges) {
      long[] now = revisions.get((int) machine.appliedIndex());
      assertThat(machine.revision()).isEqualTo(now[0]);
      assertThat(machine.compactedRevision()).isEqualTo(now[1]);
      checkLeases(machine, leases.get((int) machine.appliedIndex()));
      for (RangeRequest range : ranges) {
        assertThat(machine.range(range))
            .as("%s", range)
            .isEqualTo(model.range(range, now[0], now[1]));
      }
    }

    private static void checkLeases(KvStateMachine machine, List<LeaseStatus> expected) {
      assertThat(machine.leases())
          .containsExactlyElementsOf(expected.stream().map(LeaseStatus::id).toList());
      assertThat(machine.leaseClock().leases()).isEqualTo(expected.size());
      for (LeaseStatus lease : expected) {
        assertThat(machine.lease(lease.id(), true)).isEqualTo(lease);
      }
    }

    private void checkHistory(KvStateMachine machine) {
      for (long revision = 1; revision <= model.revision(); revision++) {
        RangeRequest everything =
            RangeRequest.builder(ALL).rangeEnd(ALL).revision(revision).build();
        assertThat(machine.range(everything))
            .isEqualTo(model.range(everything, model.revision(), model.compacted()));
      }
    }

    private static Object decoded(byte[] result) {
      try {
        return result.length == 0 ? "nothing" : ResultCodec.decode(result);
      } catch (MalformedEncodingException e) {
        throw new AssertionError(e);
      }
    }

    private static Object describe(Entry entry) {
      try {
        return CommandCodec.decode(entry.data());
      } catch (MalformedEncodingException e) {
        return entry;
      }
    }
  }
}
