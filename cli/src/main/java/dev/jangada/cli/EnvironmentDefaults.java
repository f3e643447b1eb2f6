package dev.jangada.cli;

import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * Takes settings that are not given as flags from the environment, under etcd's names: {@code
 * --data-dir} from {@code ETCD_DATA_DIR}.
 */
final class EnvironmentDefaults implements IDefaultValueProvider {

  static final String PREFIX = "ETCD_";

  /** What another process of this program says, and nobody else. */
  static final String PARENT = "--stop-with-parent";

  private final Map<String, String> environment;

  EnvironmentDefaults(Map<String, String> environment) {
    this.environment = Map.copyOf(environment);
  }

  /** Returns null, which leaves the option's own default, for what the environment lacks. */
  @Override
  public @Nullable String defaultValue(ArgSpec argument) {
    return argument instanceof OptionSpec option && !option.longestName().equals(PARENT)
        ? environment.get(variable(option.longestName()))
        : null;
  }

  /** Name of the variable for a flag. */
  static String variable(String flag) {
    return PREFIX + flag.substring(2).toUpperCase(Locale.ROOT).replace('-', '_');
  }
}
