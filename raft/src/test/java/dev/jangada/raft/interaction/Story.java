package dev.jangada.raft.interaction;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * A story as it stands in a file: blocks of text separated by empty lines. A block with a line
 * {@code ----} is a stanza, with commands above that line and the trace that they give below it;
 * every other block is prose.
 */
record Story(List<Block> blocks) {

  private static final String RULE = "----";

  sealed interface Block permits Prose, Stanza {}

  /** Text for the reader. */
  record Prose(String text) implements Block {}

  /**
   * Commands and their trace.
   *
   * @param line where the commands begin in the file, counted from 1
   */
  record Stanza(int line, List<String> commands, String trace) implements Block {}

  static Story parse(String text) {
    List<Block> blocks = new ArrayList<>();
    List<String> block = new ArrayList<>();
    int number = 0;
    for (String line : (text + "\n\n").split("\n", -1)) {
      number++;
      if (!line.isBlank()) {
        block.add(line);
      } else if (!block.isEmpty()) {
        blocks.add(toBlock(number - block.size(), List.copyOf(block)));
        block.clear();
      }
    }
    return new Story(List.copyOf(blocks));
  }

  private static Block toBlock(int line, List<String> lines) {
    int rule = lines.indexOf(RULE);
    if (rule < 0) {
      return new Prose(String.join("\n", lines));
    }
    return new Stanza(
        line, lines.subList(0, rule), String.join("\n", lines.subList(rule + 1, lines.size())));
  }

  /** This story with other traces. */
  Story retold(Function<Stanza, String> traces) {
    List<Block> told = new ArrayList<>();
    for (Block block : blocks) {
      told.add(
          switch (block) {
            case Prose prose -> prose;
            case Stanza stanza ->
                new Stanza(stanza.line(), stanza.commands(), traces.apply(stanza));
          });
    }
    return new Story(List.copyOf(told));
  }

  /** The text of the file. */
  String text() {
    List<String> texts = new ArrayList<>();
    for (Block block : blocks) {
      texts.add(
          switch (block) {
            case Prose prose -> prose.text();
            case Stanza stanza ->
                String.join("\n", stanza.commands()) + "\n" + RULE + "\n" + stanza.trace();
          });
    }
    return String.join("\n\n", texts) + "\n";
  }
}
