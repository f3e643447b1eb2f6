package dev.jangada.cli.ctl;

import dev.jangada.etcd.api.authpb.UserAddOptions;
import dev.jangada.etcd.api.etcdserverpb.AuthGrpc;
import dev.jangada.etcd.api.etcdserverpb.AuthUserAddRequest;
import dev.jangada.etcd.api.etcdserverpb.AuthUserAddResponse;
import dev.jangada.etcd.api.etcdserverpb.AuthUserChangePasswordRequest;
import dev.jangada.etcd.api.etcdserverpb.AuthUserChangePasswordResponse;
import dev.jangada.etcd.api.etcdserverpb.AuthUserDeleteRequest;
import dev.jangada.etcd.api.etcdserverpb.AuthUserDeleteResponse;
import dev.jangada.etcd.api.etcdserverpb.AuthUserGetRequest;
import dev.jangada.etcd.api.etcdserverpb.AuthUserGetResponse;
import dev.jangada.etcd.api.etcdserverpb.AuthUserGrantRoleRequest;
import dev.jangada.etcd.api.etcdserverpb.AuthUserGrantRoleResponse;
import dev.jangada.etcd.api.etcdserverpb.AuthUserListRequest;
import dev.jangada.etcd.api.etcdserverpb.AuthUserListResponse;
import dev.jangada.etcd.api.etcdserverpb.AuthUserRevokeRoleRequest;
import dev.jangada.etcd.api.etcdserverpb.AuthUserRevokeRoleResponse;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Users. */
@Command(
    name = "user",
    description = "Who may use the store.",
    subcommands = {
      UserCommand.Add.class,
      UserCommand.Delete.class,
      UserCommand.Get.class,
      UserCommand.ListAll.class,
      UserCommand.ChangePassword.class,
      UserCommand.GrantRole.class,
      UserCommand.RevokeRole.class
    })
final class UserCommand extends Group {

  /** Where a new password comes from: not from the command line, which others can see. */
  static final class PasswordFlag {
    @Option(
        names = "--interactive",
        arity = "0..1",
        preprocessor = BooleanFlag.class,
        paramLabel = "BOOL",
        defaultValue = "true",
        fallbackValue = "true",
        description =
            "Ask for the password twice; false: read it from standard input (default: true).")
    private boolean interactive;

    String read(Ctl ctl, String user) {
      Console console = ctl.console();
      if (!interactive) {
        return console.readPassword();
      }
      String password = console.askPassword("Password of " + user + ": ");
      if (!password.equals(
          console.askPassword("Type password of " + user + " again for confirmation: "))) {
        throw CtlException.arguments("given passwords are different");
      }
      return password;
    }
  }

  private static String name(@Nullable List<String> arguments, String command) {
    return Action.only(
        arguments, "user " + command + " command requires user name as its argument");
  }

  /** A user and a role. */
  private static List<String> both(@Nullable List<String> arguments, String command) {
    List<String> given = Action.orEmpty(arguments);
    if (given.size() != 2) {
      throw CtlException.arguments(
          "user " + command + " command requires user name and role name as its argument");
    }
    return given;
  }

  /** Adds one. */
  @Command(name = "add", description = "Add a user.")
  static final class Add extends Action {

    @Parameters(
        hideParamSyntax = true,
        paramLabel = "NAME[:PASSWORD]",
        description = "The user. Without a password, it is asked for.")
    private @Nullable List<String> arguments;

    @Mixin private PasswordFlag password;

    @Option(
        names = "--new-user-password",
        paramLabel = "PASSWORD",
        description = "The password, which others can see in the list of processes.")
    private @Nullable String given;

    @Option(
        names = "--no-password",
        arity = "0..1",
        preprocessor = BooleanFlag.class,
        paramLabel = "BOOL",
        description = "The user is known by a certificate and nothing else.")
    private boolean withoutPassword;

    @SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls
    Add() {}

    @Override
    void run(Ctl ctl) {
      String argument = name(arguments, "add");
      int colon = given == null && !withoutPassword ? argument.indexOf(':') : -1;
      String name = colon < 0 ? argument : argument.substring(0, colon);
      if (name.isEmpty()) {
        throw CtlException.arguments("empty user name is not allowed");
      }
      AuthUserAddRequest.Builder request =
          AuthUserAddRequest.newBuilder()
              .setName(name)
              .setOptions(UserAddOptions.newBuilder().setNoPassword(withoutPassword));
      if (colon >= 0) {
        request.setPassword(argument.substring(colon + 1));
      } else if (given != null) {
        request.setPassword(given);
      } else if (!withoutPassword) {
        request.setPassword(password.read(ctl, name));
      }
      AuthUserAddResponse response =
          ctl.connection().call(AuthGrpc.getUserAddMethod(), request.build());
      ctl.show(
          Answer.of(response).simple("User " + name + " created").fields(response.getHeader()));
    }
  }

  /** Deletes one. */
  @Command(name = "delete", description = "Delete a user.")
  static final class Delete extends Action {

    @Parameters(hideParamSyntax = true, paramLabel = "NAME", description = "The user.")
    private @Nullable List<String> arguments;

    @Override
    void run(Ctl ctl) {
      String name = name(arguments, "delete");
      AuthUserDeleteResponse response =
          ctl.connection()
              .call(
                  AuthGrpc.getUserDeleteMethod(),
                  AuthUserDeleteRequest.newBuilder().setName(name).build());
      ctl.show(
          Answer.of(response).simple("User " + name + " deleted").fields(response.getHeader()));
    }
  }

  /** What one may do. */
  @Command(name = "get", description = "Which roles a user has.")
  static final class Get extends Action {

    @Parameters(hideParamSyntax = true, paramLabel = "NAME", description = "The user.")
    private @Nullable List<String> arguments;

    @Option(
        names = "--detail",
        arity = "0..1",
        preprocessor = BooleanFlag.class,
        paramLabel = "BOOL",
        description = "What these allow, too.")
    private boolean detail;

    @Override
    void run(Ctl ctl) {
      String name = name(arguments, "get");
      AuthUserGetResponse user =
          ctl.connection()
              .read(
                  AuthGrpc.getUserGetMethod(),
                  AuthUserGetRequest.newBuilder().setName(name).build());
      if (!detail) {
        ctl.show(
            Answer.of(user)
                .simple(out -> {
                  out.line("User: " + name).print("Roles:");
                  user.getRolesList().forEach(role -> out.print(" " + role));
                  out.line("");
                }));
        return;
      }
      ctl.say("User: " + name);
      for (String role : user.getRolesList()) {
        ctl.say("");
        ctl.show(RoleCommand.permissions(ctl, role));
      }
    }
  }

  /** Which there are. */
  @Command(name = "list", description = "List all users.")
  static final class ListAll extends Action {

    @Override
    void run(Ctl ctl) {
      AuthUserListResponse response =
          ctl.connection()
              .read(AuthGrpc.getUserListMethod(), AuthUserListRequest.getDefaultInstance());
      ctl.show(Answer.of(response).simple(out -> response.getUsersList().forEach(out::line)));
    }
  }

  /** A new password. */
  @Command(name = "passwd", description = "Change a user's password.")
  static final class ChangePassword extends Action {

    @Parameters(hideParamSyntax = true, paramLabel = "NAME", description = "The user.")
    private @Nullable List<String> arguments;

    @Mixin private PasswordFlag password;

    @SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls
    ChangePassword() {}

    @Override
    void run(Ctl ctl) {
      String name = name(arguments, "passwd");
      AuthUserChangePasswordResponse response =
          ctl.connection()
              .call(
                  AuthGrpc.getUserChangePasswordMethod(),
                  AuthUserChangePasswordRequest.newBuilder()
                      .setName(name)
                      .setPassword(password.read(ctl, name))
                      .build());
      ctl.show(Answer.of(response).simple("Password updated").fields(response.getHeader()));
    }
  }

  /** One role more. */
  @Command(name = "grant-role", description = "Give a user a role.")
  static final class GrantRole extends Action {

    @Parameters(
        hideParamSyntax = true,
        paramLabel = "USER ROLE",
        description = "Who gets which role.")
    private @Nullable List<String> arguments;

    @Override
    void run(Ctl ctl) {
      List<String> both = both(arguments, "grant");
      AuthUserGrantRoleResponse response =
          ctl.connection()
              .call(
                  AuthGrpc.getUserGrantRoleMethod(),
                  AuthUserGrantRoleRequest.newBuilder()
                      .setUser(both.get(0))
                      .setRole(both.get(1))
                      .build());
      ctl.show(
          Answer.of(response)
              .simple("Role %s is granted to user %s".formatted(both.get(1), both.get(0)))
              .fields(response.getHeader()));
    }
  }

  /** One role less. */
  @Command(name = "revoke-role", description = "Take a role from a user.")
  static final class RevokeRole extends Action {

    @Parameters(
        hideParamSyntax = true,
        paramLabel = "USER ROLE",
        description = "Who loses which role.")
    private @Nullable List<String> arguments;

    @Override
    void run(Ctl ctl) {
      List<String> both = both(arguments, "revoke-role");
      AuthUserRevokeRoleResponse response =
          ctl.connection()
              .call(
                  AuthGrpc.getUserRevokeRoleMethod(),
                  AuthUserRevokeRoleRequest.newBuilder()
                      .setName(both.get(0))
                      .setRole(both.get(1))
                      .build());
      ctl.show(
          Answer.of(response)
              .simple("Role %s is revoked from user %s".formatted(both.get(1), both.get(0)))
              .fields(response.getHeader()));
    }
  }
}
