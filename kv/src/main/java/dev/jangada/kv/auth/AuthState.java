package dev.jangada.kv.auth;

import dev.jangada.kv.bytes.Bytes;
import dev.jangada.kv.command.Caller;
import dev.jangada.kv.command.KeyRange;
import dev.jangada.kv.command.KeyRangeSet;
import dev.jangada.kv.command.KvError;
import dev.jangada.kv.command.Permission;
import dev.jangada.kv.command.Secret;
import java.util.Collections;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Who may do what, at some moment: users, roles, and whether they count. Immutable; safe for use by
 * several threads.
 *
 * <p>All of it is in memory. What a user's roles allow together is worked out when it is first
 * asked for, and kept for as long as nothing changes.
 */
public final class AuthState {

  /**
   * The user that must exist, and the role it must have, for permissions to count. The role allows
   * everything.
   */
  public static final String ROOT = "root";

  /** What the role {@value #ROOT} allows. */
  public static final Permission EVERYTHING =
      new Permission(Permission.Type.READWRITE, Bytes.EMPTY, Bytes.wrap(new byte[1]));

  /** Nobody is known, and permissions do not count. */
  public static final AuthState INITIAL =
      new AuthState(
          false, 1, null, Collections.emptyNavigableMap(), Collections.emptyNavigableMap());

  private final boolean enabled;
  private final long revision;
  private final @Nullable Secret tokenSecret;
  private final NavigableMap<String, AuthUser> users;
  private final NavigableMap<String, AuthRole> roles;

  /** What users may do, as far as it has been asked for. */
  private final ConcurrentNavigableMap<String, Access> accessByUser = new ConcurrentSkipListMap<>();

  /**
   * Creates a state.
   *
   * @param enabled whether permissions count
   * @param revision grows with each change
   * @param tokenSecret null if permissions never counted
   * @param users by name; copied
   * @param roles by name; copied
   */
  public AuthState(
      boolean enabled,
      long revision,
      @Nullable Secret tokenSecret,
      NavigableMap<String, AuthUser> users,
      NavigableMap<String, AuthRole> roles) {
    this.enabled = enabled;
    this.revision = revision;
    this.tokenSecret = tokenSecret;
    this.users = Collections.unmodifiableNavigableMap(new TreeMap<>(users));
    this.roles = Collections.unmodifiableNavigableMap(new TreeMap<>(roles));
  }

  /** Whether permissions count; if not, everybody may do everything. */
  public boolean enabled() {
    return enabled;
  }

  /** Grows with each change, 1 at first. */
  public long revision() {
    return revision;
  }

  /** By which members recognise each other's tokens; null until permissions counted once. */
  public @Nullable Secret tokenSecret() {
    return tokenSecret;
  }

  /** All users by name. */
  public NavigableMap<String, AuthUser> users() {
    return users;
  }

  /** All roles by name. */
  public NavigableMap<String, AuthRole> roles() {
    return roles;
  }

  /**
   * Why a request is to be refused whatever it is: permissions count, and the caller is nobody or
   * known no more.
   *
   * @param caller null for one who has not said who he is
   */
  public Optional<KvError> checkCaller(@Nullable Caller caller) {
    if (!enabled) {
      return Optional.empty();
    }
    if (caller == null) {
      return Optional.of(KvError.USER_NAME_EMPTY);
    }
    AuthUser user = users.get(caller.user());
    return user == null || caller.authRevision() < user.credentialsRevision()
        ? Optional.of(KvError.INVALID_AUTH_TOKEN)
        : Optional.empty();
  }

  /** Why what only the role {@value #ROOT} may do is to be refused to a caller. */
  public Optional<KvError> checkRoot(@Nullable Caller caller) {
    return check(caller, Access::root);
  }

  /** Why reading keys is to be refused to a caller. */
  public Optional<KvError> checkRead(@Nullable Caller caller, KeyRange keys) {
    return check(caller, access -> access.allows(access.readable(), keys));
  }

  /** Why writing keys is to be refused to a caller. */
  public Optional<KvError> checkWrite(@Nullable Caller caller, KeyRange keys) {
    return check(caller, access -> access.allows(access.writable(), keys));
  }

  /** Why telling a caller of a user is to be refused: all but itself is up to {@value #ROOT}. */
  public Optional<KvError> checkReadUser(@Nullable Caller caller, String user) {
    return check(caller, access -> access.root() || access.user().name().equals(user));
  }

  /** Why telling a caller of a role is to be refused: all but its own is up to {@value #ROOT}. */
  public Optional<KvError> checkReadRole(@Nullable Caller caller, String role) {
    return check(caller, access -> access.root() || access.user().hasRole(role));
  }

  private Optional<KvError> check(@Nullable Caller caller, Predicate<Access> allows) {
    Optional<KvError> unknown = checkCaller(caller);
    if (!enabled || unknown.isPresent() || caller == null) {
      return unknown;
    }
    return allows.test(access(caller.user()))
        ? Optional.empty()
        : Optional.of(KvError.PERMISSION_DENIED);
  }

  private Access access(String user) {
    return accessByUser.computeIfAbsent(user, this::workOutAccess);
  }

  private Access workOutAccess(String name) {
    AuthUser user = users.get(name);
    if (user == null) {
      throw new IllegalArgumentException("no user " + name);
    }
    KeyRangeSet readable = new KeyRangeSet();
    KeyRangeSet writable = new KeyRangeSet();
    for (String granted : user.roles()) {
      AuthRole role = roles.get(granted);
      if (role != null) {
        for (Permission permission : role.permissions()) {
          if (permission.type().reads()) {
            readable.add(permission.keys());
          }
          if (permission.type().writes()) {
            writable.add(permission.keys());
          }
        }
      }
    }
    return new Access(user, user.hasRole(ROOT), readable, writable);
  }

  /** What a user's roles allow together: a range may be covered by several that adjoin. */
  private record Access(AuthUser user, boolean root, KeyRangeSet readable, KeyRangeSet writable) {

    boolean allows(KeyRangeSet allowed, KeyRange keys) {
      // Of a range without keys, where it begins has to be allowed: to nobody who may do nothing.
      return root || (keys.isEmpty() ? allowed.contains(keys.from()) : allowed.covers(keys));
    }
  }
}
