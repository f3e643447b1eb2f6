package dev.jangada.simulation.check;

import java.util.List;

/** What a history was found to be. */
public sealed interface Verdict<I, O> {

  /** Whether the history was shown to be linearizable. */
  default boolean isLinearizable() {
    return this instanceof Linearizable;
  }

  /** There is an order that explains every answer. */
  record Linearizable<I, O>() implements Verdict<I, O> {

    @Override
    public String toString() {
      return "Linearizable.";
    }
  }

  /**
   * No order explains every answer.
   *
   * @param partition the part of the object that went wrong
   * @param prefix the longest order found that explains everything that had returned before {@code
   *     misfit} did
   * @param state the model's state after the prefix, as text
   * @param misfit the operation that fits nowhere: it had to take effect before anything later, and
   *     in no reachable state is its answer right
   * @param pending what else could have taken effect at that point and does not help
   */
  record Violation<I, O>(
      String partition,
      List<Operation<I, O>> prefix,
      String state,
      Operation<I, O> misfit,
      List<Operation<I, O>> pending)
      implements Verdict<I, O> {

    private static final int SHOWN = 12;

    public Violation {
      prefix = List.copyOf(prefix);
      pending = List.copyOf(pending);
    }

    /** The counterexample, for people. */
    @Override
    public String toString() {
      StringBuilder text = new StringBuilder("Not linearizable");
      text.append(partition.isEmpty() ? "" : ": " + partition).append(".\n");
      int from = Math.max(0, prefix.size() - SHOWN);
      text.append("Longest order that explains the answers");
      text.append(from > 0 ? " (last " + SHOWN + " of " + prefix.size() + "):\n" : ":\n");
      for (Operation<I, O> operation : prefix.subList(from, prefix.size())) {
        text.append("    ").append(operation).append('\n');
      }
      text.append("State then: ").append(state).append('\n');
      text.append("Cannot be placed:\n    ").append(misfit).append('\n');
      if (!pending.isEmpty()) {
        text.append("Could have come before it, without help:\n");
        for (Operation<I, O> operation : pending.subList(0, Math.min(SHOWN, pending.size()))) {
          text.append("    ").append(operation).append('\n');
        }
        if (pending.size() > SHOWN) {
          text.append("    and ").append(pending.size() - SHOWN).append(" more\n");
        }
      }
      return text.toString();
    }
  }

  /**
   * The search was given up: nothing is known.
   *
   * @param partition the part of the object that was being judged
   * @param steps how many steps of the model were tried in all
   */
  record Unknown<I, O>(String partition, long steps) implements Verdict<I, O> {

    @Override
    public String toString() {
      return "Unknown: given up after " + steps + " steps at part \"" + partition + "\".";
    }
  }
}
