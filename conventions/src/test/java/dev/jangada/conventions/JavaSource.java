package dev.jangada.conventions;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One source file.
 *
 * @param path relative to the project's root
 * @param text as it stands in the file
 */
record JavaSource(Path path, String text) {

  private static final Pattern NOT_CODE =
      Pattern.compile(
          "\"\"\"(?:\\\\.|[^\\\\])*?\"\"\"" // text block
              + "|\"(?:\\\\.|[^\\\\\"\\n])*\"" // string
              + "|'(?:\\\\.|[^\\\\'\\n])+'" // character
              + "|/\\*.*?\\*/" // comment
              + "|//[^\\n]*",
          Pattern.DOTALL);

  int lineCount() {
    return Math.toIntExact(text.lines().count());
  }

  /**
   * The text with comments and literals replaced by blanks, line by line: what a rule about code
   * should look at.
   */
  String code() {
    return NOT_CODE.matcher(text).replaceAll(match -> match.group().replaceAll("[^\\n]", " "));
  }

  /** Lines of {@link #code()} that contain a match, as {@code path:line: text}. */
  List<String> linesWith(Pattern pattern) {
    List<String> found = new ArrayList<>();
    String code = code();
    Matcher matcher = pattern.matcher(code);
    while (matcher.find()) {
      long line = code.substring(0, matcher.start()).lines().count();
      boolean atLineStart = matcher.start() == 0 || code.charAt(matcher.start() - 1) == '\n';
      found.add(
          String.format(
              Locale.ROOT, "%s:%d: %s", path, atLineStart ? line + 1 : line, matcher.group()));
    }
    return found;
  }
}
