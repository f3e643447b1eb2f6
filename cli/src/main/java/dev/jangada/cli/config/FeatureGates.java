package dev.jangada.cli.config;

import dev.jangada.server.ConfigException;
import java.util.ArrayList;
import java.util.List;

/**
 * etcd 3.6's {@code --feature-gates}, by which it calls what was experimental.
 *
 * @param initialCorruptCheck whether a member compares its data with the others' before it serves
 * @param withoutEffect the names of all others that are opened
 */
public record FeatureGates(boolean initialCorruptCheck, List<String> withoutEffect) {

  private static final String INITIAL_CORRUPT_CHECK = "InitialCorruptCheck";

  /** None is open. */
  public static final FeatureGates NONE = new FeatureGates(false, List.of());

  public FeatureGates {
    withoutEffect = List.copyOf(withoutEffect);
  }

  /**
   * Reads a list such as {@code InitialCorruptCheck=true,LeaseCheckpoint=false}.
   *
   * @throws ConfigException if it is none
   */
  public static FeatureGates parse(String text) {
    boolean check = false;
    List<String> others = new ArrayList<>();
    for (String part : text.split(",", -1)) {
      if (part.isBlank()) {
        continue;
      }
      String gate = part.strip();
      int equals = gate.indexOf('=');
      String name = gate.substring(0, Math.max(0, equals));
      boolean open =
          switch (name.isEmpty() ? "" : gate.substring(equals + 1)) {
            case "true" -> true;
            case "false" -> false;
            default ->
                throw new ConfigException(
                    "--feature-gates: \"%s\" is not of the form Name=true or Name=false"
                        .formatted(gate));
          };
      if (name.equals(INITIAL_CORRUPT_CHECK)) {
        check = open;
      } else if (open) {
        others.add(name);
      }
    }
    return new FeatureGates(check, others);
  }

  /** What was opened and has no effect, a line each. */
  public List<String> notes() {
    return withoutEffect.stream()
        .map(name -> "--feature-gates %s=true has no effect: %s".formatted(name, why(name)))
        .toList();
  }

  private static String why(String name) {
    return name.equals("CompactHashCheck") ? "see --corrupt-check-time" : "there is no such gate";
  }
}
