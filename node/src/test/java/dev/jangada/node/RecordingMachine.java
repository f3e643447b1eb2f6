package dev.jangada.node;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.jangada.raft.Entry;
import dev.jangada.raft.EntryType;
import dev.jangada.raft.StateMachine;
import java.util.ArrayList;
import java.util.List;

/** Keeps every command, with its index, in memory; answers each with "index:command". */
class RecordingMachine implements StateMachine {
  private final List<String> commands = new ArrayList<>();
  private long lastIndex;
  private boolean closed;

  @Override
  public long appliedIndex() {
    return 0;
  }

  @Override
  public List<byte[]> apply(List<Entry> entries) {
    List<byte[]> results = new ArrayList<>();
    synchronized (this) {
      for (Entry entry : entries) {
        if (entry.index() != lastIndex + 1) {
          throw new IllegalStateException("entry " + entry + " after " + lastIndex);
        }
        lastIndex = entry.index();
        String command = new String(entry.data(), UTF_8);
        if (entry.type() == EntryType.COMMAND) {
          commands.add(command);
        }
        results.add((entry.index() + ":" + command).getBytes(UTF_8));
      }
      notifyAll();
    }
    return results;
  }

  synchronized long lastIndex() {
    return lastIndex;
  }

  /** Puts another state in place of this one. */
  synchronized void replace(long index, List<String> others) {
    lastIndex = index;
    commands.clear();
    commands.addAll(others);
    notifyAll();
  }

  synchronized List<String> commands() {
    return List.copyOf(commands);
  }

  /** Waits until so many commands have been applied; fails after a generous time. */
  synchronized List<String> awaitCommands(int count) {
    long deadline = System.nanoTime() + 60_000_000_000L;
    while (commands.size() < count) {
      long left = (deadline - System.nanoTime()) / 1_000_000;
      if (left <= 0) {
        throw new AssertionError("only " + commands.size() + " commands of " + count);
      }
      try {
        wait(left);
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
    return List.copyOf(commands);
  }

  @Override
  public synchronized void close() {
    closed = true;
  }

  synchronized boolean isClosed() {
    return closed;
  }
}
