package dev.jangada.cli.ctl;

import picocli.CommandLine.Option;

/** That a command is about more keys than the one that it names. */
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

  boolean prefix() {
    return prefix;
  }

  boolean fromKey() {
    return fromKey;
  }
}
