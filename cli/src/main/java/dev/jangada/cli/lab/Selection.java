package dev.jangada.cli.lab;

import dev.jangada.simulation.lab.LabScenario;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Finds the scenarios that a user names. */
final class Selection {

  private static final int MOST_SUGGESTIONS = 3;

  /** Nothing has this name. */
  static final class UnknownNameException extends Exception {
    private static final long serialVersionUID = 1;

    UnknownNameException(String message) {
      super(message);
    }
  }

  private Selection() {}

  /**
   * The scenarios that are meant, in the order of the catalogue, each once; all without a name.
   *
   * @param names parts ("2C"), scenarios ("Figure8") or both ("2C.Figure8"), in upper or lower case
   */
  static List<LabScenario> of(List<LabScenario> catalogue, List<String> names)
      throws UnknownNameException {
    if (names.isEmpty()) {
      return catalogue;
    }
    Set<LabScenario> chosen = new LinkedHashSet<>();
    for (String name : names) {
      List<LabScenario> meant =
          catalogue.stream().filter(scenario -> namesOf(scenario, name)).toList();
      if (meant.isEmpty()) {
        throw new UnknownNameException(refusal(catalogue, name));
      }
      chosen.addAll(meant);
    }
    return catalogue.stream().filter(chosen::contains).toList();
  }

  private static boolean namesOf(LabScenario scenario, String name) {
    return name.equalsIgnoreCase(scenario.part())
        || name.equalsIgnoreCase(scenario.name())
        || name.equalsIgnoreCase(scenario.fullName());
  }

  private static String refusal(List<LabScenario> catalogue, String name) {
    Set<String> known = new LinkedHashSet<>();
    catalogue.forEach(scenario -> known.add(scenario.part()));
    catalogue.forEach(scenario -> known.add(scenario.name()));
    catalogue.forEach(scenario -> known.add(scenario.fullName()));
    String wanted = name.toLowerCase(Locale.ROOT);
    record Candidate(String name, int distance) {}
    List<String> near = new ArrayList<>();
    known.stream()
        .map(each -> new Candidate(each, distance(wanted, each.toLowerCase(Locale.ROOT))))
        .filter(candidate -> candidate.distance() <= 1 + wanted.length() / 3)
        .sorted(Comparator.comparingInt(Candidate::distance))
        .limit(MOST_SUGGESTIONS)
        .forEach(candidate -> near.add(candidate.name()));
    return "there is no part or scenario \""
        + name
        + "\"; "
        + (near.isEmpty()
            ? "--list shows what there is"
            : "did you mean " + String.join(" or ", near) + "?");
  }

  /** Levenshtein's: how many letters to change, add or leave out. */
  static int distance(String one, String other) {
    int[] row = new int[other.length() + 1];
    for (int j = 0; j < row.length; j++) {
      row[j] = j;
    }
    for (int i = 1; i <= one.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j < row.length; j++) {
        int changed = diagonal + (one.charAt(i - 1) == other.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(changed, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[other.length()];
  }
}
