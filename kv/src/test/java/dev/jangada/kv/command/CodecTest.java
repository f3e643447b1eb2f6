package dev.jangada.kv.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jangada.kv.bytes.Bytes;
import dev.jangada.kv.bytes.MalformedEncodingException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;

/** Commands and results as bytes, and bytes that are neither. */
class CodecTest {

  @Property(tries = 500, edgeCases = EdgeCasesMode.NONE)
  void commandComesBackAsItWas(@ForAll("commands") Command command)
      throws MalformedEncodingException {
    assertThat(CommandCodec.decode(CommandCodec.encode(command))).isEqualTo(command);
  }

  @Property(tries = 500, edgeCases = EdgeCasesMode.NONE)
  void resultComesBackAsItWas(@ForAll("results") Result result) throws MalformedEncodingException {
    assertThat(ResultCodec.decode(ResultCodec.encode(result))).isEqualTo(result);
  }

  @Property(tries = 200, edgeCases = EdgeCasesMode.NONE)
  void commandCutOffOrWithMoreBehindItIsRefused(@ForAll("commands") Command command) {
    byte[] bytes = CommandCodec.encode(command);
    for (int length = 0; length < bytes.length; length++) {
      byte[] cut = Arrays.copyOf(bytes, length);
      assertThatThrownBy(() -> CommandCodec.decode(cut))
          .isInstanceOf(MalformedEncodingException.class);
    }
    byte[] longer = Arrays.copyOf(bytes, bytes.length + 1);
    assertThatThrownBy(() -> CommandCodec.decode(longer))
        .isInstanceOf(MalformedEncodingException.class);
  }

  /** Damage is refused, or makes another command of it: one that is encoded like any other. */
  @Property(tries = 1000)
  void damagedCommandIsRefusedOrAnotherCommand(
      @ForAll("commands") Command command, @ForAll Random random) {
    byte[] bytes = CommandCodec.encode(command);
    for (int i = 0; i <= random.nextInt(3); i++) {
      bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
    }
    Command other;
    try {
      other = CommandCodec.decode(bytes);
    } catch (MalformedEncodingException e) {
      assertThat(e).hasMessageMatching("(?s).+");
      return;
    }
    assertThat(CommandCodec.encode(other)).isNotEmpty();
  }

  @Property(tries = 1000)
  void rubbishIsRefused(@ForAll byte[] rubbish) {
    // No array that jqwik is likely to come up with is a command or a result by accident.
    byte[] version2 = rubbish.clone();
    if (version2.length > 0) {
      version2[0] = 2;
    }
    assertThatThrownBy(() -> CommandCodec.decode(version2))
        .isInstanceOf(MalformedEncodingException.class);
    byte[] unknownKind = rubbish.clone();
    if (unknownKind.length > 0) {
      unknownKind[0] = 17;
    }
    assertThatThrownBy(() -> ResultCodec.decode(unknownKind))
        .isInstanceOf(MalformedEncodingException.class);
  }

  @Example
  void lengthsBeyondTheInputAreRefusedBeforeAnythingIsAllocated() {
    // A put whose key says it has 2^31 - 1, 2^40 and -1 bytes; a transaction with as many compares.
    for (String hex :
        List.of(
            "0102ffffffff07",
            "0102808080808020",
            "0102ffffffffffffffffff01",
            "0104ffffffff07",
            "0104ffffffffffffffffff01")) {
      assertThatThrownBy(() -> CommandCodec.decode(HexFormat.of().parseHex(hex)))
          .isInstanceOf(MalformedEncodingException.class)
          .hasMessageContaining("length");
    }
  }

  @Example
  void deepNestingIsRefusedBeforeTheStackOverflows() {
    // Each level: txn, no compares, one operation in success.
    byte[] bytes = new byte[1 + 3 * 100_000];
    bytes[0] = 1;
    for (int i = 1; i < bytes.length; i += 3) {
      bytes[i] = 4;
      bytes[i + 2] = 1;
    }
    assertThatThrownBy(() -> CommandCodec.decode(bytes))
        .isInstanceOf(MalformedEncodingException.class)
        .hasMessageContaining("nested deeper");
  }

  @Example
  void numberOfMoreThan64BitsIsRefused() {
    assertThatThrownBy(
            () -> CommandCodec.decode(HexFormat.of().parseHex("0105ffffffffffffffffff0200")))
        .isInstanceOf(MalformedEncodingException.class)
        .hasMessageContaining("64 bits");
    assertThatThrownBy(
            () -> CommandCodec.decode(HexFormat.of().parseHex("0105ffffffffffffffffffff0100")))
        .isInstanceOf(MalformedEncodingException.class);
  }

  @Example
  void commandOfALaterVersionIsRefusedByName() {
    assertThatThrownBy(() -> CommandCodec.decode(new byte[] {2, 5, 1, 0}))
        .isInstanceOf(MalformedEncodingException.class)
        .hasMessage("command of version 2, this node understands version 1");
  }

  @Example
  void leasesOutOfBoundsAreRefused() {
    // A lease without an id, one of no time, one of too long; the clock by nothing, by more than a
    // second, and in no term.
    for (String hex :
        List.of(
            "0107003c",
            "01070100",
            "010701" + "8188ced22f",
            "010a0001",
            "010ae90701",
            "010a0100")) {
      assertThatThrownBy(() -> CommandCodec.decode(HexFormat.of().parseHex(hex)))
          .isInstanceOf(MalformedEncodingException.class)
          .hasMessageContaining("lease");
    }
    assertThatThrownBy(() -> new LeaseGrantRequest(0, 1))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new LeaseGrantRequest(1, LeaseGrantRequest.MAX_TTL_SECONDS + 1))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new AdvanceLeaseClockRequest(1_001, 1))
        .isInstanceOf(IllegalArgumentException.class);
  }

  /** The log of a running cluster holds these bytes: they must never mean anything else. */
  @Example
  void formatOfCommandsIsPinned() {
    assertThat(hex(new PutRequest(Bytes.utf8("k"), Bytes.utf8("value"), 300, true, false, true)))
        .isEqualTo("0102016b0576616c7565ac0205");
    assertThat(hex(new DeleteRangeRequest(Bytes.utf8("a"), Bytes.utf8("b"), true)))
        .isEqualTo("01030161016201");
    assertThat(hex(new CompactRequest(-1, true))).isEqualTo("0105ffffffffffffffffff0101");
    assertThat(hex(new LeaseGrantRequest(300, 60))).isEqualTo("0107ac023c");
    assertThat(hex(new LeaseRevokeRequest(-1))).isEqualTo("0108ffffffffffffffffff01");
    assertThat(hex(new LeaseKeepAliveRequest(300))).isEqualTo("0109ac02");
    assertThat(hex(new AdvanceLeaseClockRequest(500, 3))).isEqualTo("010af40303");
    assertThat(hex(new ChangeAlarmRequest(new Alarm(300, AlarmType.CORRUPT), true)))
        .isEqualTo("010b02ac0201");
    assertThat(hex(new MemberRequest(new CompactRequest(300, false)))).isEqualTo("010f05ac0200");
    assertThat(
            hex(
                new TxnRequest(
                    List.of(
                        Compare.value(
                            Bytes.utf8("k"), Compare.Operator.NOT_EQUAL, Bytes.utf8("v"))),
                    List.of(
                        RangeRequest.builder(Bytes.utf8("k"))
                            .limit(1)
                            .revision(2)
                            .sort(RangeRequest.SortOrder.DESCEND, RangeRequest.SortTarget.VALUE)
                            .keysOnly(true)
                            .modRevisions(3, 4)
                            .createRevisions(5, 6)
                            .build()),
                    List.of())))
        .isEqualTo(
            "010401" + "016b0003030001" + "76" + "01" + "01016b000102020401" + "03040506" + "00");
  }

  private static String hex(Command command) {
    return HexFormat.of().formatHex(CommandCodec.encode(command));
  }

  @Provide
  Arbitrary<Command> commands() {
    Arbitrary<Command> large =
        Combinators.combine(Arbitraries.bytes().array(byte[].class), Arbitraries.longs())
            .as((value, lease) ->
                new PutRequest(Bytes.utf8("k"), Bytes.wrap(value), lease, true, true, true));
    Arbitrary<Command> members =
        Arbitraries.longs()
            .filter(id -> id != 0)
            .map(id ->
                new PublishMemberRequest(
                    new MemberAttributes(id, "jangada é", List.of("http://a:1", ""))));
    Arbitrary<Command> alarms =
        Combinators.combine(
                Arbitraries.longs(), Arbitraries.of(AlarmType.class), Arbitraries.of(true, false))
            .as((member, type, raised) -> new ChangeAlarmRequest(new Alarm(member, type), raised));
    Arbitrary<Command> plain =
        Arbitraries.oneOf(Requests.commands(), large, members, alarms, auth());
    Arbitrary<Command> authenticated =
        Combinators.combine(Arbitraries.of("root", "é"), Arbitraries.longs(), plain)
            .as((user, revision, command) ->
                new AuthenticatedRequest(new Caller(user, revision), command));
    return Arbitraries.frequencyOf(
        Tuple.of(3, plain),
        Tuple.of(1, authenticated),
        Tuple.of(1, plain.map(command -> new MemberRequest(command))));
  }

  private static Arbitrary<Command> auth() {
    Secret secret = Secret.of(new byte[] {0, 1, -1});
    Permission permission = new Permission(Permission.Type.WRITE, Bytes.utf8("k"), Bytes.utf8("l"));
    return Arbitraries.of(
        new AuthCommand.Enable(secret),
        new AuthCommand.Disable(),
        new AuthCommand.AddUser("u", secret),
        new AuthCommand.AddUser("jangadé", null),
        new AuthCommand.DeleteUser("u"),
        new AuthCommand.ChangePassword("u", secret),
        new AuthCommand.GrantRole("u", "r"),
        new AuthCommand.RevokeRole("u", "r"),
        new AuthCommand.AddRole("r"),
        new AuthCommand.DeleteRole("r"),
        new AuthCommand.GrantPermission("r", permission),
        new AuthCommand.RevokePermission("r", Bytes.utf8("k"), Bytes.EMPTY));
  }

  @Provide
  Arbitrary<Result> results() {
    return Arbitraries.oneOf(
        Arbitraries.of(KvError.class).map(error -> (Result) new Failure(error)),
        responses(2).map(response -> (Result) response));
  }

  private static Arbitrary<Response> responses(int depth) {
    Arbitrary<KeyValue> keyValues =
        Combinators.combine(
                Requests.keys(),
                Arbitraries.longs(),
                Arbitraries.longs().greaterOrEqual(0),
                Arbitraries.longs(),
                Requests.keys(),
                Arbitraries.longs())
            .as(KeyValue::new);
    Arbitrary<Long> revisions = Arbitraries.longs().greaterOrEqual(1);
    Arbitrary<Response> leaves =
        Arbitraries.oneOf(
            Combinators.combine(
                    revisions,
                    keyValues.list().ofMaxSize(4),
                    Arbitraries.of(true, false),
                    revisions)
                .as((revision, kvs, more, count) -> new RangeResponse(revision, kvs, more, count)),
            Combinators.combine(revisions, keyValues.injectNull(0.5))
                .as((revision, prevKv) -> new PutResponse(revision, prevKv)),
            Combinators.combine(revisions, revisions, keyValues.list().ofMaxSize(4))
                .as((revision, deleted, kvs) -> new DeleteRangeResponse(revision, deleted, kvs)),
            revisions.map(revision -> new CompactResponse(revision)),
            revisions.map(revision -> new LeaseGrantResponse(revision)),
            revisions.map(revision -> new LeaseRevokeResponse(revision)),
            Combinators.combine(revisions, revisions).as(LeaseKeepAliveResponse::new),
            revisions.map(revision -> new AdvanceLeaseClockResponse(revision)),
            Combinators.combine(revisions, Arbitraries.of(true, false))
                .as(ChangeAlarmResponse::new),
            revisions.map(revision -> new AuthResponse(revision)));
    if (depth == 0) {
      return leaves;
    }
    Arbitrary<Response> txns =
        Combinators.combine(
                revisions, Arbitraries.of(true, false), responses(depth - 1).list().ofMaxSize(3))
            .as((revision, succeeded, inner) -> new TxnResponse(revision, succeeded, inner));
    return Arbitraries.oneOf(leaves, txns);
  }
}
