package dev.jangada.cli.ctl;

import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/**
 * Which keys a command is about: one, those up to another one, those with a prefix, or the rest.
 */
final class KeyArguments {

  @Parameters(
      hideParamSyntax = true,
      paramLabel = "KEY [RANGE_END]",
      description = "The key, or keys up to RANGE_END.")
  private @Nullable List<String> arguments;

  @Mixin private KeyFlags flags;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  KeyArguments() {}

  /**
   * Reads the arguments; more than two are let pass, as etcdctl does.
   *
   * @param command what it is called, for the message to whom gave none
   */
  KeyRange range(String command) {
    if (flags.prefix() && flags.fromKey()) {
      throw CtlException.arguments(
          "`--prefix` and `--from-key` cannot be set at the same time, choose one");
    }
    List<String> given = Action.orEmpty(arguments);
    if (given.isEmpty()) {
      throw CtlException.arguments(
          command + " command needs one argument as key and an optional argument as range_end");
    }
    String key = given.get(0);
    if (flags.prefix() || flags.fromKey()) {
      if (given.size() > 1) {
        throw CtlException.arguments(
            "too many arguments, only accept one argument when `--prefix` or `--from-key` is set");
      }
      return flags.prefix() ? KeyRange.prefix(key) : KeyRange.from(key);
    }
    return KeyRange.of(key, given.size() > 1 ? given.get(1) : "");
  }
}
