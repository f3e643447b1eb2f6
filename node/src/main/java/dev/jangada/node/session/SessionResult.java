package dev.jangada.node.session;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;

/**
 * What a {@link SessionStateMachine} answers.
 *
 * <p>Encoding:
 *
 * <pre>
 * result    = opened / executed / expired / forgotten / malformed
 * opened    = %x01 number          ; LEB128
 * executed  = %x02 *OCTET          ; the result of the machine below
 * expired   = %x03
 * forgotten = %x04
 * malformed = %x05
 * </pre>
 */
public sealed interface SessionResult {

  /** A session was opened. */
  record Opened(long session) implements SessionResult {}

  /**
   * The command was executed, now or earlier.
   *
   * @param result what the machine below answered then
   */
  record Executed(byte[] result) implements SessionResult {

    @Override
    public boolean equals(Object object) {
      return object instanceof Executed other && Arrays.equals(result, other.result);
    }

    @Override
    public int hashCode() {
      return Arrays.hashCode(result);
    }

    @Override
    public String toString() {
      return "executed, " + result.length + " bytes";
    }
  }

  /**
   * There is no such session, or no more: others were opened after it, and it was the one that had
   * been unused for longest. Nothing was executed now; whether an earlier copy of the command was
   * is unknown.
   */
  record Expired() implements SessionResult {}

  /**
   * The client had acknowledged the result of this command before: this is a late copy, and nobody
   * waits for its answer. Nothing was executed now.
   */
  record Forgotten() implements SessionResult {}

  /** The bytes were no {@link SessionCommand}. Nothing was executed. */
  record Malformed() implements SessionResult {}

  /** The bytes for this result. */
  default byte[] encode() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    switch (this) {
      case Opened(long session) -> {
        out.write(1);
        Leb128.write(out, session);
      }
      case Executed(byte[] result) -> {
        out.write(2);
        out.writeBytes(result);
      }
      case Expired() -> out.write(3);
      case Forgotten() -> out.write(4);
      case Malformed() -> out.write(5);
    }
    return out.toByteArray();
  }

  /**
   * Reads what {@link #encode} wrote.
   *
   * @throws IllegalArgumentException if these bytes are no result
   */
  static SessionResult decode(byte[] bytes) {
    Leb128.Reader reader = new Leb128.Reader(bytes);
    int kind = reader.oneByte();
    SessionResult result =
        switch (kind) {
          case 1 -> new Opened(reader.number());
          case 2 -> new Executed(reader.rest());
          case 3 -> new Expired();
          case 4 -> new Forgotten();
          case 5 -> new Malformed();
          default -> throw new IllegalArgumentException("no session result begins with " + kind);
        };
    reader.end();
    return result;
  }
}
