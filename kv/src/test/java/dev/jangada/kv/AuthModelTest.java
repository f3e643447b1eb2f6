package dev.jangada.kv;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jangada.kv.bytes.Bytes;
import dev.jangada.kv.command.AuthCommand;
import dev.jangada.kv.command.AuthenticatedRequest;
import dev.jangada.kv.command.Caller;
import dev.jangada.kv.command.Command;
import dev.jangada.kv.command.DeleteRangeRequest;
import dev.jangada.kv.command.Failure;
import dev.jangada.kv.command.KeyRange;
import dev.jangada.kv.command.KvError;
import dev.jangada.kv.command.LeaseRevokeRequest;
import dev.jangada.kv.command.Operation;
import dev.jangada.kv.command.Permission;
import dev.jangada.kv.command.PutRequest;
import dev.jangada.kv.command.RangeRequest;
import dev.jangada.kv.command.Requests;
import dev.jangada.kv.command.Result;
import dev.jangada.kv.command.Secret;
import dev.jangada.kv.command.TxnRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.TreeSet;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;

/**
 * Random commands of callers with random permissions, beside the same commands where permissions do
 * not count: what a naive reading of the permissions allows has the same outcome, and everything
 * else is refused and has none.
 */
class AuthModelTest {

  private static final List<String> USERS = List.of("u", "v", "w");
  private static final List<String> ROLES = List.of("p", "q");

  /** Keys that are needed for reading, or for writing. */
  private record Need(boolean write, KeyRange keys) {}

  @Property(tries = 300, edgeCases = EdgeCasesMode.NONE)
  void permissionsAllowWhatANaiveReadingOfThemAllows(
      @ForAll("permissions") List<Permission> permissions,
      @ForAll("commands") List<Command> commands,
      @ForAll("ranges") List<RangeRequest> ranges,
      @ForAll Random random) {
    try (Client guarded = Client.onHeap();
        Client open = Client.onHeap()) {
      List<List<Permission>> allowed = setUp(guarded, permissions, random);
      // The two come to the same index, so that leases end alike.
      while (open.machine().appliedIndex() < guarded.machine().appliedIndex()) {
        open.send(new DeleteRangeRequest(Bytes.utf8("none"), Bytes.EMPTY, false));
      }
      for (Command command : commands) {
        int user = random.nextInt(USERS.size());
        Caller caller = new Caller(USERS.get(user), guarded.machine().auth().revision());
        boolean may = isAllowed(allowed.get(user), needs(command, open.machine()));

        Result result = guarded.send(new AuthenticatedRequest(caller, command));

        assertThat(result)
            .as("%s by one with %s", command, allowed.get(user))
            .isEqualTo(may ? open.send(command) : new Failure(KvError.PERMISSION_DENIED));
        assertThat(guarded.machine().hash(0)).isEqualTo(open.machine().hash(0));
      }
      for (RangeRequest range : ranges) {
        int user = random.nextInt(USERS.size());
        Caller caller = new Caller(USERS.get(user), guarded.machine().auth().revision());
        boolean may = isAllowed(allowed.get(user), List.of(new Need(false, range.keys())));
        assertThat(guarded.machine().range(range, caller))
            .as("%s by one with %s", range, allowed.get(user))
            .isEqualTo(may ? open.machine().range(range) : new Failure(KvError.PERMISSION_DENIED));
      }
    }
  }

  /** Deals the permissions out to roles, and the roles to users; what each user may do then. */
  private static List<List<Permission>> setUp(
      Client client, List<Permission> permissions, Random random) {
    client.send(new AuthCommand.AddUser("root", null));
    client.send(new AuthCommand.GrantRole("root", "root"));
    for (String role : ROLES) {
      client.send(new AuthCommand.AddRole(role));
    }
    for (Permission permission : permissions) {
      String role = ROLES.get(random.nextInt(ROLES.size()));
      client.send(new AuthCommand.GrantPermission(role, permission));
    }
    List<List<Permission>> allowed = new ArrayList<>();
    for (String user : USERS) {
      client.send(new AuthCommand.AddUser(user, null));
      List<Permission> own = new ArrayList<>();
      for (String role : ROLES) {
        if (random.nextInt(3) > 0) {
          client.send(new AuthCommand.GrantRole(user, role));
          own.addAll(
              Objects.requireNonNull(client.machine().auth().roles().get(role)).permissions());
        }
      }
      allowed.add(own);
    }
    client.send(new AuthCommand.Enable(Secret.of(new byte[] {1})));
    assertThat(client.machine().auth().enabled()).isTrue();
    return allowed;
  }

  private static List<Need> needs(Command command, KvStateMachine state) {
    List<Need> needs = new ArrayList<>();
    switch (command) {
      case Operation operation -> addNeeds(operation, state, needs);
      case LeaseRevokeRequest revoke -> addNeedsOfLease(revoke.id(), state, needs);
      default -> {}
    }
    return needs;
  }

  private static void addNeeds(Operation operation, KvStateMachine state, List<Need> needs) {
    switch (operation) {
      case RangeRequest range -> needs.add(new Need(false, range.keys()));
      case PutRequest put -> {
        KeyRange key = KeyRange.of(put.key(), Bytes.EMPTY);
        needs.add(new Need(true, key));
        if (put.prevKv()) {
          needs.add(new Need(false, key));
        }
        if (put.lease() != 0) {
          addNeedsOfLease(put.lease(), state, needs);
        }
      }
      case DeleteRangeRequest delete -> {
        needs.add(new Need(true, delete.keys()));
        if (delete.prevKv()) {
          needs.add(new Need(false, delete.keys()));
        }
      }
      case TxnRequest txn -> {
        txn.compares().forEach(compare -> needs.add(new Need(false, compare.keys())));
        txn.success().forEach(inner -> addNeeds(inner, state, needs));
        txn.failure().forEach(inner -> addNeeds(inner, state, needs));
      }
    }
  }

  private static void addNeedsOfLease(long id, KvStateMachine state, List<Need> needs) {
    LeaseStatus lease = state.lease(id, true);
    if (lease != null) {
      lease.keys().forEach(key -> needs.add(new Need(true, KeyRange.of(key, Bytes.EMPTY))));
    }
  }

  private static boolean isAllowed(List<Permission> permissions, List<Need> needs) {
    return needs.stream()
        .allMatch(need ->
            isCovered(
                need.keys(),
                permissions.stream()
                    .filter(permission ->
                        permission.type() == Permission.Type.READWRITE
                            || (permission.type() == Permission.Type.WRITE) == need.write())
                    .map(Permission::keys)
                    .toList()));
  }

  /**
   * Ranges are half open: if a union of them leaves something out of a range, it leaves out where
   * the range begins or where one of them ends.
   */
  private static boolean isCovered(KeyRange keys, List<KeyRange> allowed) {
    TreeSet<Bytes> points = new TreeSet<>();
    points.add(keys.from());
    for (KeyRange range : allowed) {
      if (range.to() != null && keys.contains(range.to())) {
        points.add(range.to());
      }
    }
    boolean endless = keys.to() != null || allowed.stream().anyMatch(range -> range.to() == null);
    return endless
        && points.stream()
            .allMatch(point -> allowed.stream().anyMatch(range -> range.contains(point)));
  }

  @Provide
  Arbitrary<List<Permission>> permissions() {
    Arbitrary<Bytes> ends =
        Arbitraries.frequencyOf(
            Tuple.of(2, Arbitraries.just(Bytes.EMPTY)),
            Tuple.of(1, Arbitraries.just(Bytes.wrap(new byte[1]))),
            Tuple.of(4, Requests.keys()));
    return Combinators.combine(Arbitraries.of(Permission.Type.class), Requests.keys(), ends)
        .as(Permission::new)
        .list()
        .ofMinSize(2)
        .ofMaxSize(12);
  }

  @Provide
  Arbitrary<List<Command>> commands() {
    return Requests.commands().list().ofMinSize(1).ofMaxSize(40);
  }

  @Provide
  Arbitrary<List<RangeRequest>> ranges() {
    return Requests.ranges().list().ofSize(20);
  }
}
