package dev.jangada.simulation.lab;

import dev.jangada.raft.Entry;
import dev.jangada.raft.EntryType;
import dev.jangada.raft.StateMachine;
import java.util.Collections;
import java.util.List;

/**
 * Tells the tester what a server applies. Keeps nothing, so that a restarted server begins anew.
 */
final class RecordingMachine implements StateMachine {

  private static final byte[] NOTHING = {};

  private final AppliedCommands applied;
  private final int server;

  RecordingMachine(AppliedCommands applied, int server) {
    this.applied = applied;
    this.server = server;
  }

  @Override
  public long appliedIndex() {
    return 0;
  }

  @Override
  public List<byte[]> apply(List<Entry> entries) {
    for (Entry entry : entries) {
      if (entry.type() != EntryType.COMMAND) {
        throw new IllegalStateException("only commands were proposed, but there is " + entry);
      }
      applied.applied(server, entry.index(), entry.data());
    }
    return Collections.nCopies(entries.size(), NOTHING);
  }
}
