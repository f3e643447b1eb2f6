package dev.jangada.kv.command;

import dev.jangada.kv.bytes.Bytes;
import org.jspecify.annotations.Nullable;

/**
 * Changes users, roles, and whether they count. While they do, only callers with the role {@value
 * AuthState#ROOT} may.
 */
public sealed interface AuthCommand extends Command {

  /**
   * Has permissions count from now on. Needs the user {@value dev.jangada.kv.auth.AuthState#ROOT}
   * with the role of the same name, so that somebody can end it.
   *
   * @param tokenSecret fresh random bytes, by which members recognise each other's tokens
   */
  record Enable(Secret tokenSecret) implements AuthCommand {}

  /** Lets everybody do everything. */
  record Disable() implements AuthCommand {}

  /**
   * Adds a user.
   *
   * @param passwordHash null for a user without a password
   */
  record AddUser(String user, @Nullable Secret passwordHash) implements AuthCommand {}

  /** Removes a user. */
  record DeleteUser(String user) implements AuthCommand {}

  /**
   * Sets the password of a user, who from then on is not known by what was before. One without a
   * password stays so.
   */
  record ChangePassword(String user, Secret passwordHash) implements AuthCommand {}

  /** Gives a user the permissions of a role. */
  record GrantRole(String user, String role) implements AuthCommand {}

  /** Takes a role from a user. */
  record RevokeRole(String user, String role) implements AuthCommand {}

  /** Adds a role without permissions. */
  record AddRole(String role) implements AuthCommand {}

  /** Removes a role, from all users too. */
  record DeleteRole(String role) implements AuthCommand {}

  /** Gives a role a permission, in place of one about the same key and range end. */
  record GrantPermission(String role, Permission permission) implements AuthCommand {}

  /** Takes from a role the permission about exactly this key and range end. */
  record RevokePermission(String role, Bytes key, Bytes rangeEnd) implements AuthCommand {}
}
