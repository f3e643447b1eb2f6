package dev.jangada.kv;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.jangada.kv.auth.AuthRole;
import dev.jangada.kv.auth.AuthState;
import dev.jangada.kv.auth.AuthUser;
import dev.jangada.kv.bytes.Bytes;
import dev.jangada.kv.command.AuthCommand;
import dev.jangada.kv.command.AuthResponse;
import dev.jangada.kv.command.AuthenticatedRequest;
import dev.jangada.kv.command.Caller;
import dev.jangada.kv.command.Command;
import dev.jangada.kv.command.CommandCodec;
import dev.jangada.kv.command.Failure;
import dev.jangada.kv.command.KvError;
import dev.jangada.kv.command.LeaseGrantRequest;
import dev.jangada.kv.command.Permission;
import dev.jangada.kv.command.PutRequest;
import dev.jangada.kv.command.PutResponse;
import dev.jangada.kv.command.Requests;
import dev.jangada.kv.command.Result;
import dev.jangada.kv.command.Secret;
import dev.jangada.raft.Entry;
import dev.jangada.raft.Proposal;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Users, roles, and what can be done with them. */
class AuthTest {

  private static final Secret HASH = Secret.of(new byte[] {1, 2, 3});
  private static final Secret TOKEN_SECRET = Secret.of(new byte[] {9});

  private final Client client = Client.onHeap();

  private Result root(AuthCommand command) {
    return client.send(new AuthenticatedRequest(caller("root"), command));
  }

  private Caller caller(String user) {
    return new Caller(user, client.machine().auth().revision());
  }

  private void enable() {
    done(client.send(new AuthCommand.AddUser("root", HASH)));
    done(client.send(new AuthCommand.GrantRole("root", "root")));
    done(client.send(new AuthCommand.Enable(TOKEN_SECRET)));
  }

  private static void done(Result result) {
    assertThat(result).isInstanceOf(AuthResponse.class);
  }

  private static Permission permission(Permission.Type type, String key, String end) {
    return new Permission(type, Requests.latin(key), Requests.latin(end));
  }

  @Test
  void permissionsCountOnlyWithAUserRootWhoHasTheRoleRoot() {
    assertThat(client.send(new AuthCommand.Enable(TOKEN_SECRET)))
        .isEqualTo(new Failure(KvError.ROOT_USER_NOT_FOUND));
    done(client.send(new AuthCommand.AddUser("root", HASH)));
    assertThat(client.send(new AuthCommand.Enable(TOKEN_SECRET)))
        .isEqualTo(new Failure(KvError.ROOT_ROLE_NOT_FOUND));
    done(client.send(new AuthCommand.GrantRole("root", "root")));
    assertThat(client.machine().auth().enabled()).isFalse();

    done(client.send(new AuthCommand.Enable(TOKEN_SECRET)));

    assertThat(client.machine().auth().enabled()).isTrue();
    assertThat(client.machine().auth().tokenSecret()).isEqualTo(TOKEN_SECRET);
    done(root(new AuthCommand.Disable()));
    assertThat(client.machine().auth().enabled()).isFalse();
    done(client.send(new AuthCommand.Disable()));
  }

  @Test
  void secondEnablingKeepsTheSecretAndNeedsRoot() {
    enable();
    assertThat(client.send(new AuthCommand.Enable(HASH)))
        .isEqualTo(new Failure(KvError.USER_NAME_EMPTY));
    done(root(new AuthCommand.Enable(HASH)));

    assertThat(client.machine().auth().tokenSecret()).isEqualTo(TOKEN_SECRET);
  }

  @Test
  void usersAndRolesThatExistOrDoNotAreToldApart() {
    done(client.send(new AuthCommand.AddUser("u", null)));
    done(client.send(new AuthCommand.AddRole("r")));

    assertThat(client.send(new AuthCommand.AddUser("u", HASH)))
        .isEqualTo(new Failure(KvError.USER_EXISTS));
    assertThat(client.send(new AuthCommand.AddUser("", HASH)))
        .isEqualTo(new Failure(KvError.USER_NAME_EMPTY));
    assertThat(client.send(new AuthCommand.AddRole("r")))
        .isEqualTo(new Failure(KvError.ROLE_EXISTS));
    assertThat(client.send(new AuthCommand.AddRole("")))
        .isEqualTo(new Failure(KvError.ROLE_NAME_EMPTY));
    for (AuthCommand command :
        List.of(
            new AuthCommand.DeleteUser("x"),
            new AuthCommand.ChangePassword("x", HASH),
            new AuthCommand.GrantRole("x", "r"),
            new AuthCommand.RevokeRole("x", "r"))) {
      assertThat(client.send(command))
          .as("%s", command)
          .isEqualTo(new Failure(KvError.USER_NOT_FOUND));
    }
    for (AuthCommand command :
        List.of(
            new AuthCommand.DeleteRole("x"),
            new AuthCommand.GrantRole("u", "x"),
            new AuthCommand.GrantPermission("x", permission(Permission.Type.READ, "a", "")),
            new AuthCommand.RevokePermission("x", Bytes.utf8("a"), Bytes.EMPTY))) {
      assertThat(client.send(command))
          .as("%s", command)
          .isEqualTo(new Failure(KvError.ROLE_NOT_FOUND));
    }
    assertThat(client.send(new AuthCommand.RevokeRole("u", "r")))
        .isEqualTo(new Failure(KvError.ROLE_NOT_GRANTED));
    assertThat(client.send(new AuthCommand.RevokePermission("r", Bytes.utf8("a"), Bytes.EMPTY)))
        .isEqualTo(new Failure(KvError.PERMISSION_NOT_GRANTED));
  }

  @Test
  void whatIsThereAlreadyIsGrantedAgainWithoutANewRevision() {
    done(client.send(new AuthCommand.AddUser("u", HASH)));
    done(client.send(new AuthCommand.AddRole("r")));
    AuthCommand role = new AuthCommand.GrantRole("u", "r");
    AuthCommand right =
        new AuthCommand.GrantPermission("r", permission(Permission.Type.READ, "a", "b"));
    done(client.send(role));
    done(client.send(right));
    long revision = client.machine().auth().revision();
    assertThat(revision).isEqualTo(5);

    done(client.send(role));
    done(client.send(right));

    assertThat(client.machine().auth().revision()).isEqualTo(revision);
    assertThat(client.machine().revision()).as("revision of keys").isEqualTo(1);
  }

  @Test
  void permissionAboutTheSameRangeIsReplacedAndOthersAreKeptInOrder() {
    done(client.send(new AuthCommand.AddRole("r")));
    for (Permission permission :
        List.of(
            permission(Permission.Type.READ, "b", "c"),
            permission(Permission.Type.READ, "b", ""),
            permission(Permission.Type.WRITE, "a", ""),
            permission(Permission.Type.WRITE, "b", "c"))) {
      done(client.send(new AuthCommand.GrantPermission("r", permission)));
    }
    AuthRole role = client.machine().auth().roles().get("r");

    assertThat(role)
        .isEqualTo(
            new AuthRole(
                "r",
                List.of(
                    permission(Permission.Type.WRITE, "a", ""),
                    permission(Permission.Type.READ, "b", ""),
                    permission(Permission.Type.WRITE, "b", "c"))));
    done(client.send(new AuthCommand.RevokePermission("r", Bytes.utf8("b"), Bytes.EMPTY)));
    assertThat(client.machine().auth().roles().get("r"))
        .isEqualTo(
            new AuthRole(
                "r",
                List.of(
                    permission(Permission.Type.WRITE, "a", ""),
                    permission(Permission.Type.WRITE, "b", "c"))));
  }

  @Test
  void permissionThatAllowsNothingIsRefused() {
    done(client.send(new AuthCommand.AddRole("r")));
    for (Permission nothing :
        List.of(
            permission(Permission.Type.READ, "", ""),
            permission(Permission.Type.READ, "", "b"),
            permission(Permission.Type.READ, "b", "b"),
            permission(Permission.Type.READ, "c", "b"))) {
      assertThat(client.send(new AuthCommand.GrantPermission("r", nothing)))
          .as("%s", nothing)
          .isEqualTo(new Failure(KvError.INVALID_AUTH_MANAGEMENT));
    }
  }

  @Test
  void rootCannotBeLockedOutWhilePermissionsCount() {
    enable();
    done(root(new AuthCommand.AddRole("root")));
    for (AuthCommand command :
        List.of(
            new AuthCommand.DeleteUser("root"),
            new AuthCommand.DeleteRole("root"),
            new AuthCommand.RevokeRole("root", "root"))) {
      assertThat(root(command))
          .as("%s", command)
          .isEqualTo(new Failure(KvError.INVALID_AUTH_MANAGEMENT));
    }
    done(root(new AuthCommand.Disable()));
    done(client.send(new AuthCommand.RevokeRole("root", "root")));
    done(client.send(new AuthCommand.DeleteRole("root")));
    done(client.send(new AuthCommand.DeleteUser("root")));
  }

  @Test
  void deletedRoleIsTakenFromAllUsersAndDoesNotComeBackWithItsName() {
    done(client.send(new AuthCommand.AddRole("r")));
    done(client.send(new AuthCommand.AddRole("s")));
    for (String user : List.of("u", "v")) {
      done(client.send(new AuthCommand.AddUser(user, HASH)));
      done(client.send(new AuthCommand.GrantRole(user, "s")));
      done(client.send(new AuthCommand.GrantRole(user, "r")));
      assertThat(rolesOf(user)).containsExactly("r", "s");
    }
    long revision = client.machine().auth().revision();

    done(client.send(new AuthCommand.DeleteRole("r")));
    done(client.send(new AuthCommand.AddRole("r")));

    assertThat(rolesOf("u")).containsExactly("s");
    assertThat(rolesOf("v")).containsExactly("s");
    assertThat(client.machine().auth().revision()).isEqualTo(revision + 2);
  }

  private List<String> rolesOf(String user) {
    AuthUser found = client.machine().auth().users().get(user);
    return found == null ? List.of("no such user") : found.roles();
  }

  @Test
  void onlyRootChangesUsersAndRolesWhilePermissionsCount() {
    enable();
    done(root(new AuthCommand.AddUser("u", HASH)));
    AuthCommand change = new AuthCommand.AddUser("v", HASH);

    assertThat(client.send(change)).isEqualTo(new Failure(KvError.USER_NAME_EMPTY));
    assertThat(client.send(new AuthenticatedRequest(caller("u"), change)))
        .isEqualTo(new Failure(KvError.PERMISSION_DENIED));
    assertThat(client.send(new AuthenticatedRequest(caller("x"), change)))
        .isEqualTo(new Failure(KvError.INVALID_AUTH_TOKEN));
    done(root(new AuthCommand.GrantRole("u", "root")));
    done(client.send(new AuthenticatedRequest(caller("u"), change)));
  }

  @Test
  void callerIsForgottenWithThePasswordAndWithTheUser() {
    enable();
    done(root(new AuthCommand.AddUser("u", HASH)));
    done(root(new AuthCommand.AddUser("passwordless", null)));
    Caller before = caller("u");
    Caller passwordless = caller("passwordless");
    assertThat(client.machine().auth().checkCaller(before)).isEmpty();
    done(root(new AuthCommand.AddRole("unrelated")));
    assertThat(client.machine().auth().checkCaller(before)).isEmpty();

    done(root(new AuthCommand.ChangePassword("u", HASH)));

    assertThat(client.machine().auth().checkCaller(before)).contains(KvError.INVALID_AUTH_TOKEN);
    Caller after = caller("u");
    assertThat(client.machine().auth().checkCaller(after)).isEmpty();
    assertThat(client.send(new AuthenticatedRequest(before, new LeaseGrantRequest(1, 1))))
        .isEqualTo(new Failure(KvError.INVALID_AUTH_TOKEN));

    done(root(new AuthCommand.DeleteUser("u")));
    done(root(new AuthCommand.AddUser("u", HASH)));
    assertThat(client.machine().auth().checkCaller(after)).contains(KvError.INVALID_AUTH_TOKEN);
    assertThat(client.machine().auth().checkCaller(passwordless)).isEmpty();
    done(root(new AuthCommand.ChangePassword("passwordless", HASH)));
    assertThat(client.machine().auth().users().get("passwordless"))
        .extracting(AuthUser::passwordHash)
        .isNull();
  }

  @Test
  void everythingSurvivesARestartAndGoesWithASnapshot() throws IOException {
    try (Engine engine = Engine.rocksDb();
        Engine other = Engine.rocksDb()) {
      Client store = new Client(engine);
      done(store.send(new AuthCommand.AddRole("é")));
      done(
          store.send(
              new AuthCommand.GrantPermission(
                  "é", permission(Permission.Type.WRITE, "\u00ff", "\0"))));
      done(store.send(new AuthCommand.AddRole("gone")));
      done(store.send(new AuthCommand.DeleteRole("gone")));
      done(store.send(new AuthCommand.AddUser("ü", null)));
      done(store.send(new AuthCommand.GrantRole("ü", "é")));
      done(store.send(new AuthCommand.AddUser("root", HASH)));
      done(store.send(new AuthCommand.GrantRole("root", "root")));
      done(store.send(new AuthCommand.Enable(TOKEN_SECRET)));
      String before = describe(engine.machine().auth());
      assertThat(before).contains("true", "é", "ü").doesNotContain("gone");
      engine.machine().flush();

      engine.crash();
      assertThat(describe(engine.machine().auth())).isEqualTo(before);

      try (var snapshot = engine.machine().snapshot();
          InputStream in = snapshot.open()) {
        other.machine().restore(snapshot.index(), in);
      }
      assertThat(describe(other.machine().auth())).isEqualTo(before);
      assertThat(other.machine().auth().tokenSecret()).isEqualTo(TOKEN_SECRET);
    }
  }

  private static String describe(AuthState auth) {
    return auth.enabled() + " " + auth.revision() + " " + auth.users() + " " + auth.roles();
  }

  @Test
  void changesOfOneBatchTakeEffectFromOneEntryToTheNextAndAreToldOnce() {
    List<String> heard = new ArrayList<>();
    client
        .machine()
        .listen(
            new EventListener() {
              @Override
              public void committed(long revision, List<KeyEvent> events) {}

              @Override
              public void restored(long revision) {}

              @Override
              public void accessChanged() {
                heard.add("changed at " + client.machine().auth().revision());
              }
            });
    PutRequest put = PutRequest.of(Bytes.utf8("k"), Bytes.utf8("v"));
    List<Result> results =
        apply(
            put,
            new AuthCommand.AddUser("root", HASH),
            new AuthCommand.GrantRole("root", "root"),
            new AuthCommand.Enable(TOKEN_SECRET),
            put,
            new AuthenticatedRequest(new Caller("root", 4), put));

    assertThat(results.get(0)).isInstanceOf(PutResponse.class);
    assertThat(results.get(4)).isEqualTo(new Failure(KvError.USER_NAME_EMPTY));
    assertThat(results.get(5)).isInstanceOf(PutResponse.class);
    assertThat(heard).containsExactly("changed at 4");
    apply(new AuthenticatedRequest(new Caller("root", 4), put));
    assertThat(heard).hasSize(1);
  }

  private List<Result> apply(Command... commands) {
    List<Entry> entries = new ArrayList<>();
    for (Command command : commands) {
      long index = client.machine().appliedIndex() + 1 + entries.size();
      entries.add(Entry.command(index, 1, new Proposal(1, index, CommandCodec.encode(command))));
    }
    return client.machine().apply(entries).stream()
        .map(Client::decode)
        .collect(Collectors.toList());
  }

  @Test
  void secretsAreNotShown() {
    Secret secret = Secret.of("correct horse".getBytes(UTF_8));
    assertThat(new AuthCommand.AddUser("u", secret).toString())
        .isEqualTo("AddUser[user=u, passwordHash=(secret)]");
    assertThat(new AuthCommand.Enable(secret).toString()).doesNotContain("horse", "99");
    assertThat(secret).isEqualTo(Secret.of(secret.reveal())).isNotEqualTo(HASH);
  }
}
