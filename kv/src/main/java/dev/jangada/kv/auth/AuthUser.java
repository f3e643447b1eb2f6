package dev.jangada.kv.auth;

import dev.jangada.kv.command.Secret;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Somebody who can be known to the store.
 *
 * @param name not empty
 * @param passwordHash by which a password is recognised; null for a user who has none, and is known
 *     in another way
 * @param roles names of the roles granted, in order
 * @param credentialsRevision the auth revision that set the password: what was known of the user
 *     before it does not count any more
 */
public record AuthUser(
    String name, @Nullable Secret passwordHash, List<String> roles, long credentialsRevision) {

  public AuthUser {
    roles = List.copyOf(roles);
  }

  /** Whether a role is granted to the user. */
  public boolean hasRole(String role) {
    return Collections.binarySearch(roles, role) >= 0;
  }

  /** With another password, unless the user has none. */
  public AuthUser withPasswordHash(Secret newPasswordHash, long newCredentialsRevision) {
    return new AuthUser(
        name, passwordHash == null ? null : newPasswordHash, roles, newCredentialsRevision);
  }

  /** With a role more, which the user does not have yet. */
  public AuthUser withRole(String role) {
    List<String> changed = new ArrayList<>(roles);
    changed.add(role);
    Collections.sort(changed);
    return new AuthUser(name, passwordHash, changed, credentialsRevision);
  }

  /** With a role less. */
  public AuthUser withoutRole(String role) {
    List<String> changed = new ArrayList<>(roles);
    changed.remove(role);
    return new AuthUser(name, passwordHash, changed, credentialsRevision);
  }
}
