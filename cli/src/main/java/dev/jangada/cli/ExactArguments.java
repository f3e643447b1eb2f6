package dev.jangada.cli;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Arguments as they were typed. Java reads them in the character set of the environment, and
 * outside of it puts question marks in diamonds: with {@code LC_ALL=C}, that is every letter beyond
 * ASCII, and a key would be another one. Linux still knows the bytes, which are taken for UTF-8.
 */
final class ExactArguments {

  private static final Path COMMAND_LINE = Path.of("/proc/self/cmdline");
  private static final char REPLACEMENT = '\ufffd';

  private ExactArguments() {}

  /**
   * The arguments of this process.
   *
   * @param args as Java has them
   * @throws IllegalArgumentException if one is not UTF-8
   */
  static String[] of(String[] args) {
    for (String argument : args) {
      if (argument.indexOf(REPLACEMENT) >= 0 && Files.isReadable(COMMAND_LINE)) {
        try {
          return decode(Files.readAllBytes(COMMAND_LINE), args);
        } catch (IOException e) {
          return args;
        }
      }
    }
    return args;
  }

  /** Takes the last of the words, each of which ends with a zero byte. */
  static String[] decode(byte[] commandLine, String[] args) {
    List<ByteBuffer> words = new ArrayList<>();
    int start = 0;
    for (int i = 0; i < commandLine.length; i++) {
      if (commandLine[i] == 0) {
        words.add(ByteBuffer.wrap(commandLine, start, i - start).slice());
        start = i + 1;
      }
    }
    if (words.size() < args.length) {
      // A launcher may have rewritten what it was given: then only Java knows.
      return args;
    }
    return words.subList(words.size() - args.length, words.size()).stream()
        .map(ExactArguments::text)
        .toArray(String[]::new);
  }

  private static String text(ByteBuffer bytes) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(bytes.duplicate()).toString();
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException(
          "argument \""
              + StandardCharsets.UTF_8.decode(bytes)
              + "\" is not UTF-8; a value of any bytes can be given on standard input",
          e);
    }
  }
}
