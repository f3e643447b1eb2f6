package dev.jangada.cli.ctl;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Rows under headings, as etcdctl draws them.
 *
 * @param headings one for each column
 * @param rows each as long as the headings
 */
record Table(List<String> headings, List<List<String>> rows) {

  Table {
    headings = List.copyOf(headings);
    rows = List.copyOf(rows);
  }

  /** Without headings and frame: cells with commas between them. */
  void printPlain(Printer out) {
    rows.forEach(row -> out.line(String.join(", ", row)));
  }

  /** In a frame, headings centred and cells to the right. */
  void print(Printer out) {
    List<Integer> widths = new ArrayList<>();
    for (int column = 0; column < headings.size(); column++) {
      int at = column;
      widths.add(
          Math.max(
              headings.get(at).length(),
              rows.stream().mapToInt(row -> row.get(at).length()).max().orElse(0)));
    }
    String rule = rule(widths);
    out.line(rule).line(headingLine(widths)).line(rule);
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder("|");
      for (int column = 0; column < row.size(); column++) {
        String cell = row.get(column);
        line.append(' ')
            .append(" ".repeat(widths.get(column) - cell.length()))
            .append(cell)
            .append(" |");
      }
      out.line(line.toString());
    }
    out.line(rule);
  }

  private String headingLine(List<Integer> widths) {
    StringBuilder line = new StringBuilder("|");
    for (int column = 0; column < headings.size(); column++) {
      String heading = headings.get(column).toUpperCase(Locale.ROOT);
      int spare = widths.get(column) - heading.length();
      int left = spare / 2;
      line.append(' ')
          .append(" ".repeat(left))
          .append(heading)
          .append(" ".repeat(spare - left))
          .append(" |");
    }
    return line.toString();
  }

  private static String rule(List<Integer> widths) {
    StringBuilder rule = new StringBuilder("+");
    widths.forEach(width -> rule.append("-".repeat(width + 2)).append('+'));
    return rule.toString();
  }
}
