package dev.jangada.kv;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What concerns users and roles, as bytes: commands, and records of the store.
 *
 * <pre>
 * command = kind (1 byte), fields
 *   17 enable            secret
 *   18 disable
 *   19 add user          name, flags: 1 has a password; hash
 *   20 delete user       name
 *   21 change password   name, hash
 *   22 grant role        user, role
 *   23 revoke role       user, role
 *   24 add role          name
 *   25 delete role       name
 *   26 grant permission  role, permission
 *   27 revoke permission role, key, rangeEnd
 * permission = type (1 byte), key, rangeEnd
 *
 * settings = flags (1 byte): 1 enabled, 2 has a secret; auth revision, secret
 * user     = flags: 1 has a password; hash, credentials revision, count of roles, their names
 * role     = count of permissions, permissions
 * </pre>
 *
 * with numbers and bytes as in {@link ByteWriter}; names, which are UTF-8, hashes and secrets are
 * bytes.
 */
final class AuthCodec {

  private static final int ENABLE = 17;
  private static final int DISABLE = 18;
  private static final int ADD_USER = 19;
  private static final int DELETE_USER = 20;
  private static final int CHANGE_PASSWORD = 21;
  private static final int GRANT_ROLE = 22;
  private static final int REVOKE_ROLE = 23;
  private static final int ADD_ROLE = 24;
  private static final int DELETE_ROLE = 25;
  private static final int GRANT_PERMISSION = 26;
  private static final int REVOKE_PERMISSION = 27;

  private static final Permission.Type[] TYPES = Permission.Type.values();

  private AuthCodec() {}

  static void write(ByteWriter out, AuthCommand command) {
    switch (command) {
      case AuthCommand.Enable enable -> write(out.oneByte(ENABLE), enable.tokenSecret());
      case AuthCommand.Disable disable -> out.oneByte(DISABLE);
      case AuthCommand.AddUser add -> {
        write(out.oneByte(ADD_USER), add.user());
        Secret hash = add.passwordHash();
        out.oneByte(hash == null ? 0 : 1);
        if (hash != null) {
          write(out, hash);
        }
      }
      case AuthCommand.DeleteUser delete -> write(out.oneByte(DELETE_USER), delete.user());
      case AuthCommand.ChangePassword change ->
          write(write(out.oneByte(CHANGE_PASSWORD), change.user()), change.passwordHash());
      case AuthCommand.GrantRole grant ->
          write(write(out.oneByte(GRANT_ROLE), grant.user()), grant.role());
      case AuthCommand.RevokeRole revoke ->
          write(write(out.oneByte(REVOKE_ROLE), revoke.user()), revoke.role());
      case AuthCommand.AddRole add -> write(out.oneByte(ADD_ROLE), add.role());
      case AuthCommand.DeleteRole delete -> write(out.oneByte(DELETE_ROLE), delete.role());
      case AuthCommand.GrantPermission grant ->
          write(write(out.oneByte(GRANT_PERMISSION), grant.role()), grant.permission());
      case AuthCommand.RevokePermission revoke ->
          write(out.oneByte(REVOKE_PERMISSION), revoke.role())
              .bytes(revoke.key())
              .bytes(revoke.rangeEnd());
    }
  }

  /** Reads the fields of a command, of whatever kind it is said to be. */
  static AuthCommand read(ByteReader in, int kind) throws MalformedEncodingException {
    return switch (kind) {
      case ENABLE -> new AuthCommand.Enable(readSecret(in));
      case DISABLE -> new AuthCommand.Disable();
      case ADD_USER -> {
        String user = readName(in);
        yield new AuthCommand.AddUser(user, in.flags(1) == 0 ? null : readSecret(in));
      }
      case DELETE_USER -> new AuthCommand.DeleteUser(readName(in));
      case CHANGE_PASSWORD -> new AuthCommand.ChangePassword(readName(in), readSecret(in));
      case GRANT_ROLE -> new AuthCommand.GrantRole(readName(in), readName(in));
      case REVOKE_ROLE -> new AuthCommand.RevokeRole(readName(in), readName(in));
      case ADD_ROLE -> new AuthCommand.AddRole(readName(in));
      case DELETE_ROLE -> new AuthCommand.DeleteRole(readName(in));
      case GRANT_PERMISSION -> new AuthCommand.GrantPermission(readName(in), readPermission(in));
      case REVOKE_PERMISSION ->
          new AuthCommand.RevokePermission(readName(in), in.bytes(), in.bytes());
      default -> throw new MalformedEncodingException("unknown kind of command " + kind);
    };
  }

  static ByteWriter write(ByteWriter out, String name) {
    return out.bytes(Bytes.utf8(name));
  }

  static String readName(ByteReader in) throws MalformedEncodingException {
    return in.text(Integer.MAX_VALUE);
  }

  private static ByteWriter write(ByteWriter out, Secret secret) {
    return out.bytes(Bytes.wrap(secret.reveal()));
  }

  private static Secret readSecret(ByteReader in) throws MalformedEncodingException {
    return Secret.of(in.bytes().array());
  }

  private static void write(ByteWriter out, Permission permission) {
    out.oneByte(permission.type().code()).bytes(permission.key()).bytes(permission.rangeEnd());
  }

  private static Permission readPermission(ByteReader in) throws MalformedEncodingException {
    return new Permission(in.constant(TYPES), in.bytes(), in.bytes());
  }

  /** Whether permissions count, and what goes with it. */
  record Settings(boolean enabled, long revision, @Nullable Secret tokenSecret) {}

  static byte[] encode(Settings settings) {
    Secret secret = settings.tokenSecret();
    ByteWriter out =
        new ByteWriter(48)
            .oneByte((settings.enabled() ? 1 : 0) | (secret == null ? 0 : 2))
            .number(settings.revision());
    if (secret != null) {
      write(out, secret);
    }
    return out.toByteArray();
  }

  static Settings decodeSettings(byte[] bytes) throws MalformedEncodingException {
    ByteReader in = new ByteReader(bytes);
    int flags = in.flags(3);
    Settings settings =
        new Settings((flags & 1) != 0, in.number(), (flags & 2) == 0 ? null : readSecret(in));
    in.end();
    return settings;
  }

  static byte[] encode(AuthUser user) {
    Secret hash = user.passwordHash();
    ByteWriter out = new ByteWriter(128).oneByte(hash == null ? 0 : 1);
    if (hash != null) {
      write(out, hash);
    }
    out.number(user.credentialsRevision()).number(user.roles().size());
    for (String role : user.roles()) {
      write(out, role);
    }
    return out.toByteArray();
  }

  static AuthUser decodeUser(String name, byte[] bytes) throws MalformedEncodingException {
    ByteReader in = new ByteReader(bytes);
    Secret hash = in.flags(1) == 0 ? null : readSecret(in);
    long credentialsRevision = in.number();
    int count = in.count();
    List<String> roles = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      roles.add(readName(in));
    }
    in.end();
    return new AuthUser(name, hash, roles, credentialsRevision);
  }

  static byte[] encode(AuthRole role) {
    ByteWriter out = new ByteWriter(128).number(role.permissions().size());
    for (Permission permission : role.permissions()) {
      write(out, permission);
    }
    return out.toByteArray();
  }

  static AuthRole decodeRole(String name, byte[] bytes) throws MalformedEncodingException {
    ByteReader in = new ByteReader(bytes);
    int count = in.count();
    List<Permission> permissions = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      permissions.add(readPermission(in));
    }
    in.end();
    return new AuthRole(name, permissions);
  }
}
