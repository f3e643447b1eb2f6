package dev.jangada.simulation;

import dev.jangada.node.request.StartResult;
import dev.jangada.raft.Entry;
import dev.jangada.raft.EntryType;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A command that a client, or a node by itself, sent once is applied at most once, at one index,
 * and never if the client was told that it has had no effect. Judged for commands that no other
 * client sent as well.
 */
final class AppliedAtMostOnce implements Property {

  /** A command as a key: to hash its bytes once is a good part of the work here. */
  private static final class Command {
    private final byte[] bytes;
    private final int hash;

    Command(byte[] bytes) {
      this.bytes = bytes;
      this.hash = Arrays.hashCode(bytes);
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Command command
          && hash == command.hash
          && Arrays.equals(bytes, command.bytes);
    }

    @Override
    public int hashCode() {
      return hash;
    }
  }

  /** What became of a command. */
  private static final class Fate {
    int asked;

    /** Where it was applied first; 0 if nowhere yet. */
    long index;

    byte @Nullable [] result;
  }

  private final Map<Command, Fate> fates = new LinkedHashMap<>();

  /** A client sends a command. */
  void sending(byte[] command) {
    fates.computeIfAbsent(new Command(command), unknown -> new Fate()).asked++;
  }

  @Override
  public void proposed(ObservedNode node, byte[] command, StartResult where) {
    sending(command);
  }

  @Override
  public void applied(ObservedNode node, Entry entry, byte[] result) {
    if (entry.type() != EntryType.COMMAND) {
      return;
    }
    Fate fate = fates.get(new Command(entry.data()));
    if (fate == null) {
      require(false, "n%d applies %s, which nobody sent", node.number(), entry);
    } else if (fate.index == 0) {
      fate.index = entry.index();
      fate.result = result;
    } else if (fate.index != entry.index() && fate.asked == 1) {
      require(
          false,
          "n%d applies %s, which was applied at %d already",
          node.number(),
          entry,
          fate.index);
    }
  }

  /** Whether only one client sent this command, so that the effect below is certainly its own. */
  boolean isUnambiguous(byte[] command) {
    Fate fate = fates.get(new Command(command));
    return fate != null && fate.asked == 1;
  }

  /** What the command's result was; null if it was not applied. */
  byte @Nullable [] resultOf(byte[] command) {
    Fate fate = fates.get(new Command(command));
    return fate == null ? null : fate.result;
  }

  /** Judges a command of which a client was told that it has had no effect. */
  void checkWithoutEffect(byte[] command, String why) {
    Fate fate = fates.get(new Command(command));
    require(
        fate == null || fate.index == 0 || fate.asked != 1,
        "a client was told that its command failed without effect (%s), and it was applied at %d",
        why,
        fate == null ? 0 : fate.index);
  }
}
