package dev.jangada.kv;

import static dev.jangada.kv.command.Requests.latin;
import static org.assertj.core.api.Assertions.assertThat;

import dev.jangada.kv.bytes.Bytes;
import dev.jangada.kv.command.AdvanceLeaseClockRequest;
import dev.jangada.kv.command.AuthCommand;
import dev.jangada.kv.command.AuthResponse;
import dev.jangada.kv.command.AuthenticatedRequest;
import dev.jangada.kv.command.Caller;
import dev.jangada.kv.command.Command;
import dev.jangada.kv.command.CompactRequest;
import dev.jangada.kv.command.Compare;
import dev.jangada.kv.command.DeleteRangeRequest;
import dev.jangada.kv.command.DeleteRangeResponse;
import dev.jangada.kv.command.Failure;
import dev.jangada.kv.command.HashResult;
import dev.jangada.kv.command.KeyRange;
import dev.jangada.kv.command.KvError;
import dev.jangada.kv.command.LeaseGrantRequest;
import dev.jangada.kv.command.LeaseKeepAliveRequest;
import dev.jangada.kv.command.LeaseRevokeRequest;
import dev.jangada.kv.command.MemberAttributes;
import dev.jangada.kv.command.Operation;
import dev.jangada.kv.command.Permission;
import dev.jangada.kv.command.PublishMemberRequest;
import dev.jangada.kv.command.PutRequest;
import dev.jangada.kv.command.PutResponse;
import dev.jangada.kv.command.RangeRequest;
import dev.jangada.kv.command.RangeResponse;
import dev.jangada.kv.command.Response;
import dev.jangada.kv.command.Result;
import dev.jangada.kv.command.Secret;
import dev.jangada.kv.command.TxnRequest;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What callers may do. The user of most tests may read {@code r} and write {@code w}. */
class AuthorizationTest {

  private static final Secret SECRET = Secret.of(new byte[] {1});
  private static final Failure DENIED = new Failure(KvError.PERMISSION_DENIED);

  private final Client client = Client.onHeap();

  @BeforeEach
  void enable() {
    for (String key : List.of("r", "r0", "w", "w0", "x")) {
      client.put(key, "v");
    }
    client.send(new LeaseGrantRequest(7, 60));
    for (String user : List.of("root", "u")) {
      client.send(new AuthCommand.AddUser(user, null));
      client.send(new AuthCommand.GrantRole(user, "root"));
    }
    client.send(new AuthCommand.RevokeRole("u", "root"));
    client.send(new AuthCommand.AddRole("some"));
    grant(Permission.Type.READ, "r", "");
    grant(Permission.Type.WRITE, "w", "");
    client.send(new AuthCommand.GrantRole("u", "some"));
    client.send(new AuthCommand.Enable(SECRET));
    assertThat(client.machine().auth().enabled()).isTrue();
  }

  @AfterEach
  void close() {
    client.close();
  }

  private void grant(Permission.Type type, String key, String end) {
    AuthCommand grant =
        new AuthCommand.GrantPermission("some", new Permission(type, latin(key), latin(end)));
    assertThat(as("root", grant)).isInstanceOf(AuthResponse.class);
  }

  private Result as(String user, Command command) {
    Caller caller = new Caller(user, client.machine().auth().revision());
    return client.send(
        client.machine().auth().enabled() ? new AuthenticatedRequest(caller, command) : command);
  }

  private Result read(String key, String end) {
    Caller caller = new Caller("u", client.machine().auth().revision());
    RangeRequest range = RangeRequest.builder(latin(key)).rangeEnd(latin(end)).build();
    Object answer = client.machine().range(range, caller);
    Result inTxn =
        client
            .machine()
            .read(
                new TxnRequest(List.of(), List.of(range), List.of()), caller, ReadBudget.UNLIMITED);
    assertThat(inTxn instanceof Failure)
        .as("a transaction is judged as its range")
        .isEqualTo(answer instanceof Failure);
    return (Result) answer;
  }

  private static PutRequest put(String key) {
    return PutRequest.of(latin(key), Bytes.utf8("new"));
  }

  private static PutRequest putReturningPrevious(String key) {
    return new PutRequest(latin(key), Bytes.utf8("new"), 0, true, false, false);
  }

  private static PutRequest putWithLease(String key, long lease) {
    return new PutRequest(latin(key), Bytes.utf8("new"), lease, false, false, false);
  }

  private static DeleteRangeRequest delete(String key, String end, boolean prevKv) {
    return new DeleteRangeRequest(latin(key), latin(end), prevKv);
  }

  private static TxnRequest txn(Operation... success) {
    return new TxnRequest(List.of(), List.of(success), List.of());
  }

  private void assertDenied(Command command) {
    HashResult before = client.machine().hash(0);
    assertThat(as("u", command)).as("%s", command).isEqualTo(DENIED);
    assertThat(client.machine().hash(0)).as("nothing has changed").isEqualTo(before);
  }

  private void assertAllowed(Command command) {
    assertThat(as("u", command)).as("%s", command).isInstanceOf(Response.class);
  }

  @Test
  void readingAndWritingTakeTheirOwnPermissions() {
    assertThat(read("r", "")).isInstanceOf(RangeResponse.class);
    assertThat(read("w", "")).isEqualTo(DENIED);
    assertAllowed(put("w"));
    assertDenied(put("r"));
    assertAllowed(delete("w", "", false));
    assertDenied(delete("r", "", false));
  }

  @Test
  void nobodyIsRefusedAndRootMayDoEverything() {
    RangeRequest everything = RangeRequest.builder(Client.ALL).rangeEnd(Client.ALL).build();
    Caller root = new Caller("root", client.machine().auth().revision());

    assertThat(client.machine().range(everything, null))
        .isEqualTo(new Failure(KvError.USER_NAME_EMPTY));
    assertThat(client.machine().read(txn(everything), null, ReadBudget.UNLIMITED))
        .isEqualTo(new Failure(KvError.USER_NAME_EMPTY));
    for (Command command :
        List.of(
            put("w"),
            txn(),
            new CompactRequest(2, false),
            new LeaseGrantRequest(8, 60),
            new LeaseKeepAliveRequest(7),
            new LeaseRevokeRequest(99),
            new AuthCommand.Disable())) {
      assertThat(client.send(command))
          .as("%s", command)
          .isEqualTo(new Failure(KvError.USER_NAME_EMPTY));
    }
    assertThat(client.machine().range(everything, root)).isInstanceOf(RangeResponse.class);
    assertThat(as("root", delete("\0", "\0", true))).isInstanceOf(DeleteRangeResponse.class);
  }

  @Test
  void whatMembersSayThemselvesNeedsNoCaller() {
    assertThat(client.send(new AdvanceLeaseClockRequest(1000, 1))).isInstanceOf(Response.class);
    assertThat(
            client.send(
                new PublishMemberRequest(new MemberAttributes(1, "n1", List.of("http://a:1")))))
        .isInstanceOf(Response.class);
  }

  /** An open-ended range is more than the key it begins with. */
  @Test
  void permissionForOneKeyIsNotOneForAllThatFollow() {
    assertThat(read("r", "\0")).isEqualTo(DENIED);
    assertThat(read("r", "s")).isEqualTo(DENIED);
    Caller caller = new Caller("u", client.machine().auth().revision());
    assertThat(client.machine().auth().checkRead(caller, KeyRange.of(latin("r"), latin("\0"))))
        .contains(KvError.PERMISSION_DENIED);
    assertThat(client.machine().auth().checkRead(caller, KeyRange.of(latin("r"), Bytes.EMPTY)))
        .isEmpty();
    assertDenied(delete("w", "\0", false));
    grant(Permission.Type.READWRITE, "w", "\0");
    assertThat(read("w", "\0")).isInstanceOf(RangeResponse.class);
    assertThat(read("x", "\0")).isInstanceOf(RangeResponse.class);
    assertThat(read("v", "\0")).isEqualTo(DENIED);
    assertAllowed(delete("w", "\0", true));
  }

  @Test
  void permissionsThatAdjoinCoverARangeTogetherAndOnesWithAGapDoNot() {
    grant(Permission.Type.READ, "a", "c");
    grant(Permission.Type.READ, "d", "f");
    assertThat(read("a", "f")).isEqualTo(DENIED);
    grant(Permission.Type.READWRITE, "c", "d");
    assertThat(read("a", "f")).isInstanceOf(RangeResponse.class);
    assertThat(read("b", "e")).isInstanceOf(RangeResponse.class);
    assertThat(read("a", "f\0")).isEqualTo(DENIED);
    // A single key closes a gap of a single key.
    grant(Permission.Type.READ, "f\0", "g");
    assertThat(read("e", "g")).isEqualTo(DENIED);
    grant(Permission.Type.READ, "f", "");
    assertThat(read("e", "g")).isInstanceOf(RangeResponse.class);
  }

  @Test
  void rangeWithoutKeysIsUpToWhereItBegins() {
    assertThat(read("r", "a")).isInstanceOf(RangeResponse.class);
    assertThat(read("x", "a")).isEqualTo(DENIED);
  }

  /** GHSA-x35m-3gp4-4fh5, first part. */
  @Test
  void previousValueTakesReadPermissionEverywhere() {
    assertDenied(putReturningPrevious("w"));
    assertDenied(delete("w", "", true));
    assertDenied(txn(putReturningPrevious("w")));
    assertDenied(txn(delete("w", "", true)));
    assertDenied(txn(txn(putReturningPrevious("w"))));
    grant(Permission.Type.READWRITE, "w", "");
    assertAllowed(putReturningPrevious("w"));
    assertAllowed(txn(txn(putReturningPrevious("w"))));
    assertAllowed(txn(delete("w", "", true)));
  }

  /** GHSA-rfx7-8w68-q57q. */
  @Test
  void nestedTransactionsAreLookedInto() {
    Operation read = RangeRequest.of(latin("x"));
    for (Operation forbidden : List.of(read, put("x"), delete("x", "", false))) {
      assertDenied(txn(forbidden));
      assertDenied(txn(txn(forbidden)));
      assertDenied(txn(put("w"), txn(txn(txn(forbidden)))));
      assertDenied(txn(new TxnRequest(List.of(), List.of(), List.of(forbidden))));
    }
    Caller caller = new Caller("u", client.machine().auth().revision());
    assertThat(client.machine().read(txn(txn(read)), caller, ReadBudget.UNLIMITED))
        .isEqualTo(DENIED);
    assertAllowed(txn(put("w"), txn(txn(RangeRequest.of(latin("r"))))));
  }

  @Test
  void comparisonsAndBothBranchesAreJudgedWhicheverIsTaken() {
    Compare holds = Compare.number(latin("r"), Compare.Target.VERSION, Compare.Operator.EQUAL, 1);
    Compare forbidden =
        Compare.number(latin("x"), Compare.Target.VERSION, Compare.Operator.EQUAL, 1);
    Compare forbiddenRange =
        new Compare(
            latin("r"),
            latin("\0"),
            Compare.Target.VERSION,
            Compare.Operator.GREATER,
            0,
            Bytes.EMPTY);
    assertAllowed(new TxnRequest(List.of(holds), List.of(put("w")), List.of()));
    assertDenied(new TxnRequest(List.of(holds), List.of(put("w")), List.of(put("x"))));
    assertDenied(new TxnRequest(List.of(forbidden), List.of(), List.of()));
    assertDenied(new TxnRequest(List.of(holds, forbiddenRange), List.of(), List.of()));
    assertDenied(txn(new TxnRequest(List.of(forbidden), List.of(), List.of())));
  }

  /** GHSA-x35m-3gp4-4fh5, second part: ending the lease would delete what is attached to it. */
  @Test
  void leaseTakesWritePermissionForAllKeysAttachedToIt() {
    assertAllowed(putWithLease("w", 7));
    assertThat(as("root", putWithLease("x", 7))).isInstanceOf(PutResponse.class);

    assertDenied(putWithLease("w", 7));
    assertDenied(txn(putWithLease("w", 7)));
    assertDenied(txn(txn(putWithLease("w", 7))));
    assertDenied(new LeaseRevokeRequest(7));
    grant(Permission.Type.WRITE, "x", "");
    assertAllowed(putWithLease("w", 7));
    assertAllowed(new LeaseRevokeRequest(7));
    assertThat(Objects.requireNonNull(client.get("w"))).isEqualTo("absent");
  }

  @Test
  void leaseThatDoesNotExistIsToldAsSuch() {
    assertThat(as("u", putWithLease("w", 99))).isEqualTo(new Failure(KvError.LEASE_NOT_FOUND));
    assertThat(as("u", new LeaseRevokeRequest(99))).isEqualTo(new Failure(KvError.LEASE_NOT_FOUND));
    assertThat(as("u", putWithLease("x", 99))).isEqualTo(DENIED);
  }

  @Test
  void anyUserMayCompactAndBeginLeases() {
    assertAllowed(new LeaseGrantRequest(8, 60));
    assertAllowed(new LeaseKeepAliveRequest(8));
    assertAllowed(new CompactRequest(3, true));
  }

  @Test
  void revokedPermissionIsGoneForRequestsUnderWay() {
    Command underWay =
        new AuthenticatedRequest(new Caller("u", client.machine().auth().revision()), put("w"));
    assertThat(client.send(underWay)).isInstanceOf(PutResponse.class);

    as("root", new AuthCommand.RevokePermission("some", latin("w"), Bytes.EMPTY));

    assertThat(client.send(underWay)).isEqualTo(DENIED);
  }

  @Test
  void refusalComesBeforeAnythingElseThatIsWrong() {
    RangeRequest future = RangeRequest.builder(latin("x")).revision(999).build();
    Caller caller = new Caller("u", client.machine().auth().revision());
    assertThat(client.machine().range(future, caller)).isEqualTo(DENIED);
    assertDenied(txn(put("x"), put("x")));
  }
}
