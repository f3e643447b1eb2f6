package dev.jangada.node.session;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;

/**
 * What a client submits to a cluster whose state machine is a {@link SessionStateMachine}.
 *
 * <p>Encoding:
 *
 * <pre>
 * command   = open / execute
 * open      = %x01
 * execute   = %x02 session sequence acknowledged *OCTET   ; the machine's own command
 * session, sequence, acknowledged = number                ; LEB128, not negative
 * </pre>
 */
public sealed interface SessionCommand {

  /** Bytes that {@link Execute} adds to a command at most. */
  int MAX_OVERHEAD_BYTES = 1 + 3 * 9;

  /** Asks for a session. Asking twice opens two, of which one will never be used: no harm. */
  record Open() implements SessionCommand {}

  /**
   * Has the machine below execute a command, unless it has already.
   *
   * @param session as {@link SessionResult.Opened} told
   * @param sequence number of the command within the session, from 1, never used for two commands;
   *     the same whenever this one is sent again
   * @param acknowledged the client has the results of all commands up to this number and will never
   *     ask for them again: at least 0, less than {@code sequence}, and by at most {@link
   *     SessionStateMachine#MAX_OUTSTANDING}
   * @param command for the machine below; not modified any more
   */
  record Execute(long session, long sequence, long acknowledged, byte[] command)
      implements SessionCommand {

    public Execute {
      if (session < 1
          || acknowledged < 0
          || sequence <= acknowledged
          || sequence - acknowledged > SessionStateMachine.MAX_OUTSTANDING) {
        throw new IllegalArgumentException(
            "command %d of session %d cannot be sent while only those up to %d are acknowledged"
                .formatted(sequence, session, acknowledged));
      }
    }

    @Override
    public boolean equals(Object object) {
      return object instanceof Execute other
          && session == other.session
          && sequence == other.sequence
          && acknowledged == other.acknowledged
          && Arrays.equals(command, other.command);
    }

    @Override
    public int hashCode() {
      return Long.hashCode(session) * 31 + Long.hashCode(sequence);
    }

    @Override
    public String toString() {
      return "command %d of session %d, %d bytes".formatted(sequence, session, command.length);
    }
  }

  /** The bytes to submit. */
  default byte[] encode() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    switch (this) {
      case Open() -> out.write(1);
      case Execute(long session, long sequence, long acknowledged, byte[] command) -> {
        out.write(2);
        Leb128.write(out, session);
        Leb128.write(out, sequence);
        Leb128.write(out, acknowledged);
        out.writeBytes(command);
      }
    }
    return out.toByteArray();
  }

  /**
   * Reads what {@link #encode} wrote.
   *
   * @throws IllegalArgumentException if these bytes are no command
   */
  static SessionCommand decode(byte[] bytes) {
    Leb128.Reader reader = new Leb128.Reader(bytes);
    int kind = reader.oneByte();
    SessionCommand command =
        switch (kind) {
          case 1 -> new Open();
          case 2 -> new Execute(reader.number(), reader.number(), reader.number(), reader.rest());
          default -> throw new IllegalArgumentException("no session command begins with " + kind);
        };
    reader.end();
    return command;
  }
}
