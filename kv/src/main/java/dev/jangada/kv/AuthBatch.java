package dev.jangada.kv;

import dev.jangada.kv.auth.AuthRole;
import dev.jangada.kv.auth.AuthState;
import dev.jangada.kv.auth.AuthUser;
import dev.jangada.kv.bytes.MalformedEncodingException;
import dev.jangada.kv.command.Secret;
import dev.jangada.kv.store.OrderedStore;
import java.nio.charset.StandardCharsets;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Changes to users and roles, as part of a {@link MvccBatch}. For one thread. */
final class AuthBatch {

  private final Overlay overlay;
  private AuthState state;

  AuthBatch(Overlay overlay, AuthState before) {
    this.overlay = overlay;
    this.state = before;
  }

  AuthState state() {
    return state;
  }

  /** What a store holds of users and roles. */
  static AuthState load(OrderedStore.Reader reader) {
    byte[] settingsBytes = reader.get(Layout.AUTH_SETTINGS_KEY);
    if (settingsBytes == null) {
      return AuthState.INITIAL;
    }
    try {
      AuthRecords.Settings settings = AuthRecords.decodeSettings(settingsBytes);
      NavigableMap<String, AuthUser> users = new TreeMap<>();
      try (OrderedStore.Cursor cursor = reader.cursor(Layout.userKey(""), Layout.AUTH_USERS_END)) {
        for (; cursor.isValid(); cursor.next()) {
          String name = name(cursor.key());
          users.put(name, AuthRecords.decodeUser(name, cursor.value()));
        }
      }
      NavigableMap<String, AuthRole> roles = new TreeMap<>();
      try (OrderedStore.Cursor cursor = reader.cursor(Layout.roleKey(""), Layout.AUTH_ROLES_END)) {
        for (; cursor.isValid(); cursor.next()) {
          String name = name(cursor.key());
          roles.put(name, AuthRecords.decodeRole(name, cursor.value()));
        }
      }
      return new AuthState(
          settings.enabled(), settings.revision(), settings.tokenSecret(), users, roles);
    } catch (MalformedEncodingException e) {
      throw Layout.damaged("users and roles: " + e.getMessage());
    }
  }

  private static String name(byte[] key) {
    return new String(key, 2, key.length - 2, StandardCharsets.UTF_8);
  }

  /** Has permissions count. */
  void enable(Secret tokenSecret) {
    commit(true, tokenSecret, state.users(), state.roles());
  }

  /** Has permissions not count. */
  void disable() {
    commit(false, state.tokenSecret(), state.users(), state.roles());
  }

  /** The auth revision that a change at hand will make. */
  long nextRevision() {
    return state.revision() + 1;
  }

  /** Changes users and roles, all in one auth revision. */
  void change(Consumer<Change> changes) {
    Change change = new Change();
    changes.accept(change);
    commit(state.enabled(), state.tokenSecret(), change.users, change.roles);
  }

  private void commit(
      boolean enabled,
      @Nullable Secret tokenSecret,
      NavigableMap<String, AuthUser> users,
      NavigableMap<String, AuthRole> roles) {
    state = new AuthState(enabled, nextRevision(), tokenSecret, users, roles);
    overlay.put(
        Layout.AUTH_SETTINGS_KEY,
        AuthRecords.encode(new AuthRecords.Settings(enabled, state.revision(), tokenSecret)));
  }

  /** What one command changes. */
  final class Change {
    private final NavigableMap<String, AuthUser> users = new TreeMap<>(state.users());
    private final NavigableMap<String, AuthRole> roles = new TreeMap<>(state.roles());

    private Change() {}

    void put(AuthUser user) {
      users.put(user.name(), user);
      overlay.put(Layout.userKey(user.name()), AuthRecords.encode(user));
    }

    void removeUser(String name) {
      users.remove(name);
      overlay.delete(Layout.userKey(name));
    }

    void put(AuthRole role) {
      roles.put(role.name(), role);
      overlay.put(Layout.roleKey(role.name()), AuthRecords.encode(role));
    }

    void removeRole(String name) {
      roles.remove(name);
      overlay.delete(Layout.roleKey(name));
    }
  }
}
