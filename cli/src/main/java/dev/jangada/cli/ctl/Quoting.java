package dev.jangada.cli.ctl;

import com.google.protobuf.ByteString;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Strings between quotes as the Go language writes them, which etcdctl prints and reads. */
final class Quoting {

  private Quoting() {}

  /** The bytes between double quotes; what is not printable text is escaped. */
  static String quote(ByteString bytes) {
    StringBuilder quoted = new StringBuilder("\"");
    for (int i = 0; i < bytes.size(); ) {
      int length = utf8Length(bytes, i);
      if (length == 0) {
        quoted.append(hex(bytes.byteAt(i)));
        i++;
      } else {
        appendEscaped(quoted, bytes.substring(i, i + length).toStringUtf8().codePointAt(0));
        i += length;
      }
    }
    return quoted.append('"').toString();
  }

  /** A byte as {@code \xNN}. */
  static String hex(byte value) {
    return String.format(Locale.ROOT, "\\x%02x", value);
  }

  private static void appendEscaped(StringBuilder quoted, int character) {
    switch (character) {
      case '"' -> quoted.append("\\\"");
      case '\\' -> quoted.append("\\\\");
      case 0x07 -> quoted.append("\\a");
      case '\b' -> quoted.append("\\b");
      case '\f' -> quoted.append("\\f");
      case '\n' -> quoted.append("\\n");
      case '\r' -> quoted.append("\\r");
      case '\t' -> quoted.append("\\t");
      case 0x0b -> quoted.append("\\v");
      default -> {
        if (isPrintable(character)) {
          quoted.appendCodePoint(character);
        } else if (character < ' ' || character == 0x7f) {
          quoted.append(hex((byte) character));
        } else if (character < 0x10000) {
          quoted.append(String.format(Locale.ROOT, "\\u%04x", character));
        } else {
          quoted.append(String.format(Locale.ROOT, "\\U%08x", character));
        }
      }
    }
  }

  private static boolean isPrintable(int character) {
    return switch (Character.getType(character)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.PRIVATE_USE,
          Character.UNASSIGNED,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          false;
      case Character.SPACE_SEPARATOR -> character == ' ';
      default -> true;
    };
  }

  /** Length of the character that begins there; 0 if none does. */
  private static int utf8Length(ByteString bytes, int from) {
    int first = bytes.byteAt(from) & 0xff;
    int length = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (length == 0 || from + length > bytes.size()) {
      return 0;
    }
    return bytes.substring(from, from + length).isValidUtf8() ? length : 0;
  }

  /** A string in quotes, and where it ended. */
  record Unquoted(ByteString value, int end) {}

  /**
   * Reads the string in double quotes or backquotes that begins there; null if none does, or if it
   * is malformed.
   */
  static @Nullable Unquoted unquote(String text, int from) {
    if (from >= text.length()) {
      return null;
    }
    if (text.charAt(from) == '`') {
      int end = text.indexOf('`', from + 1);
      return end < 0
          ? null
          : new Unquoted(ByteString.copyFromUtf8(text.substring(from + 1, end)), end + 1);
    }
    if (text.charAt(from) != '"') {
      return null;
    }
    ByteString.Output value = ByteString.newOutput();
    int at = from + 1;
    while (at < text.length() && text.charAt(at) != '"') {
      int end = text.charAt(at) == '\\' ? unescape(text, at + 1, value) : plain(text, at, value);
      if (end < 0) {
        return null;
      }
      at = end;
    }
    return at < text.length() ? new Unquoted(value.toByteString(), at + 1) : null;
  }

  private static int plain(String text, int at, ByteString.Output value) {
    int character = text.codePointAt(at);
    write(value, character);
    return at + Character.charCount(character);
  }

  private static void write(ByteString.Output value, int character) {
    byte[] bytes = Character.toString(character).getBytes(StandardCharsets.UTF_8);
    value.write(bytes, 0, bytes.length);
  }

  /** Writes what an escape stands for; returns where it ended, or -1 if there is no such one. */
  private static int unescape(String text, int at, ByteString.Output value) {
    if (at >= text.length()) {
      return -1;
    }
    char kind = text.charAt(at);
    int simple = "abfnrtv\\\"'".indexOf(kind);
    if (simple >= 0) {
      value.write("\u0007\b\f\n\r\t\u000b\\\"'".charAt(simple));
      return at + 1;
    }
    return switch (kind) {
      case 'x' -> number(text, at + 1, 2, 16, true, value);
      case 'u' -> number(text, at + 1, 4, 16, false, value);
      case 'U' -> number(text, at + 1, 8, 16, false, value);
      default -> number(text, at, 3, 8, true, value);
    };
  }

  private static int number(
      String text, int at, int digits, int radix, boolean isByte, ByteString.Output value) {
    if (at + digits > text.length()) {
      return -1;
    }
    long number = 0;
    for (int i = at; i < at + digits; i++) {
      int digit = Character.digit(text.charAt(i), radix);
      if (digit < 0) {
        return -1;
      }
      number = number * radix + digit;
    }
    if (isByte ? number > 0xff : !Character.isValidCodePoint((int) number)) {
      return -1;
    }
    if (isByte) {
      value.write((int) number);
    } else {
      write(value, (int) number);
    }
    return at + digits;
  }

  private static String text(ByteString bytes) {
    if (!bytes.isValidUtf8()) {
      throw new CtlException(CtlException.Kind.INPUT, quote(bytes) + " is not UTF-8");
    }
    return bytes.toStringUtf8();
  }

  /**
   * The words of a line, as a shell would see them: between spaces, or in quotes. In double quotes
   * escapes count, in single quotes they do not.
   */
  static List<String> words(String line) {
    List<String> words = new ArrayList<>();
    int at = 0;
    while (at < line.length()) {
      char first = line.charAt(at);
      if (Character.isWhitespace(first)) {
        at++;
        continue;
      }
      Unquoted quoted = first == '"' ? unquote(line, at) : null;
      int closing = first == '\'' ? line.indexOf('\'', at + 1) : -1;
      if (quoted != null) {
        words.add(text(quoted.value()));
        at = quoted.end();
      } else if (closing >= 0) {
        words.add(line.substring(at + 1, closing));
        at = closing + 1;
      } else {
        int end = at;
        while (end < line.length() && !Character.isWhitespace(line.charAt(end))) {
          end++;
        }
        words.add(line.substring(at, end));
        at = end;
      }
    }
    return words;
  }
}
