package dev.jangada.kv;

import static dev.jangada.kv.Client.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import dev.jangada.kv.backup.BackupReader;
import dev.jangada.kv.command.AdvanceLeaseClockRequest;
import dev.jangada.kv.command.Alarm;
import dev.jangada.kv.command.AlarmType;
import dev.jangada.kv.command.AuthCommand;
import dev.jangada.kv.command.AuthenticatedRequest;
import dev.jangada.kv.command.Caller;
import dev.jangada.kv.command.ChangeAlarmRequest;
import dev.jangada.kv.command.ChangeAlarmResponse;
import dev.jangada.kv.command.Command;
import dev.jangada.kv.command.CommandCodec;
import dev.jangada.kv.command.CompactRequest;
import dev.jangada.kv.command.CompactResponse;
import dev.jangada.kv.command.DeleteRangeRequest;
import dev.jangada.kv.command.Failure;
import dev.jangada.kv.command.HashResult;
import dev.jangada.kv.command.KvError;
import dev.jangada.kv.command.LeaseGrantRequest;
import dev.jangada.kv.command.LeaseKeepAliveRequest;
import dev.jangada.kv.command.LeaseRevokeRequest;
import dev.jangada.kv.command.MemberRequest;
import dev.jangada.kv.command.Operation;
import dev.jangada.kv.command.PutRequest;
import dev.jangada.kv.command.PutResponse;
import dev.jangada.kv.command.Response;
import dev.jangada.kv.command.Result;
import dev.jangada.kv.command.Secret;
import dev.jangada.kv.command.TxnRequest;
import dev.jangada.kv.store.HeapStore;
import dev.jangada.raft.Entry;
import dev.jangada.raft.Proposal;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Alarms, and what is refused while there are some. */
class AlarmTest {

  private static final Alarm NO_SPACE = new Alarm(7, AlarmType.NOSPACE);

  /** The largest id of all, as ids are unsigned. */
  private static final Alarm NO_SPACE_AT_LAST = new Alarm(-1, AlarmType.NOSPACE);

  private static final Alarm CORRUPT = new Alarm(7, AlarmType.CORRUPT);

  private final Client client = Client.onHeap();

  @AfterEach
  void close() {
    client.close();
  }

  private static PutRequest put(String key) {
    return PutRequest.of(bytes(key), bytes("v"));
  }

  private static TxnRequest txn(Operation... operations) {
    return new TxnRequest(List.of(), List.of(operations), List.of());
  }

  private static TxnRequest txnElse(Operation... operations) {
    return new TxnRequest(List.of(), List.of(), List.of(operations));
  }

  private static Entry entry(long index, Command command) {
    return Entry.command(index, 1, new Proposal(1, index, CommandCodec.encode(command)));
  }

  private Result raise(Alarm alarm) {
    return client.send(new ChangeAlarmRequest(alarm, true));
  }

  private Result end(Alarm alarm) {
    return client.send(new ChangeAlarmRequest(alarm, false));
  }

  /** What makes the store grow, in any of its branches. */
  static Stream<Command> growing() {
    return Stream.of(
        put("k"),
        txn(put("k")),
        txnElse(put("k")),
        txn(DeleteRangeRequest.of(bytes("a")), txnElse(put("k"))),
        new LeaseGrantRequest(9, 60));
  }

  @ParameterizedTest
  @MethodSource("growing")
  void whatGrowsIsRefusedWhileSpaceIsShortAndWritesNothing(Command growing) {
    client.put("a", "v");
    HashResult before = client.machine().hash(0);
    raise(NO_SPACE);

    assertThat(client.send(growing)).isEqualTo(new Failure(KvError.NO_SPACE));
    assertThat(client.machine().hash(0)).isEqualTo(before);
    assertThat(client.machine().leases()).isEmpty();

    end(NO_SPACE);
    assertThat(client.send(growing)).isInstanceOf(Response.class);
  }

  @Test
  void whatFindsSpaceIsDoneWhileSpaceIsShort() {
    client.put("a", "v");
    client.put("b", "v");
    client.send(new LeaseGrantRequest(9, 60));
    raise(NO_SPACE);

    assertThat(client.delete("a").deleted()).isEqualTo(1);
    assertThat(client.send(txn(DeleteRangeRequest.of(bytes("b"))))).isInstanceOf(Response.class);
    assertThat(client.compact(client.machine().revision())).isInstanceOf(Response.class);
    assertThat(client.send(new LeaseKeepAliveRequest(9))).isInstanceOf(Response.class);
    assertThat(client.send(new AdvanceLeaseClockRequest(500, 1))).isInstanceOf(Response.class);
    assertThat(client.send(new LeaseRevokeRequest(9))).isInstanceOf(Response.class);
    assertThat(client.send(new AuthCommand.AddRole("r"))).isInstanceOf(Response.class);
    assertThat(client.get("a")).isEqualTo("absent");
  }

  @Test
  void alarmOfOneMemberStandsUntilItsOwnIsEnded() {
    raise(NO_SPACE);
    raise(NO_SPACE_AT_LAST);

    end(NO_SPACE);
    assertThat(client.send(put("k"))).isEqualTo(new Failure(KvError.NO_SPACE));

    end(NO_SPACE_AT_LAST);
    assertThat(client.send(put("k"))).isInstanceOf(PutResponse.class);
  }

  @Test
  void nothingOfAClientsIsDoneAndNoLeaseEndsWhileTheDataIsInDoubt() {
    client.send(new LeaseGrantRequest(9, 1));
    client.send(new PutRequest(bytes("k"), bytes("v"), 9, false, false, false));
    raise(CORRUPT);

    for (Command command :
        List.of(
            put("a"),
            DeleteRangeRequest.of(bytes("k")),
            txn(DeleteRangeRequest.of(bytes("k"))),
            new CompactRequest(2, false),
            new MemberRequest(new CompactRequest(2, false)),
            new LeaseGrantRequest(10, 60),
            new LeaseRevokeRequest(9),
            new LeaseKeepAliveRequest(9),
            new AdvanceLeaseClockRequest(1_000, 1))) {
      assertThat(client.send(command)).as("%s", command).isEqualTo(new Failure(KvError.CORRUPT));
    }
    client.send(new AdvanceLeaseClockRequest(1_000, 1));
    assertThat(client.get("k")).isEqualTo("k=v 2/2/1");
    assertThat(client.machine().leaseClock().millis()).isZero();

    end(CORRUPT);
    assertThat(client.send(put("a"))).isInstanceOf(PutResponse.class);
  }

  @Test
  void answerTellsWhetherTheAlarmWasRaisedAndNoRevisionIsMade() {
    assertThat(raise(NO_SPACE)).isEqualTo(new ChangeAlarmResponse(1, false));
    assertThat(raise(NO_SPACE)).isEqualTo(new ChangeAlarmResponse(1, true));
    assertThat(end(NO_SPACE)).isEqualTo(new ChangeAlarmResponse(1, true));
    assertThat(end(NO_SPACE)).isEqualTo(new ChangeAlarmResponse(1, false));
    assertThat(client.machine().alarms()).isEmpty();
  }

  @Test
  void alarmsAreListedByTypeThenByUnsignedMember() {
    raise(CORRUPT);
    raise(NO_SPACE_AT_LAST);
    raise(NO_SPACE);

    assertThat(client.machine().alarms()).containsExactly(NO_SPACE, NO_SPACE_AT_LAST, CORRUPT);
  }

  @Test
  void alarmOfTheSameRunOfEntriesCountsForThoseBehindIt() {
    // One batch, as the log hands them over under load.
    Engine engine = client.engine();
    List<byte[]> results =
        engine
            .machine()
            .apply(
                List.of(
                    entry(1, put("a")),
                    entry(2, new ChangeAlarmRequest(NO_SPACE, true)),
                    entry(3, put("b"))));

    assertThat(results.stream().map(Client::decode))
        .containsExactly(
            new PutResponse(2, null),
            new ChangeAlarmResponse(2, false),
            new Failure(KvError.NO_SPACE));
  }

  @Test
  void crashLosesAlarmsAndAppliedIndexTogether() {
    try (Engine engine = Engine.rocksDb()) {
      Client onDisk = new Client(engine);
      onDisk.send(new ChangeAlarmRequest(NO_SPACE_AT_LAST, true));
      engine.machine().flush();
      onDisk.send(new ChangeAlarmRequest(CORRUPT, true));

      engine.crash();

      assertThat(engine.machine().appliedIndex()).isEqualTo(1);
      assertThat(engine.machine().alarms()).containsExactly(NO_SPACE_AT_LAST);
      assertThat(onDisk.send(put("k"))).isEqualTo(new Failure(KvError.NO_SPACE));
    }
  }

  @Test
  void snapshotBringsAlarmsAndABackupDoesNot() throws IOException {
    raise(NO_SPACE);
    try (Client other = Client.onHeap()) {
      try (var snapshot = client.machine().snapshot();
          var in = snapshot.open()) {
        other.machine().restore(snapshot.index(), in);
      }
      assertThat(other.machine().alarms()).containsExactly(NO_SPACE);
    }
    HeapStore restored = new HeapStore();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (KvBackup backup = client.machine().backup()) {
      for (byte[] piece = backup.next(); piece != null; piece = backup.next()) {
        bytes.writeBytes(piece);
      }
    }
    KvStateMachine.restore(
        new BackupReader(new ByteArrayInputStream(bytes.toByteArray()), "the backup"), restored);
    try (KvStateMachine machine = new KvStateMachine(restored)) {
      assertThat(machine.alarms()).isEmpty();
    }
  }

  @Test
  void memberRaisesAlarmsAndCompactsWhateverThePermissionsAreAndAClientTakesRoot() {
    client.put("a", "v");
    client.send(new AuthCommand.AddUser("root", null));
    client.send(new AuthCommand.AddRole("root"));
    client.send(new AuthCommand.GrantRole("root", "root"));
    client.send(new AuthCommand.AddUser("u", null));
    client.send(new AuthCommand.Enable(Secret.of(new byte[] {1})));
    long auth = client.machine().auth().revision();
    ChangeAlarmRequest raise = new ChangeAlarmRequest(NO_SPACE, true);

    assertThat(client.send(raise)).isEqualTo(new Failure(KvError.USER_NAME_EMPTY));
    assertThat(client.send(new AuthenticatedRequest(new Caller("u", auth), raise)))
        .isEqualTo(new Failure(KvError.PERMISSION_DENIED));
    assertThat(client.send(new AuthenticatedRequest(new Caller("root", auth), raise)))
        .isInstanceOf(Response.class);
    assertThat(client.send(new MemberRequest(raise))).isEqualTo(new ChangeAlarmResponse(2, true));
    assertThat(client.send(new MemberRequest(new CompactRequest(2, false))))
        .isInstanceOf(CompactResponse.class);
  }

  @Test
  void reclaimingGivesBackTheSpaceOfDeletedData() {
    try (Engine engine = Engine.rocksDb()) {
      Client onDisk = new Client(engine);
      for (int i = 0; i < 300; i++) {
        onDisk.put("k" + i, noise(i));
      }
      engine.machine().flush();
      long full = tableBytes(engine);
      for (int i = 0; i < 300; i++) {
        onDisk.delete("k" + i);
      }
      onDisk.send(new CompactRequest(engine.machine().revision(), true));

      engine.machine().reclaim();

      assertThat(tableBytes(engine)).isLessThan(full / 4);
      assertThat(onDisk.get("k1")).isEqualTo("absent");
    }
  }

  private static long tableBytes(Engine engine) {
    return engine.machine().metrics().getOrDefault("table_bytes", 0L);
  }

  /** Text that does not compress well. */
  private static String noise(int seed) {
    StringBuilder text = new StringBuilder();
    long state = seed + 1L;
    for (int i = 0; i < 200; i++) {
      state = state * 6364136223846793005L + 1442695040888963407L;
      text.append(Long.toString(state >>> 16, 36));
    }
    return text.toString();
  }
}
