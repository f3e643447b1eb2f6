package dev.jangada.cli.ctl;

import com.google.protobuf.ByteString;
import dev.jangada.etcd.api.authpb.Permission;
import dev.jangada.etcd.api.etcdserverpb.AuthGrpc;
import dev.jangada.etcd.api.etcdserverpb.AuthRoleAddRequest;
import dev.jangada.etcd.api.etcdserverpb.AuthRoleAddResponse;
import dev.jangada.etcd.api.etcdserverpb.AuthRoleDeleteRequest;
import dev.jangada.etcd.api.etcdserverpb.AuthRoleDeleteResponse;
import dev.jangada.etcd.api.etcdserverpb.AuthRoleGetRequest;
import dev.jangada.etcd.api.etcdserverpb.AuthRoleGetResponse;
import dev.jangada.etcd.api.etcdserverpb.AuthRoleGrantPermissionRequest;
import dev.jangada.etcd.api.etcdserverpb.AuthRoleGrantPermissionResponse;
import dev.jangada.etcd.api.etcdserverpb.AuthRoleListRequest;
import dev.jangada.etcd.api.etcdserverpb.AuthRoleListResponse;
import dev.jangada.etcd.api.etcdserverpb.AuthRoleRevokePermissionRequest;
import dev.jangada.etcd.api.etcdserverpb.AuthRoleRevokePermissionResponse;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Roles and what they allow. */
@Command(
    name = "role",
    description = "What the users with a role may do.",
    subcommands = {
      RoleCommand.Add.class,
      RoleCommand.Delete.class,
      RoleCommand.Get.class,
      RoleCommand.ListAll.class,
      RoleCommand.GrantPermission.class,
      RoleCommand.RevokePermission.class
    })
final class RoleCommand extends Group {

  private static String name(@Nullable List<String> arguments, String command) {
    return Action.only(
        arguments, "role " + command + " command requires role name as its argument");
  }

  /** Adds one. */
  @Command(name = "add", description = "Add a role, which allows nothing yet.")
  static final class Add extends Action {

    @Parameters(hideParamSyntax = true, paramLabel = "NAME", description = "The role.")
    private @Nullable List<String> arguments;

    @Override
    void run(Ctl ctl) {
      String name = name(arguments, "add");
      AuthRoleAddResponse response =
          ctl.connection()
              .call(
                  AuthGrpc.getRoleAddMethod(),
                  AuthRoleAddRequest.newBuilder().setName(name).build());
      ctl.show(
          Answer.of(response).simple("Role " + name + " created").fields(response.getHeader()));
    }
  }

  /** Deletes one. */
  @Command(name = "delete", description = "Delete a role.")
  static final class Delete extends Action {

    @Parameters(hideParamSyntax = true, paramLabel = "NAME", description = "The role.")
    private @Nullable List<String> arguments;

    @Override
    void run(Ctl ctl) {
      String name = name(arguments, "delete");
      AuthRoleDeleteResponse response =
          ctl.connection()
              .call(
                  AuthGrpc.getRoleDeleteMethod(),
                  AuthRoleDeleteRequest.newBuilder().setRole(name).build());
      ctl.show(
          Answer.of(response).simple("Role " + name + " deleted").fields(response.getHeader()));
    }
  }

  /** What one allows. */
  @Command(name = "get", description = "What a role allows.")
  static final class Get extends Action {

    @Parameters(hideParamSyntax = true, paramLabel = "NAME", description = "The role.")
    private @Nullable List<String> arguments;

    @Override
    void run(Ctl ctl) {
      ctl.show(permissions(ctl, name(arguments, "get")));
    }
  }

  /** What a role allows. */
  static Answer permissions(Ctl ctl, String role) {
    AuthRoleGetResponse response =
        ctl.connection()
            .read(
                AuthGrpc.getRoleGetMethod(), AuthRoleGetRequest.newBuilder().setRole(role).build());
    return Answer.of(response)
        .simple(out -> {
          out.line("Role " + role).line("KV Read:");
          response.getPermList().stream()
              .filter(permission -> permission.getPermType() != Permission.Type.WRITE)
              .forEach(permission -> print(out, permission));
          out.line("KV Write:");
          response.getPermList().stream()
              .filter(permission -> permission.getPermType() != Permission.Type.READ)
              .forEach(permission -> print(out, permission));
        })
        .fields(out -> {
          Answer.header(out, response.getHeader());
          for (Permission permission : response.getPermList()) {
            // With two spaces, as etcdctl has it.
            out.field("PermType", " " + permission.getPermType())
                .quoted("Key", permission.getKey())
                .quoted("RangeEnd", permission.getRangeEnd());
          }
        });
  }

  private static void print(Printer out, Permission permission) {
    ByteString key = permission.getKey();
    ByteString end = permission.getRangeEnd();
    if (end.isEmpty()) {
      out.print("\t").line(key);
      return;
    }
    out.print("\t[").print(key).print(", ");
    if (end.equals(KeyRange.ZERO)) {
      out.print("<open ended>");
    } else {
      out.print(end).print(")");
    }
    if (KeyRange.endOfPrefix(key).equals(end)) {
      out.print(" (prefix ").print(key).print(")");
    }
    out.line("");
  }

  /** Which there are. */
  @Command(name = "list", description = "List all roles.")
  static final class ListAll extends Action {

    @Override
    void run(Ctl ctl) {
      AuthRoleListResponse response =
          ctl.connection()
              .read(AuthGrpc.getRoleListMethod(), AuthRoleListRequest.getDefaultInstance());
      ctl.show(
          Answer.of(response)
              .simple(out -> response.getRolesList().forEach(out::line))
              .fields(out -> {
                Answer.header(out, response.getHeader());
                out.print("\"Roles\" :");
                response
                    .getRolesList()
                    .forEach(role -> out.print(" " + Quoting.quote(ByteString.copyFromUtf8(role))));
                out.line("");
              }));
    }
  }

  /**
   * Which keys a permission is about.
   *
   * @param arguments KEY [END]
   */
  private static KeyRange range(KeyFlags flags, List<String> arguments) {
    if (flags.prefix() && flags.fromKey()) {
      throw CtlException.arguments("--from-key and --prefix flags are mutually exclusive");
    }
    String key = arguments.get(0);
    if (arguments.size() > 1) {
      if (flags.prefix() || flags.fromKey()) {
        throw CtlException.arguments(
            "unexpected endkey argument with %s flag"
                .formatted(flags.prefix() ? "--prefix" : "--from-key"));
      }
      return KeyRange.of(key, arguments.get(1));
    }
    return flags.prefix()
        ? KeyRange.prefix(key)
        : flags.fromKey() ? KeyRange.from(key) : KeyRange.of(key, "");
  }

  /** Allows something. */
  @Command(name = "grant-permission", description = "Allow a role to read or write keys.")
  static final class GrantPermission extends Action {

    @Parameters(
        hideParamSyntax = true,
        paramLabel = "ROLE TYPE KEY [END]",
        description = "TYPE is read, write or readwrite; END is the first key after the range.")
    private @Nullable List<String> arguments;

    @Mixin private KeyFlags flags;

    @SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls
    GrantPermission() {}

    @Override
    void run(Ctl ctl) {
      List<String> given = orEmpty(arguments);
      if (given.size() < 3 || given.size() > 4) {
        throw CtlException.arguments(
            "role grant command requires role name, permission type, and key [endkey] as its"
                + " argument");
      }
      Permission.Type type =
          switch (given.get(1).toLowerCase(Locale.ROOT)) {
            case "read" -> Permission.Type.READ;
            case "write" -> Permission.Type.WRITE;
            case "readwrite" -> Permission.Type.READWRITE;
            default -> throw CtlException.arguments("invalid permission type: " + given.get(1));
          };
      KeyRange range = RoleCommand.range(flags, given.subList(2, given.size()));
      AuthRoleGrantPermissionResponse response =
          ctl.connection()
              .call(
                  AuthGrpc.getRoleGrantPermissionMethod(),
                  AuthRoleGrantPermissionRequest.newBuilder()
                      .setName(given.get(0))
                      .setPerm(
                          Permission.newBuilder()
                              .setPermType(type)
                              .setKey(range.key())
                              .setRangeEnd(range.end()))
                      .build());
      ctl.show(
          Answer.of(response)
              .simple("Role " + given.get(0) + " updated")
              .fields(response.getHeader()));
    }
  }

  /** Allows it no more. */
  @Command(
      name = "revoke-permission",
      description = "Take back what was granted for the same key or range.")
  static final class RevokePermission extends Action {

    @Parameters(
        hideParamSyntax = true,
        paramLabel = "ROLE KEY [END]",
        description = "As it was granted.")
    private @Nullable List<String> arguments;

    @Mixin private KeyFlags flags;

    @SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls
    RevokePermission() {}

    @Override
    void run(Ctl ctl) {
      List<String> given = orEmpty(arguments);
      if (given.size() < 2 || given.size() > 3) {
        throw CtlException.arguments(
            "role revoke-permission command requires role name and key [endkey] as its argument");
      }
      KeyRange range = RoleCommand.range(flags, given.subList(1, given.size()));
      AuthRoleRevokePermissionResponse response =
          ctl.connection()
              .call(
                  AuthGrpc.getRoleRevokePermissionMethod(),
                  AuthRoleRevokePermissionRequest.newBuilder()
                      .setRole(given.get(0))
                      .setKey(range.key())
                      .setRangeEnd(range.end())
                      .build());
      ctl.show(
          Answer.of(response)
              .simple(out -> revoked(out, given.get(0), range))
              .fields(response.getHeader()));
    }

    private static void revoked(Printer out, String role, KeyRange range) {
      if (range.end().isEmpty()) {
        out.print("Permission of key ").print(range.key());
      } else {
        out.print("Permission of range [").print(range.key()).print(", ");
        if (range.end().equals(KeyRange.ZERO)) {
          out.print("<open ended>");
        } else {
          out.print(range.end()).print(")");
        }
      }
      out.line(" is revoked from role " + role);
    }
  }
}
