package dev.jangada.kv;

import static dev.jangada.kv.Client.ALL;
import static dev.jangada.kv.Client.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import dev.jangada.kv.command.AdvanceLeaseClockRequest;
import dev.jangada.kv.command.AdvanceLeaseClockResponse;
import dev.jangada.kv.command.Command;
import dev.jangada.kv.command.CommandCodec;
import dev.jangada.kv.command.DeleteRangeRequest;
import dev.jangada.kv.command.DeleteRangeResponse;
import dev.jangada.kv.command.Failure;
import dev.jangada.kv.command.KvError;
import dev.jangada.kv.command.LeaseGrantRequest;
import dev.jangada.kv.command.LeaseGrantResponse;
import dev.jangada.kv.command.LeaseKeepAliveRequest;
import dev.jangada.kv.command.LeaseRevokeRequest;
import dev.jangada.kv.command.LeaseRevokeResponse;
import dev.jangada.kv.command.Operation;
import dev.jangada.kv.command.PutRequest;
import dev.jangada.kv.command.PutResponse;
import dev.jangada.kv.command.RangeRequest;
import dev.jangada.kv.command.RangeRequest.SortOrder;
import dev.jangada.kv.command.RangeRequest.SortTarget;
import dev.jangada.kv.command.RangeResponse;
import dev.jangada.kv.command.Result;
import dev.jangada.kv.command.TxnRequest;
import dev.jangada.kv.command.TxnResponse;
import dev.jangada.kv.store.HeapStore;
import dev.jangada.raft.Entry;
import dev.jangada.raft.Proposal;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What takes more memory than members have is refused, and has done nothing. */
class WorkLimitTest {

  private static final int LIMIT = 20_000;
  private static final int KEYS = 40;
  private static final Failure REFUSED = new Failure(KvError.TOO_MUCH_AT_ONCE);

  private final KvStateMachine machine = new KvStateMachine(HeapStore.inMemory(), LIMIT);

  @BeforeEach
  void fill() {
    IntStream.range(0, KEYS).forEach(i -> send(put(key(i), "v".repeat(100))));
  }

  @AfterEach
  void close() {
    machine.close();
  }

  private static String key(int i) {
    return "k%02d".formatted(i);
  }

  private static PutRequest put(String key, String value) {
    return PutRequest.of(bytes(key), bytes(value));
  }

  private static DeleteRangeRequest deleteTo(int end) {
    return DeleteRangeRequest.of(bytes("k"), bytes(key(end)));
  }

  private static TxnRequest txn(Operation... operations) {
    return new TxnRequest(List.of(), List.of(operations), List.of());
  }

  private Result send(Command command) {
    return send(List.of(command)).getFirst();
  }

  private List<Result> send(List<? extends Command> commands) {
    List<Entry> entries = new ArrayList<>();
    for (Command command : commands) {
      long index = machine.appliedIndex() + 1 + entries.size();
      entries.add(Entry.command(index, 1, new Proposal(1, index, CommandCodec.encode(command))));
    }
    return machine.apply(entries).stream().map(Client::decode).toList();
  }

  private long count() {
    return ((RangeResponse) machine.range(RangeRequest.of(ALL, ALL))).count();
  }

  private LeaseStatus grant(long id) {
    assertThat(send(new LeaseGrantRequest(id, 1))).isInstanceOf(LeaseGrantResponse.class);
    IntStream.range(0, KEYS)
        .forEach(i ->
            assertThat(
                    send(
                        new PutRequest(
                            bytes("l" + id + key(i)),
                            bytes("v".repeat(100)),
                            id,
                            false,
                            false,
                            false)))
                .isInstanceOf(PutResponse.class));
    return Objects.requireNonNull(machine.lease(id, true));
  }

  private long advance() {
    assertThat(send(new AdvanceLeaseClockRequest(1_000, 1)))
        .isInstanceOf(AdvanceLeaseClockResponse.class);
    return count() - KEYS;
  }

  /** A sixteenth of the limit has room for one such key, and for a lease that is as large. */
  @Test
  void keysOfALeaseThatEndsGoInPartsAndNobodySeesTheLeaseMeanwhile() {
    assertThat(grant(7).keys()).hasSize(KEYS);
    grant(8);
    assertThat(advance()).isEqualTo(2 * KEYS);
    long revision = machine.revision();

    long left = advance();

    assertThat(left).isBetween(2L * KEYS - 10, 2L * KEYS - 1);
    assertThat(machine.revision()).isEqualTo(revision + 1);
    assertThat(machine.lease(7, true)).isNull();
    assertThat(machine.leases()).containsExactly(8L);
    assertThat(send(new LeaseKeepAliveRequest(7))).isEqualTo(new Failure(KvError.LEASE_NOT_FOUND));
    assertThat(send(new LeaseRevokeRequest(7))).isEqualTo(new Failure(KvError.LEASE_NOT_FOUND));
    assertThat(send(new LeaseGrantRequest(7, 1))).isEqualTo(new Failure(KvError.LEASE_EXISTS));
    assertThat(send(new PutRequest(bytes("new"), bytes("v"), 7, false, false, false)))
        .isEqualTo(new Failure(KvError.LEASE_NOT_FOUND));
    // One that is put anew meanwhile, and without the lease, is none of those that have to go.
    send(put("l7" + key(KEYS - 1), "kept"));
    for (int i = 0; i < 100 && left > 1; i++) {
      long before = left;
      left = advance();
      assertThat(left).isLessThan(before);
    }
    assertThat(left).isOne();
    assertThat(machine.leases()).isEmpty();
    assertThat(machine.leaseClock().leases()).isZero();
    assertThat(send(new LeaseGrantRequest(7, 1))).isInstanceOf(LeaseGrantResponse.class);
  }

  @Test
  void revokedLeaseIsOverAtOnceAndItsKeysGoOnGoing() {
    grant(7);

    assertThat(send(new LeaseRevokeRequest(7))).isInstanceOf(LeaseRevokeResponse.class);

    assertThat(machine.leases()).isEmpty();
    assertThat(machine.leaseClock().leases()).isOne();
    long left = count() - KEYS;
    assertThat(left).isBetween(KEYS - 10L, KEYS - 1L);
    for (int i = 0; i < 100 && left > 0; i++) {
      long before = left;
      left = advance();
      assertThat(left).isLessThan(before);
    }
    assertThat(left).isZero();
    assertThat(machine.leaseClock().leases()).isZero();
  }

  @Test
  void keyThatIsLargerThanAllOfTheLimitGoesWithItsLeaseAllTheSame() {
    send(new LeaseGrantRequest(7, 1));
    for (String key : List.of("large1", "large2")) {
      send(new PutRequest(bytes(key), bytes("v".repeat(LIMIT)), 7, false, false, false));
    }

    assertThat(send(new LeaseRevokeRequest(7))).isInstanceOf(LeaseRevokeResponse.class);
    assertThat(count()).isEqualTo(KEYS + 1);
    assertThat(advance()).isZero();
    assertThat(advance()).isZero();
    assertThat(machine.leaseClock().leases()).isZero();
  }

  @Test
  void deletionOfMoreThanTheLimitIsRefusedAndChangesNothing() {
    long revision = machine.revision();

    assertThat(send(deleteTo(KEYS))).isEqualTo(REFUSED);

    assertThat(machine.revision()).isEqualTo(revision);
    assertThat(count()).isEqualTo(KEYS);
  }

  @Test
  void deletionInPartsWorks() {
    for (int end = 10; end <= KEYS; end += 10) {
      assertThat(send(deleteTo(end)))
          .isInstanceOfSatisfying(
              DeleteRangeResponse.class, done -> assertThat(done.deleted()).isEqualTo(10));
    }
    assertThat(count()).isZero();
  }

  @Test
  void deletionThatAnswersWhatWasThereMayDeleteLess() {
    DeleteRangeRequest bare = deleteTo(20);

    assertThat(send(new DeleteRangeRequest(bare.key(), bare.rangeEnd(), true))).isEqualTo(REFUSED);
    assertThat(send(bare)).isInstanceOf(DeleteRangeResponse.class);
  }

  @Test
  void transactionWithALargeDeletionWritesNothing() {
    assertThat(send(txn(put("a", "1"), deleteTo(KEYS)))).isEqualTo(REFUSED);

    assertThat(count()).isEqualTo(KEYS);
  }

  @Test
  void deletionsOfATransactionCountTogether() {
    DeleteRangeRequest first = deleteTo(20);
    DeleteRangeRequest second = DeleteRangeRequest.of(bytes(key(20)), bytes(key(KEYS)));

    assertThat(send(txn(first, txn(second)))).isEqualTo(REFUSED);
    assertThat(send(txn(first))).isInstanceOf(TxnResponse.class);
  }

  @Test
  void transactionThatWritesAndAnswersWithTooMuchWritesNothing() {
    assertThat(send(txn(put("a", "1"), RangeRequest.of(ALL, ALL)))).isEqualTo(REFUSED);
    assertThat(count()).isEqualTo(KEYS);

    RangeRequest some = RangeRequest.builder(ALL).rangeEnd(ALL).limit(5).build();
    assertThat(send(txn(put("a", "1"), some))).isInstanceOf(TxnResponse.class);
    assertThat(count()).isEqualTo(KEYS + 1);
  }

  @Test
  void readsAreRefusedByTheirBudgetAlone() {
    RangeRequest everything = RangeRequest.of(ALL, ALL);
    long needed = KEYS * (ReadBudget.OVERHEAD_BYTES + 3 + 100);

    for (ReadBudget enough : List.of(ReadBudget.UNLIMITED, new WorkLimit(needed))) {
      assertThat(machine.range(everything, null, enough)).isInstanceOf(RangeResponse.class);
    }
    assertThat(machine.range(everything, null, new WorkLimit(needed - 1))).isEqualTo(REFUSED);
    assertThat(machine.read(txn(everything), null, new WorkLimit(needed)))
        .isInstanceOf(TxnResponse.class);
    assertThat(machine.read(txn(everything), null, new WorkLimit(needed - 1))).isEqualTo(REFUSED);
    assertThat(machine.range(RangeRequest.of(bytes(key(1))), null, new WorkLimit(300)))
        .isEqualTo(REFUSED);
  }

  @Test
  void whatIsNotAnsweredTakesNothing() {
    RangeRequest counted = RangeRequest.builder(ALL).rangeEnd(ALL).countOnly(true).build();
    RangeRequest limited = RangeRequest.builder(ALL).rangeEnd(ALL).limit(1).build();
    RangeRequest sorted =
        RangeRequest.builder(ALL)
            .rangeEnd(ALL)
            .sort(SortOrder.DESCEND, SortTarget.MOD)
            .limit(1)
            .build();

    assertThat(machine.range(counted, null, new WorkLimit(0))).isInstanceOf(RangeResponse.class);
    assertThat(machine.range(limited, null, new WorkLimit(400))).isInstanceOf(RangeResponse.class);
    assertThat(machine.range(sorted, null, new WorkLimit(400))).isEqualTo(REFUSED);
  }

  @Test
  void manyChangesAtOnceAreCommittedInParts() {
    List<Integer> told = new ArrayList<>();
    machine.listen(
        new EventListener() {
          @Override
          public void committed(long revision, List<KeyEvent> events) {
            assertThat(revision).isEqualTo(machine.revision());
            told.add(events.size());
          }

          @Override
          public void restored(long revision) {}
        });

    List<Result> results =
        send(IntStream.range(0, 30).mapToObj(i -> put(key(i), "w".repeat(1_000))).toList());

    assertThat(results).hasSize(30).doesNotContain(REFUSED);
    assertThat(told).hasSizeGreaterThan(3);
    assertThat(told.stream().mapToInt(Integer::intValue).sum()).isEqualTo(30);
    assertThat(machine.revision()).isEqualTo(1 + KEYS + 30);
  }
}
