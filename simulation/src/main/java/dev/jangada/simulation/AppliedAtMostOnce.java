package dev.jangada.simulation;

import dev.jangada.node.request.StartResult;
import dev.jangada.raft.Entry;
import dev.jangada.raft.EntryType;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A command that a client, or a node by itself, sent once is applied at most once, at one index,
 * and never if the client was told that it has had no effect. Judged for commands that no other
 * client sent as well.
 */
final class AppliedAtMostOnce implements Property {

  private record Effect(long index, byte[] result) {}

  private final Map<ByteBuffer, Integer> asked = new LinkedHashMap<>();
  private final Map<ByteBuffer, Effect> effects = new LinkedHashMap<>();

  /** A client sends a command. */
  void sending(byte[] command) {
    asked.merge(ByteBuffer.wrap(command), 1, Integer::sum);
  }

  @Override
  public void proposed(ObservedNode node, byte[] command, StartResult where) {
    sending(command);
  }

  @Override
  public void applied(ObservedNode node, Entry entry, byte[] result) {
    ByteBuffer command = ByteBuffer.wrap(entry.data());
    if (entry.type() != EntryType.COMMAND) {
      return;
    }
    Integer times = asked.get(command);
    if (times == null) {
      require(false, "n%d applies %s, which nobody sent", node.number(), entry);
      return;
    }
    Effect first = effects.putIfAbsent(command, new Effect(entry.index(), result));
    if (first != null && first.index() != entry.index() && times == 1) {
      require(
          false,
          "n%d applies %s, which was applied at %d already",
          node.number(),
          entry,
          first.index());
    }
  }

  /** Whether only one client sent this command, so that the effect below is certainly its own. */
  boolean isUnambiguous(byte[] command) {
    return asked.getOrDefault(ByteBuffer.wrap(command), 0) == 1;
  }

  /** What the command's result was; null if it was not applied. */
  byte @Nullable [] resultOf(byte[] command) {
    Effect effect = effects.get(ByteBuffer.wrap(command));
    return effect == null ? null : effect.result();
  }

  /** Judges a command of which a client was told that it has had no effect. */
  void checkWithoutEffect(byte[] command, String why) {
    Effect effect = effects.get(ByteBuffer.wrap(command));
    require(
        effect == null || !isUnambiguous(command),
        "a client was told that its command failed without effect (%s), and it was applied at %d",
        why,
        effect == null ? 0 : effect.index());
  }
}
