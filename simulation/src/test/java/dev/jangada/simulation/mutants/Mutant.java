package dev.jangada.simulation.mutants;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A way to break the implementation.
 *
 * @param name for reports: what the broken code does
 * @param mustHold the rule that it breaks, and where that was seen if it was
 * @param edits the changes to the source
 * @param circumstances what it is run in
 */
record Mutant(String name, String mustHold, List<Edit> edits, Circumstances circumstances) {

  /**
   * A change to the source of one class.
   *
   * @param type name of the class, {@code dev.jangada.MODULE.…}
   * @param snippet what must occur exactly once in it; white space counts only as such, so that
   *     formatting the source does no harm
   * @param replacement what takes its place
   */
  record Edit(String type, String snippet, String replacement) {

    /**
     * Applies the change.
     *
     * @throws StaleMutantException if the snippet does not occur exactly once
     */
    String apply(String mutant, String source) {
      Matcher places = pattern().matcher(source);
      long count = places.results().count();
      if (count != 1) {
        throw new StaleMutantException(
            "The snippet of mutant '"
                + mutant
                + "' occurs "
                + count
                + " times in "
                + type
                + " and must occur once. The source has changed: give the mutant a snippet that"
                + " breaks the same rule in today's source.\n"
                + snippet);
      }
      return places.replaceFirst(Matcher.quoteReplacement(replacement));
    }

    private Pattern pattern() {
      return Pattern.compile(
          Arrays.stream(snippet.strip().split("\\s+"))
              .map(Pattern::quote)
              .collect(Collectors.joining("\\s+")));
    }
  }

  /** A mutant does not fit the source any more. */
  static final class StaleMutantException extends IllegalStateException {

    private static final long serialVersionUID = 1L;

    StaleMutantException(String message) {
      super(message);
    }
  }

  /** Begins a mutant that runs in random circumstances and changes nothing yet. */
  static Mutant named(String name, String mustHold) {
    return new Mutant(name, mustHold, List.of(), Circumstances.RANDOM);
  }

  /** Changes the source of a class. */
  Mutant replacing(String type, String snippet, String replacement) {
    List<Edit> more = new ArrayList<>(edits);
    more.add(new Edit(type, snippet, replacement));
    return new Mutant(name, mustHold, List.copyOf(more), circumstances);
  }

  /** Has it run elsewhere. */
  Mutant in(Circumstances other) {
    return new Mutant(name, mustHold, edits, other);
  }
}
