package dev.jangada.cli.ctl;

import com.google.protobuf.ByteString;
import java.io.ByteArrayOutputStream;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Where a command reads and writes. Bytes, not characters: values need not be text.
 *
 * @param in standard input
 * @param out standard output; whoever writes flushes
 * @param err standard error, for people
 */
record Console(InputStream in, OutputStream out, PrintStream err) {

  /** That of this process. */
  static Console ofProcess() {
    return new Console(
        new FileInputStream(FileDescriptor.in),
        new FileOutputStream(FileDescriptor.out),
        new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8));
  }

  /** All of standard input. */
  ByteString readAll() {
    try {
      return ByteString.readFrom(in);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read standard input", e);
    }
  }

  /**
   * The next line of standard input without its end; null if there is none with an end.
   *
   * @throws CtlException if it is not UTF-8
   */
  @Nullable String readLine() {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    try {
      for (int next = in.read(); next != '\n'; next = in.read()) {
        if (next < 0) {
          return null;
        }
        line.write(next);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read standard input", e);
    }
    ByteString bytes = ByteString.copyFrom(line.toByteArray());
    if (!bytes.isValidUtf8()) {
      throw new CtlException(
          CtlException.Kind.INPUT, "a line is not UTF-8: " + Quoting.quote(bytes));
    }
    return bytes.toStringUtf8();
  }

  /** A password of standard input: its first line, or all of it. */
  String readPassword() {
    String all = readAll().toStringUtf8();
    return all.lines().findFirst().orElse("");
  }

  /**
   * Asks the user for a password, which the terminal does not show. Without a terminal it is the
   * next line of standard input.
   */
  // Between 22 and 24 there always is one; without a terminal, it reads standard input, too.
  @SuppressWarnings("SystemConsoleNull")
  String askPassword(String prompt) {
    java.io.Console terminal = System.console();
    if (terminal != null) {
      char[] password = terminal.readPassword("%s", prompt);
      return password == null ? "" : new String(password);
    }
    err.print(prompt);
    err.flush();
    String line = readLine();
    err.println();
    return line == null ? "" : line;
  }
}
