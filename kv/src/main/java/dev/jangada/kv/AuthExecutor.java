package dev.jangada.kv;

import static dev.jangada.kv.auth.AuthState.ROOT;

import dev.jangada.kv.auth.AuthRole;
import dev.jangada.kv.auth.AuthState;
import dev.jangada.kv.auth.AuthUser;
import dev.jangada.kv.command.AuthCommand;
import dev.jangada.kv.command.AuthResponse;
import dev.jangada.kv.command.Failure;
import dev.jangada.kv.command.KvError;
import dev.jangada.kv.command.Permission;
import dev.jangada.kv.command.Result;
import java.util.List;

/**
 * Carries out what concerns users and roles, on a {@link MvccBatch}: see {@link AuthCommand}. That
 * the caller may has been checked.
 *
 * <p>What is there already is not an error where it is granted, and one where it is added, as in
 * etcd. A command that changes nothing makes no auth revision.
 */
final class AuthExecutor {

  private final MvccBatch batch;
  private final AuthBatch auth;

  AuthExecutor(MvccBatch batch) {
    this.batch = batch;
    this.auth = batch.auth();
  }

  Result execute(AuthCommand command) {
    return switch (command) {
      case AuthCommand.Enable enable -> enable(enable);
      case AuthCommand.Disable disable -> disable();
      case AuthCommand.AddUser add -> addUser(add);
      case AuthCommand.DeleteUser delete -> deleteUser(delete.user());
      case AuthCommand.ChangePassword change -> changePassword(change);
      case AuthCommand.GrantRole grant -> grantRole(grant.user(), grant.role());
      case AuthCommand.RevokeRole revoke -> revokeRole(revoke.user(), revoke.role());
      case AuthCommand.AddRole add -> addRole(add.role());
      case AuthCommand.DeleteRole delete -> deleteRole(delete.role());
      case AuthCommand.GrantPermission grant -> grantPermission(grant);
      case AuthCommand.RevokePermission revoke -> revokePermission(revoke);
    };
  }

  private AuthResponse done() {
    return new AuthResponse(batch.revision());
  }

  private Result enable(AuthCommand.Enable enable) {
    AuthState state = auth.state();
    if (state.enabled()) {
      return done();
    }
    AuthUser root = state.users().get(ROOT);
    if (root == null) {
      return new Failure(KvError.ROOT_USER_NOT_FOUND);
    }
    if (!root.hasRole(ROOT)) {
      return new Failure(KvError.ROOT_ROLE_NOT_FOUND);
    }
    auth.enable(enable.tokenSecret());
    return done();
  }

  private Result disable() {
    if (auth.state().enabled()) {
      auth.disable();
    }
    return done();
  }

  private Result addUser(AuthCommand.AddUser add) {
    if (add.user().isEmpty()) {
      return new Failure(KvError.USER_NAME_EMPTY);
    }
    if (auth.state().users().containsKey(add.user())) {
      return new Failure(KvError.USER_EXISTS);
    }
    AuthUser user = new AuthUser(add.user(), add.passwordHash(), List.of(), auth.nextRevision());
    auth.change(change -> change.put(user));
    return done();
  }

  private Result deleteUser(String name) {
    if (auth.state().enabled() && name.equals(ROOT)) {
      return new Failure(KvError.INVALID_AUTH_MANAGEMENT);
    }
    if (!auth.state().users().containsKey(name)) {
      return new Failure(KvError.USER_NOT_FOUND);
    }
    auth.change(change -> change.removeUser(name));
    return done();
  }

  private Result changePassword(AuthCommand.ChangePassword command) {
    AuthUser user = auth.state().users().get(command.user());
    if (user == null) {
      return new Failure(KvError.USER_NOT_FOUND);
    }
    AuthUser changed = user.withPasswordHash(command.passwordHash(), auth.nextRevision());
    auth.change(change -> change.put(changed));
    return done();
  }

  private Result grantRole(String name, String role) {
    AuthUser user = auth.state().users().get(name);
    if (user == null) {
      return new Failure(KvError.USER_NOT_FOUND);
    }
    // The role root need not exist to be granted: it allows everything by its name.
    if (!role.equals(ROOT) && !auth.state().roles().containsKey(role)) {
      return new Failure(KvError.ROLE_NOT_FOUND);
    }
    if (!user.hasRole(role)) {
      auth.change(change -> change.put(user.withRole(role)));
    }
    return done();
  }

  private Result revokeRole(String name, String role) {
    if (auth.state().enabled() && name.equals(ROOT) && role.equals(ROOT)) {
      return new Failure(KvError.INVALID_AUTH_MANAGEMENT);
    }
    AuthUser user = auth.state().users().get(name);
    if (user == null) {
      return new Failure(KvError.USER_NOT_FOUND);
    }
    if (!user.hasRole(role)) {
      return new Failure(KvError.ROLE_NOT_GRANTED);
    }
    auth.change(change -> change.put(user.withoutRole(role)));
    return done();
  }

  private Result addRole(String name) {
    if (name.isEmpty()) {
      return new Failure(KvError.ROLE_NAME_EMPTY);
    }
    if (auth.state().roles().containsKey(name)) {
      return new Failure(KvError.ROLE_EXISTS);
    }
    auth.change(change -> change.put(new AuthRole(name, List.of())));
    return done();
  }

  private Result deleteRole(String name) {
    if (auth.state().enabled() && name.equals(ROOT)) {
      return new Failure(KvError.INVALID_AUTH_MANAGEMENT);
    }
    if (!auth.state().roles().containsKey(name)) {
      return new Failure(KvError.ROLE_NOT_FOUND);
    }
    auth.change(change -> {
      change.removeRole(name);
      for (AuthUser user : auth.state().users().values()) {
        if (user.hasRole(name)) {
          change.put(user.withoutRole(name));
        }
      }
    });
    return done();
  }

  private Result grantPermission(AuthCommand.GrantPermission grant) {
    AuthRole role = auth.state().roles().get(grant.role());
    if (role == null) {
      return new Failure(KvError.ROLE_NOT_FOUND);
    }
    Permission permission = grant.permission();
    // It would allow nothing: whoever grants it means something else.
    if (permission.key().isEmpty() || permission.keys().isEmpty()) {
      return new Failure(KvError.INVALID_AUTH_MANAGEMENT);
    }
    AuthRole changed = role.with(permission);
    if (!changed.equals(role)) {
      auth.change(change -> change.put(changed));
    }
    return done();
  }

  private Result revokePermission(AuthCommand.RevokePermission revoke) {
    AuthRole role = auth.state().roles().get(revoke.role());
    if (role == null) {
      return new Failure(KvError.ROLE_NOT_FOUND);
    }
    if (!role.has(revoke.key(), revoke.rangeEnd())) {
      return new Failure(KvError.PERMISSION_NOT_GRANTED);
    }
    auth.change(change -> change.put(role.revoke(revoke.key(), revoke.rangeEnd())));
    return done();
  }
}
