package dev.jangada.cli.config;

import java.util.Collection;
import org.jspecify.annotations.Nullable;

/** What somebody may have meant who mistyped it. */
final class NearestWord {

  private NearestWord() {}

  /**
   * The word that takes the fewest changes of letters to become the other, the first of several;
   * null if that is more than two, and more than a third of them.
   */
  static @Nullable String to(String typed, Collection<String> words) {
    int least = Math.max(2, typed.length() / 3);
    String nearest = null;
    for (String word : words.stream().sorted().toList()) {
      int distance = distance(typed, word);
      if (nearest == null ? distance <= least : distance < least) {
        least = distance;
        nearest = word;
      }
    }
    return nearest;
  }

  /**
   * Letters to add, remove or replace (Levenshtein), two neighbours that change places being two.
   */
  private static int distance(String a, String b) {
    int[] above = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      above[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int[] row = new int[b.length() + 1];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int replaced = above[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        row[j] = Math.min(replaced, 1 + Math.min(above[j], row[j - 1]));
      }
      above = row;
    }
    return above[b.length()];
  }
}
