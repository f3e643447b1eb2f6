package dev.jangada.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.jangada.kv.KvStateMachine;
import dev.jangada.kv.bytes.Bytes;
import dev.jangada.kv.command.AdvanceLeaseClockRequest;
import dev.jangada.kv.command.Command;
import dev.jangada.kv.command.CommandCodec;
import dev.jangada.kv.command.LeaseGrantRequest;
import dev.jangada.kv.command.LeaseKeepAliveRequest;
import dev.jangada.kv.command.LeaseRevokeRequest;
import dev.jangada.kv.command.PutRequest;
import dev.jangada.kv.store.HeapStore;
import dev.jangada.node.request.StartResult;
import dev.jangada.raft.Entry;
import dev.jangada.raft.EntryType;
import dev.jangada.simulation.check.KeyValueModel.Reply;
import dev.jangada.simulation.check.KeyValueModel.TimeIsUp;
import dev.jangada.simulation.check.Operation;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What must hold of clients' leases, of a store and in a time that a test makes up. */
class LeasePropertiesTest {

  private static final long TERM = 3;
  private static final long LEASE = 7;

  private final LeaseBook book = new LeaseBook();
  private final LeasesAreAsLogged asLogged = new LeasesAreAsLogged(book);
  private final LeasesEndInTime inTime = new LeasesEndInTime(book);
  private final StillNode node = new StillNode(1);
  private final KvStateMachine machine = new KvStateMachine(new HeapStore());
  private long index;

  LeasePropertiesTest() {
    node.machine = machine;
    asLogged.started(node);
    inTime.started(node);
  }

  @AfterEach
  void close() {
    machine.close();
  }

  private static long nanos(long millis) {
    return millis * 1_000_000;
  }

  private Entry entry(long term, Command command) {
    index++;
    return new Entry(index, term, EntryType.COMMAND, 1, index, CommandCodec.encode(command));
  }

  /** The machine and all properties see a command applied at a time; a leader proposed it then. */
  private void apply(long millis, Command command) {
    apply(millis, TERM, command);
  }

  private void apply(long millis, long term, Command command) {
    Entry entry = entry(term, command);
    tell(millis, entry, machine.apply(List.of(entry)).getFirst());
  }

  private void tell(long millis, Entry entry, byte[] result) {
    node.now = nanos(millis);
    inTime.proposed(node, entry.data(), new StartResult(entry.index(), entry.term(), true));
    asLogged.applied(node, entry, result);
    inTime.applied(node, entry, result);
  }

  private void pass(long fromMillis, long seconds) {
    for (long i = 1; i <= seconds; i++) {
      apply(fromMillis + 1_000 * i, new AdvanceLeaseClockRequest(1_000, TERM));
    }
  }

  @Test
  void leaseThatLastsAsPromisedAndEndsWithItsKeysIsRight() {
    apply(100, new LeaseGrantRequest(LEASE, 2));
    inTime.promised(LEASE, 2, nanos(50));
    apply(200, new PutRequest(Bytes.utf8("a"), Bytes.utf8("x"), LEASE, false, false, false));
    apply(300, new PutRequest(Bytes.utf8("b"), Bytes.utf8("x"), LEASE, false, false, false));
    apply(400, TERM + 1, new AdvanceLeaseClockRequest(1_000, TERM));
    pass(400, 3);
    asLogged.ended(List.of(node));

    assertThat(machine.leases()).isEmpty();
    assertThat(inTime.endings())
        .containsExactly(
            Operation.completed(
                0,
                new TimeIsUp(List.of(LEASE)),
                new Reply(4, true, null),
                nanos(3_400),
                nanos(3_400)));
  }

  @Test
  void leaseThatEndsBeforeThePromisedTimeIsFound() {
    apply(0, new LeaseGrantRequest(LEASE, 2));
    inTime.promised(LEASE, 2, 0);
    pass(0, 2);
    apply(2_000, new LeaseKeepAliveRequest(LEASE));
    inTime.keptAlive(LEASE, nanos(1_950));

    // Three seconds are told of in less than two.
    assertThatThrownBy(() -> pass(900, 3))
        .isInstanceOf(PropertyViolation.class)
        .hasMessageContaining("lease 7 ended 50.000 ms before its time");
  }

  @Test
  void promiseThatIsHeardOfAfterTheLeaseHasEndedIsJudgedToo() {
    apply(0, new LeaseGrantRequest(LEASE, 1));
    pass(0, 2);
    assertThatCode(() -> inTime.promised(LEASE, 1, nanos(900))).doesNotThrowAnyException();

    assertThatThrownBy(() -> inTime.promised(LEASE, 1, nanos(1_100)))
        .isInstanceOf(PropertyViolation.class)
        .hasMessageContaining("100.000 ms before its time");
  }

  @Test
  void whatAFastClockMeasuresIsLessTime() {
    node.clockRate = 2;
    inTime.clockChanged(node);
    apply(0, new LeaseGrantRequest(LEASE, 2));
    inTime.promised(LEASE, 2, 0);
    for (int millis = 500; millis <= 1_500; millis += 500) {
      apply(millis, new AdvanceLeaseClockRequest(1_000, TERM));
    }

    assertThat(machine.leases()).isEmpty();
  }

  @Test
  void leaseThatNobodyEndsIsFoundOnceAllIsWell() {
    apply(0, new LeaseGrantRequest(LEASE, 1));
    apply(0, new LeaseGrantRequest(8, 3));
    inTime.calm(nanos(1_000));
    apply(2_000, new LeaseKeepAliveRequest(LEASE));
    apply(6_900, new LeaseKeepAliveRequest(8));
    assertThatCode(() -> apply(7_000, new AdvanceLeaseClockRequest(1, TERM)))
        .doesNotThrowAnyException();

    assertThatThrownBy(() -> apply(7_200, new AdvanceLeaseClockRequest(1, TERM)))
        .isInstanceOf(PropertyViolation.class)
        .hasMessageContaining("lease 7 of 1 s began anew at 2000 ms and is still there");
  }

  @Test
  void storeThatHasALeaseThatTheLogDoesNotHaveIsFound() {
    apply(0, new LeaseGrantRequest(LEASE, 2));
    Entry revocation = entry(TERM, new LeaseRevokeRequest(LEASE));
    byte[] result = machine.apply(List.of(revocation)).getFirst();
    Entry logged =
        new Entry(
            revocation.index(),
            TERM,
            EntryType.COMMAND,
            1,
            index,
            CommandCodec.encode(new LeaseKeepAliveRequest(LEASE)));

    assertThatThrownBy(() -> tell(1, logged, result))
        .isInstanceOf(PropertyViolation.class)
        .hasMessageContaining("after entry 2 n1 has LeaseClock[millis=0, leases=0]");
  }

  @Test
  void storeThatComesBackWithOtherKeysOfALeaseIsFound() {
    apply(0, new LeaseGrantRequest(LEASE, 2));
    apply(1, new PutRequest(Bytes.utf8("a"), Bytes.utf8("x"), LEASE, false, false, false));
    assertThatCode(() -> asLogged.started(node)).doesNotThrowAnyException();
    Entry unseen =
        entry(TERM, new PutRequest(Bytes.utf8("b"), Bytes.utf8("x"), LEASE, false, false, false));
    machine.apply(List.of(unseen));
    book.enter(new Entry(index, TERM, EntryType.NOOP, 1, index, new byte[0]), new byte[0]);

    assertThatThrownBy(() -> asLogged.started(node))
        .isInstanceOf(PropertyViolation.class)
        .hasMessageContaining("after entry 3 n1 has [LeaseStatus[id=7");
  }

  @Test
  void fastestClockGoesAsFastAsTheFastestOneAtEachMoment() {
    FastestClock clock = new FastestClock();
    clock.changed(1, 1, 0);
    clock.changed(2, 0.5, 100);
    clock.changed(2, 2, 200);
    clock.changed(1, 3, 300);
    clock.changed(1, 1, 400);

    assertThat(clock.at(150)).isEqualTo(150, within(1e-6));
    assertThat(clock.at(500)).isEqualTo(200 + 200 + 300 + 200, within(1e-6));
  }
}
