package dev.jangada.cli.ctl;

import java.util.List;
import picocli.CommandLine.Option;

/**
 * Which keys a command is about: one, those up to another one, those with a prefix, or the rest.
 */
final class KeyFlags {

  @Option(
      names = "--prefix",
      arity = "0..1",
      preprocessor = BooleanFlag.class,
      paramLabel = "BOOL",
      description = "All keys that begin with KEY.")
  private boolean prefix;

  @Option(
      names = "--from-key",
      arity = "0..1",
      preprocessor = BooleanFlag.class,
      paramLabel = "BOOL",
      description = "KEY and all keys after it.")
  private boolean fromKey;

  /**
   * Reads the arguments.
   *
   * @param arguments KEY [RANGE_END]; more are let pass, as etcdctl does
   */
  KeyRange range(String command, List<String> arguments) {
    if (prefix && fromKey) {
      throw CtlException.arguments(
          "`--prefix` and `--from-key` cannot be set at the same time, choose one");
    }
    if (arguments.isEmpty()) {
      throw CtlException.arguments(
          command + " command needs one argument as key and an optional argument as range_end");
    }
    String key = arguments.get(0);
    if (prefix || fromKey) {
      if (arguments.size() > 1) {
        throw CtlException.arguments(
            "too many arguments, only accept one argument when `--prefix` or `--from-key` is set");
      }
      return prefix ? KeyRange.prefix(key) : KeyRange.from(key);
    }
    return KeyRange.of(key, arguments.size() > 1 ? arguments.get(1) : "");
  }
}
