package dev.jangada.server.http;

import io.netty.buffer.ByteBuf;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Cuts a body into the JSON objects that it consists of, one after the other with nothing but white
 * space between, as its bytes come. What is inside an object is checked by whoever parses it; here
 * only strings and braces are told apart, and depth and size are bounded. For one thread.
 */
final class JsonObjects {

  /** Far more than the deepest transaction needs. */
  private static final int MAX_DEPTH = 400;

  private final int maxBytes;
  private final ByteArrayOutputStream object = new ByteArrayOutputStream();
  private int depth;
  private boolean inString;
  private boolean escaped;

  JsonObjects(int maxBytes) {
    this.maxBytes = maxBytes;
  }

  /**
   * Takes what has come.
   *
   * @return the objects that are complete with it
   */
  List<String> add(ByteBuf piece) throws MalformedJsonException, TooLargeException {
    List<String> complete = new ArrayList<>();
    while (piece.isReadable()) {
      byte next = piece.readByte();
      if (depth == 0) {
        begin(next);
      } else {
        inside(next);
        if (depth == 0) {
          complete.add(object.toString(StandardCharsets.UTF_8));
          object.reset();
        }
      }
    }
    return complete;
  }

  private void begin(byte next) throws MalformedJsonException {
    if (next == '{') {
      object.write(next);
      depth = 1;
    } else if (next != ' ' && next != '\n' && next != '\r' && next != '\t') {
      throw new MalformedJsonException(
          "invalid character %s looking for beginning of an object".formatted(describe(next)));
    }
  }

  private void inside(byte next) throws MalformedJsonException, TooLargeException {
    if (object.size() >= maxBytes) {
      throw new TooLargeException();
    }
    object.write(next);
    if (inString) {
      if (escaped) {
        escaped = false;
      } else if (next == '\\') {
        escaped = true;
      } else if (next == '"') {
        inString = false;
      }
      return;
    }
    switch (next) {
      case '"' -> inString = true;
      case '{', '[' -> {
        if (++depth > MAX_DEPTH) {
          throw new MalformedJsonException("nested deeper than " + MAX_DEPTH);
        }
      }
      case '}', ']' -> depth--;
      default -> {}
    }
  }

  private static String describe(byte next) {
    return next > ' ' && next < 0x7f ? "'" + (char) next + "'" : "0x%02x".formatted(next & 0xff);
  }

  /** Whether an object has begun and not ended. */
  boolean isIncomplete() {
    return depth > 0;
  }

  /** The bytes are not JSON objects. */
  static final class MalformedJsonException extends Exception {
    private static final long serialVersionUID = 1;

    MalformedJsonException(String message) {
      super(message);
    }
  }

  /** An object is larger than any request may be. */
  static final class TooLargeException extends Exception {
    private static final long serialVersionUID = 1;

    TooLargeException() {
      super("request body too large");
    }
  }
}
