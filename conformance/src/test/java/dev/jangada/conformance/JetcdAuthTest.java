package dev.jangada.conformance;

import static dev.jangada.conformance.Answers.answer;
import static dev.jangada.conformance.Answers.assertRefused;
import static dev.jangada.conformance.Answers.status;
import static dev.jangada.conformance.ClusterUnderTest.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.etcd.jetcd.Auth;
import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.Client;
import io.etcd.jetcd.KV;
import io.etcd.jetcd.auth.Permission;
import io.etcd.jetcd.op.Cmp;
import io.etcd.jetcd.op.CmpTarget;
import io.etcd.jetcd.op.Op;
import io.etcd.jetcd.options.DeleteOption;
import io.etcd.jetcd.options.GetOption;
import io.etcd.jetcd.options.PutOption;
import io.etcd.jetcd.options.WatchOption;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Users, roles and permissions by jetcd. After each test authentication is off again, and all users
 * and roles are gone.
 */
@Timeout(300)
@SuppressWarnings("try") // a watcher or keep-alive does its work by being open
class JetcdAuthTest {

  private static final String ANONYMOUS = "etcdserver: user name is empty";
  private static final String DENIED = "etcdserver: permission denied";
  private static final String WRONG =
      "etcdserver: authentication failed, invalid user ID or password";
  private static final ByteSequence ROOT = bytes("root");
  private static final ByteSequence USER = bytes("user");
  private static final ByteSequence ROLE = bytes("role");
  private static final ByteSequence NOBODY = bytes("nobody");
  private static final ByteSequence PASSWORD = bytes("pw");

  @RegisterExtension static final ClusterUnderTest etcd = new ClusterUnderTest();

  private final List<Client> clients = new ArrayList<>();
  private Auth auth;

  @SuppressWarnings("NullAway.Init") // set before each test
  JetcdAuthTest() {}

  @BeforeEach
  void connect() {
    auth = etcd.client().getAuthClient();
  }

  @AfterEach
  void removeUsersAndRoles() throws Exception {
    try {
      answer(as(ROOT, PASSWORD).getAuthClient().authDisable());
    } catch (ExecutionException e) {
      // It was off, or there was never a root.
      assertThat(status(e).getDescription())
          .isIn(WRONG, "etcdserver: authentication is not enabled");
    }
    for (String user : answer(auth.userList()).getUsers()) {
      answer(auth.userDelete(bytes(user)));
    }
    for (String role : answer(auth.roleList()).getRoles()) {
      answer(auth.roleDelete(bytes(role)));
    }
    clients.forEach(Client::close);
  }

  @Test
  void usersAreAddedListedAndDeleted() throws Exception {
    answer(auth.userAdd(USER, PASSWORD));

    assertThat(answer(auth.userList()).getUsers()).containsExactly("user");
    assertThat(answer(auth.userGet(USER)).getRoles()).isEmpty();
    assertPrecondition(auth.userAdd(USER, PASSWORD), "etcdserver: user name already exists");
    answer(auth.userDelete(USER));
    assertThat(answer(auth.userList()).getUsers()).isEmpty();
  }

  @Test
  void unknownUserIsRefusedEverywhere() {
    String message = "etcdserver: user name not found";

    assertPrecondition(auth.userGet(NOBODY), message);
    assertPrecondition(auth.userDelete(NOBODY), message);
    assertPrecondition(auth.userChangePassword(NOBODY, PASSWORD), message);
    assertPrecondition(auth.userGrantRole(NOBODY, ROLE), message);
    assertPrecondition(auth.userRevokeRole(NOBODY, ROLE), message);
  }

  @Test
  void userWithoutANameIsRefused() {
    assertRefused(
        auth.userAdd(ByteSequence.EMPTY, PASSWORD), Status.Code.INVALID_ARGUMENT, ANONYMOUS);
  }

  @Test
  void rolesAreAddedListedAndDeleted() throws Exception {
    answer(auth.roleAdd(ROLE));

    assertThat(answer(auth.roleList()).getRoles()).containsExactly("role");
    assertThat(answer(auth.roleGet(ROLE)).getPermissions()).isEmpty();
    assertPrecondition(auth.roleAdd(ROLE), "etcdserver: role name already exists");
    answer(auth.roleDelete(ROLE));
    assertPrecondition(auth.roleGet(ROLE), "etcdserver: role name not found");
    assertPrecondition(auth.roleDelete(ROLE), "etcdserver: role name not found");
  }

  @Test
  void rolesAreGrantedToUsersAndRevoked() throws Exception {
    answer(auth.userAdd(USER, PASSWORD));
    answer(auth.roleAdd(ROLE));
    assertPrecondition(auth.userGrantRole(USER, NOBODY), "etcdserver: role name not found");
    assertPrecondition(
        auth.userRevokeRole(USER, ROLE), "etcdserver: role is not granted to the user");

    answer(auth.userGrantRole(USER, ROLE));
    assertThat(answer(auth.userGet(USER)).getRoles()).containsExactly("role");

    answer(auth.userRevokeRole(USER, ROLE));
    assertThat(answer(auth.userGet(USER)).getRoles()).isEmpty();
  }

  @Test
  void deletedRoleIsTakenFromItsUsers() throws Exception {
    answer(auth.userAdd(USER, PASSWORD));
    answer(auth.roleAdd(ROLE));
    answer(auth.userGrantRole(USER, ROLE));

    answer(auth.roleDelete(ROLE));

    assertThat(answer(auth.userGet(USER)).getRoles()).isEmpty();
  }

  @Test
  void permissionsAreGrantedListedAndRevoked() throws Exception {
    answer(auth.roleAdd(ROLE));
    grant(Permission.Type.READ, "a", "b");
    grant(Permission.Type.WRITE, "x", "");

    assertThat(answer(auth.roleGet(ROLE)).getPermissions())
        .extracting(Permission::getPermType)
        .containsExactly(Permission.Type.READ, Permission.Type.WRITE);
    assertThat(answer(auth.roleGet(ROLE)).getPermissions().get(0).getRangeEnd())
        .isEqualTo(etcd.key("b"));
    assertPrecondition(
        auth.roleRevokePermission(ROLE, etcd.key("nothing"), ByteSequence.EMPTY),
        "etcdserver: permission is not granted to the role");
    answer(auth.roleRevokePermission(ROLE, etcd.key("a"), etcd.key("b")));
    assertThat(answer(auth.roleGet(ROLE)).getPermissions()).hasSize(1);
  }

  @Test
  void permissionGrantedAgainReplacesTheOneBefore() throws Exception {
    answer(auth.roleAdd(ROLE));
    grant(Permission.Type.READ, "a", "");
    grant(Permission.Type.READWRITE, "a", "");

    assertThat(answer(auth.roleGet(ROLE)).getPermissions())
        .extracting(Permission::getPermType)
        .containsExactly(Permission.Type.READWRITE);
  }

  @Test
  void authenticationIsNotEnabledWithoutRoot() throws Exception {
    assertPrecondition(auth.authEnable(), "etcdserver: root user does not exist");

    answer(auth.userAdd(ROOT, PASSWORD));

    assertPrecondition(auth.authEnable(), "etcdserver: root user does not have root role");
  }

  @Test
  void callsWithoutAUserAreRefusedOnceItIsEnabled() throws Exception {
    enable();

    assertRefused(
        etcd.client().getKVClient().get(etcd.key("a")), Status.Code.INVALID_ARGUMENT, ANONYMOUS);
    assertRefused(
        etcd.client().getKVClient().put(etcd.key("a"), bytes("1")),
        Status.Code.INVALID_ARGUMENT,
        ANONYMOUS);
    assertRefused(auth.userList(), Status.Code.INVALID_ARGUMENT, ANONYMOUS);
  }

  @Test
  void wrongPasswordAndUnknownUserAreRefusedAlike() throws Exception {
    enable();

    assertWrongUser(as(ROOT, bytes("wrong")));
    assertWrongUser(as(NOBODY, PASSWORD));
  }

  private static void assertWrongUser(Client client) {
    Throwable failure = catchThrowable(() -> answer(client.getKVClient().get(etcd.key("a"))));

    assertThat(status(failure).getDescription()).isEqualTo(WRONG);
    assertThat(status(failure).getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
  }

  @Test
  void rootMayDoEverything() throws Exception {
    enable();
    Client root = as(ROOT, PASSWORD);

    answer(root.getKVClient().put(etcd.key("a"), bytes("1")));

    assertThat(answer(root.getKVClient().get(etcd.key("a"))).getCount()).isEqualTo(1);
    assertThat(answer(root.getAuthClient().userList()).getUsers()).contains("root");
  }

  @Test
  void userReadsAndWritesWhatItsRoleAllows() throws Exception {
    KV kv = enableWithUser();

    answer(kv.put(etcd.key("rw"), bytes("1")));
    assertThat(answer(kv.get(etcd.key("rw"))).getCount()).isEqualTo(1);
    assertThat(answer(kv.get(etcd.key("r"))).getCount()).isZero();
    answer(kv.put(etcd.key("w"), bytes("1")));
    answer(kv.delete(etcd.key("w")));
    assertDenied(kv.put(etcd.key("r"), bytes("1")));
    assertDenied(kv.delete(etcd.key("r")));
    assertDenied(kv.get(etcd.key("w")));
    assertDenied(kv.get(etcd.key("other")));
  }

  @Test
  void permissionOfARangeCoversItsKeysAndNoRangeBeyond() throws Exception {
    KV kv = enableWithUser();

    answer(kv.get(etcd.key("range/5")));
    answer(kv.get(etcd.key("range/"), GetOption.builder().isPrefix(true).build()));
    assertDenied(kv.get(etcd.key("range"), GetOption.builder().isPrefix(true).build()));
    assertDenied(
        kv.get(
            etcd.key("range/5"),
            GetOption.builder().withRange(ByteSequence.from(new byte[1])).build()));
    assertDenied(kv.delete(etcd.key("range/"), DeleteOption.builder().isPrefix(true).build()));
  }

  @Test
  void previousValueNeedsThePermissionToRead() throws Exception {
    KV kv = enableWithUser();

    assertDenied(kv.put(etcd.key("w"), bytes("1"), PutOption.builder().withPrevKV().build()));
    assertDenied(kv.delete(etcd.key("w"), DeleteOption.builder().withPrevKV(true).build()));
    answer(kv.put(etcd.key("rw"), bytes("1"), PutOption.builder().withPrevKV().build()));
  }

  @Test
  void transactionNeedsThePermissionsOfItsComparisonsAndBothBranches() throws Exception {
    KV kv = enableWithUser();
    Op allowed = Op.put(etcd.key("rw"), bytes("1"), PutOption.DEFAULT);
    Op denied = Op.put(etcd.key("r"), bytes("1"), PutOption.DEFAULT);
    Cmp comparison = new Cmp(etcd.key("w"), Cmp.Op.EQUAL, CmpTarget.version(0));

    answer(kv.txn().Then(allowed).commit());
    assertDenied(kv.txn().Then(denied).commit());
    assertDenied(kv.txn().Then(allowed).Else(denied).commit());
    assertDenied(kv.txn().If(comparison).Then(allowed).commit());
  }

  @Test
  @DiffersInEtcd34("looks at the outer transaction only; a nested one may do anything")
  void nestedTransactionNeedsThePermissionsToo() throws Exception {
    KV kv = enableWithUser();
    Op denied = Op.put(etcd.key("r"), bytes("1"), PutOption.DEFAULT);

    assertDenied(kv.txn().Then(Op.txn(new Cmp[0], new Op[] {denied}, new Op[0])).commit());
  }

  @Test
  void watchNeedsThePermissionToRead() throws Exception {
    KV kv = enableWithUser();
    Client user = clients.get(clients.size() - 1);
    WatchRecorder denied = new WatchRecorder();
    WatchRecorder allowed = new WatchRecorder();
    WatchOption option = WatchOption.builder().withCreateNotify(true).build();

    try (var unused = user.getWatchClient().watch(etcd.key("w"), option, denied);
        var unused2 = user.getWatchClient().watch(etcd.key("rw"), option, allowed)) {
      assertThat(denied.failure()).hasMessageContaining(DENIED);
      assertThat(allowed.next().isCreatedNotify()).isTrue();
      answer(kv.put(etcd.key("rw"), bytes("seen")));
      assertThat(allowed.events(1)).hasSize(1);
    }
  }

  @Test
  void administrationIsForRootOnly() throws Exception {
    enableWithUser();
    Auth user = clients.get(clients.size() - 1).getAuthClient();

    assertDenied(user.userAdd(NOBODY, PASSWORD));
    assertDenied(user.roleAdd(NOBODY));
    assertDenied(user.userGrantRole(USER, ROOT));
    assertDenied(user.authDisable());
    assertThat(answer(user.userGet(USER)).getRoles()).as("itself").containsExactly("role");
    assertDenied(user.userGet(ROOT));
  }

  @Test
  void revokedRoleAndDeletedUserMayNothingFromThenOn() throws Exception {
    KV kv = enableWithUser();
    Auth root = as(ROOT, PASSWORD).getAuthClient();
    answer(kv.get(etcd.key("rw")));

    answer(root.userRevokeRole(USER, ROLE));
    assertDenied(kv.get(etcd.key("rw")));

    answer(root.userDelete(USER));
    assertThat(catchThrowable(() -> answer(kv.get(etcd.key("rw"))))).isNotNull();
  }

  @Test
  void changedPasswordCounts() throws Exception {
    enableWithUser();
    answer(as(ROOT, PASSWORD).getAuthClient().userChangePassword(USER, bytes("new")));

    assertWrongUser(as(USER, PASSWORD));
    answer(as(USER, bytes("new")).getKVClient().get(etcd.key("rw")));
  }

  @Test
  void rootAndItsRoleStayWhileItIsEnabled() throws Exception {
    enable();
    Auth root = as(ROOT, PASSWORD).getAuthClient();
    String message = "etcdserver: invalid auth management";

    assertRefused(root.userDelete(ROOT), Status.Code.INVALID_ARGUMENT, message);
    assertRefused(root.roleDelete(ROOT), Status.Code.INVALID_ARGUMENT, message);
    assertRefused(root.userRevokeRole(ROOT, ROOT), Status.Code.INVALID_ARGUMENT, message);
  }

  private void enable() throws Exception {
    answer(auth.userAdd(ROOT, PASSWORD));
    answer(auth.roleAdd(ROOT));
    answer(auth.userGrantRole(ROOT, ROOT));
    answer(auth.authEnable());
  }

  /** A user who may read {@code r}, write {@code w}, both {@code rw}, and read {@code range/}. */
  private KV enableWithUser() throws Exception {
    answer(auth.userAdd(USER, PASSWORD));
    answer(auth.roleAdd(ROLE));
    answer(auth.userGrantRole(USER, ROLE));
    grant(Permission.Type.READ, "r", "");
    grant(Permission.Type.WRITE, "w", "");
    grant(Permission.Type.READWRITE, "rw", "");
    grant(Permission.Type.READ, "range/", "range0");
    enable();
    return as(USER, PASSWORD).getKVClient();
  }

  private void grant(Permission.Type type, String key, String end) throws Exception {
    answer(
        auth.roleGrantPermission(
            ROLE, etcd.key(key), end.isEmpty() ? ByteSequence.EMPTY : etcd.key(end), type));
  }

  private Client as(ByteSequence user, ByteSequence password) {
    Client client =
        Client.builder().endpoints(etcd.endpoints()).user(user).password(password).build();
    clients.add(client);
    return client;
  }

  private static void assertPrecondition(CompletableFuture<?> call, String message) {
    assertRefused(call, Status.Code.FAILED_PRECONDITION, message);
  }

  private static void assertDenied(CompletableFuture<?> call) {
    assertRefused(call, Status.Code.PERMISSION_DENIED, DENIED);
  }
}
