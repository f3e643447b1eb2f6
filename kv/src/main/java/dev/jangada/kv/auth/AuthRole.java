package dev.jangada.kv.auth;

import dev.jangada.kv.bytes.Bytes;
import dev.jangada.kv.command.Permission;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * A set of permissions with a name.
 *
 * @param name not empty
 * @param permissions by key and range end, which no two have in common
 */
public record AuthRole(String name, List<Permission> permissions) {

  private static final Comparator<Permission> ORDER =
      Comparator.comparing(Permission::key).thenComparing(Permission::rangeEnd);

  public AuthRole {
    permissions = List.copyOf(permissions);
  }

  /** With one about these keys that is not there yet, or takes the place of the one there. */
  public AuthRole with(Permission permission) {
    List<Permission> changed = without(permission.key(), permission.rangeEnd());
    changed.add(permission);
    changed.sort(ORDER);
    return new AuthRole(name, changed);
  }

  /** Whether there is a permission about these keys, named in the same way. */
  public boolean has(Bytes key, Bytes rangeEnd) {
    return permissions.stream().anyMatch(permission -> permission.isAbout(key, rangeEnd));
  }

  /** Without the permission about these keys, named in the same way. */
  public AuthRole revoke(Bytes key, Bytes rangeEnd) {
    return new AuthRole(name, without(key, rangeEnd));
  }

  private List<Permission> without(Bytes key, Bytes rangeEnd) {
    List<Permission> rest = new ArrayList<>(permissions);
    rest.removeIf(permission -> permission.isAbout(key, rangeEnd));
    return rest;
  }
}
