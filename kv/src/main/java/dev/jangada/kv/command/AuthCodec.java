package dev.jangada.kv.command;

import dev.jangada.kv.bytes.ByteReader;
import dev.jangada.kv.bytes.ByteWriter;
import dev.jangada.kv.bytes.MalformedEncodingException;

/**
 * Commands that concern users and roles, as bytes.
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

  private AuthCodec() {}

  static void write(ByteWriter out, AuthCommand command) {
    switch (command) {
      case AuthCommand.Enable enable -> enable.tokenSecret().writeTo(out.oneByte(ENABLE));
      case AuthCommand.Disable disable -> out.oneByte(DISABLE);
      case AuthCommand.AddUser add -> {
        out.oneByte(ADD_USER).text(add.user());
        Secret hash = add.passwordHash();
        out.oneByte(hash == null ? 0 : 1);
        if (hash != null) {
          hash.writeTo(out);
        }
      }
      case AuthCommand.DeleteUser delete -> out.oneByte(DELETE_USER).text(delete.user());
      case AuthCommand.ChangePassword change ->
          change.passwordHash().writeTo(out.oneByte(CHANGE_PASSWORD).text(change.user()));
      case AuthCommand.GrantRole grant ->
          out.oneByte(GRANT_ROLE).text(grant.user()).text(grant.role());
      case AuthCommand.RevokeRole revoke ->
          out.oneByte(REVOKE_ROLE).text(revoke.user()).text(revoke.role());
      case AuthCommand.AddRole add -> out.oneByte(ADD_ROLE).text(add.role());
      case AuthCommand.DeleteRole delete -> out.oneByte(DELETE_ROLE).text(delete.role());
      case AuthCommand.GrantPermission grant ->
          grant.permission().writeTo(out.oneByte(GRANT_PERMISSION).text(grant.role()));
      case AuthCommand.RevokePermission revoke ->
          out.oneByte(REVOKE_PERMISSION)
              .text(revoke.role())
              .bytes(revoke.key())
              .bytes(revoke.rangeEnd());
    }
  }

  /** Reads the fields of a command, of whatever kind it is said to be. */
  static AuthCommand read(ByteReader in, int kind) throws MalformedEncodingException {
    return switch (kind) {
      case ENABLE -> new AuthCommand.Enable(Secret.readFrom(in));
      case DISABLE -> new AuthCommand.Disable();
      case ADD_USER -> {
        String user = in.text();
        yield new AuthCommand.AddUser(user, in.flags(1) == 0 ? null : Secret.readFrom(in));
      }
      case DELETE_USER -> new AuthCommand.DeleteUser(in.text());
      case CHANGE_PASSWORD -> new AuthCommand.ChangePassword(in.text(), Secret.readFrom(in));
      case GRANT_ROLE -> new AuthCommand.GrantRole(in.text(), in.text());
      case REVOKE_ROLE -> new AuthCommand.RevokeRole(in.text(), in.text());
      case ADD_ROLE -> new AuthCommand.AddRole(in.text());
      case DELETE_ROLE -> new AuthCommand.DeleteRole(in.text());
      case GRANT_PERMISSION -> new AuthCommand.GrantPermission(in.text(), Permission.readFrom(in));
      case REVOKE_PERMISSION -> new AuthCommand.RevokePermission(in.text(), in.bytes(), in.bytes());
      default -> throw new MalformedEncodingException("unknown kind of command " + kind);
    };
  }
}
