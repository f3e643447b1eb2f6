package dev.jangada.kv;

import dev.jangada.kv.auth.AuthRole;
import dev.jangada.kv.auth.AuthUser;
import dev.jangada.kv.bytes.ByteReader;
import dev.jangada.kv.bytes.ByteWriter;
import dev.jangada.kv.bytes.MalformedEncodingException;
import dev.jangada.kv.command.Permission;
import dev.jangada.kv.command.Secret;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Records of the store about users and roles, as bytes.
 *
 * <pre>
 * settings   = flags (1 byte): 1 enabled, 2 has a secret; auth revision, secret
 * user       = flags: 1 has a password; hash, credentials revision, count of roles, their names
 * role       = count of permissions, permissions
 * permission = type (1 byte), key, rangeEnd
 * </pre>
 *
 * with numbers and bytes as in {@link ByteWriter}; names, which are UTF-8, hashes and secrets are
 * bytes.
 */
final class AuthRecords {

  private AuthRecords() {}

  /** Whether permissions count, and what goes with it. */
  record Settings(boolean enabled, long revision, @Nullable Secret tokenSecret) {}

  static byte[] encode(Settings settings) {
    Secret secret = settings.tokenSecret();
    ByteWriter out =
        new ByteWriter(48)
            .oneByte((settings.enabled() ? 1 : 0) | (secret == null ? 0 : 2))
            .number(settings.revision());
    if (secret != null) {
      secret.writeTo(out);
    }
    return out.toByteArray();
  }

  static Settings decodeSettings(byte[] bytes) throws MalformedEncodingException {
    ByteReader in = new ByteReader(bytes);
    int flags = in.flags(3);
    Settings settings =
        new Settings((flags & 1) != 0, in.number(), (flags & 2) == 0 ? null : Secret.readFrom(in));
    in.end();
    return settings;
  }

  static byte[] encode(AuthUser user) {
    Secret hash = user.passwordHash();
    ByteWriter out = new ByteWriter(128).oneByte(hash == null ? 0 : 1);
    if (hash != null) {
      hash.writeTo(out);
    }
    out.number(user.credentialsRevision()).number(user.roles().size());
    for (String role : user.roles()) {
      out.text(role);
    }
    return out.toByteArray();
  }

  static AuthUser decodeUser(String name, byte[] bytes) throws MalformedEncodingException {
    ByteReader in = new ByteReader(bytes);
    Secret hash = in.flags(1) == 0 ? null : Secret.readFrom(in);
    long credentialsRevision = in.number();
    int count = in.count();
    List<String> roles = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      roles.add(in.text());
    }
    in.end();
    return new AuthUser(name, hash, roles, credentialsRevision);
  }

  static byte[] encode(AuthRole role) {
    ByteWriter out = new ByteWriter(128).number(role.permissions().size());
    for (Permission permission : role.permissions()) {
      permission.writeTo(out);
    }
    return out.toByteArray();
  }

  static AuthRole decodeRole(String name, byte[] bytes) throws MalformedEncodingException {
    ByteReader in = new ByteReader(bytes);
    int count = in.count();
    List<Permission> permissions = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      permissions.add(Permission.readFrom(in));
    }
    in.end();
    return new AuthRole(name, permissions);
  }
}
