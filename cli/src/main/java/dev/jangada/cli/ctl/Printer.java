package dev.jangada.cli.ctl;

import com.google.protobuf.ByteString;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** Writes text and raw bytes. What fails, such as a closed pipe, is an unchecked exception. */
final class Printer {

  private final OutputStream out;

  /** Writes to this stream, which gets all of it with {@link #flush}. */
  Printer(OutputStream out) {
    this.out = new BufferedOutputStream(out, 1 << 16);
  }

  Printer print(String text) {
    return print(ByteString.copyFromUtf8(text));
  }

  Printer print(ByteString bytes) {
    try {
      bytes.writeTo(out);
    } catch (IOException e) {
      throw unwritable(e);
    }
    return this;
  }

  Printer line(String text) {
    return print(text).print("\n");
  }

  Printer line(ByteString bytes) {
    return print(bytes).print("\n");
  }

  /** A line of the format "fields" with a plain value: a number, or true or false. */
  Printer field(String name, Object value) {
    return line("\"" + name + "\" : " + value);
  }

  /** A line of the format "fields" with a string. */
  Printer quoted(String name, ByteString value) {
    return field(name, Quoting.quote(value));
  }

  Printer quoted(String name, String value) {
    return quoted(name, ByteString.copyFrom(value, StandardCharsets.UTF_8));
  }

  void flush() {
    try {
      out.flush();
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  private static UncheckedIOException unwritable(IOException e) {
    return new UncheckedIOException("cannot write to standard output", e);
  }
}
