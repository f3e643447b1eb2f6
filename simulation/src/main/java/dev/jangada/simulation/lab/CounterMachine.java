package dev.jangada.simulation.lab;

import dev.jangada.raft.Entry;
import dev.jangada.raft.EntryType;
import dev.jangada.raft.StateMachine;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;

/**
 * A number in memory that goes up and down; each command is answered with what it is then. A
 * snapshot is the index of the last entry and the number, eight bytes each, big-endian.
 */
final class CounterMachine implements StateMachine {

  /** Commands, one byte each: one more, one less, the same. */
  static final byte[] INCREMENT = {'+'};

  static final byte[] DECREMENT = {'-'};
  static final byte[] NOTHING = {'0'};

  private static final byte[] NO_ANSWER = {};

  private final LongConsumer told;
  private long count;
  private long applied;

  /**
   * A machine that is at 0.
   *
   * @param told of each new value, on the thread that applies
   */
  CounterMachine(LongConsumer told) {
    this.told = told;
  }

  /** What a command was answered. */
  static long decode(byte[] answer) {
    return ByteBuffer.wrap(answer).getLong();
  }

  @Override
  public long appliedIndex() {
    return applied;
  }

  @Override
  public List<byte[]> apply(List<Entry> entries) {
    List<byte[]> answers = new ArrayList<>(entries.size());
    for (Entry entry : entries) {
      answers.add(entry.type() == EntryType.COMMAND ? execute(entry.data()) : NO_ANSWER);
      applied = entry.index();
    }
    told.accept(count);
    return answers;
  }

  private byte[] execute(byte[] command) {
    count +=
        switch (command[0]) {
          case '+' -> 1;
          case '-' -> -1;
          case '0' -> 0;
          default -> throw new IllegalStateException("no command begins with " + command[0]);
        };
    return ByteBuffer.allocate(Long.BYTES).putLong(count).array();
  }

  @Override
  public boolean supportsSnapshots() {
    return true;
  }

  @Override
  public Snapshot snapshot() {
    return new MemorySnapshot(
        applied, ByteBuffer.allocate(2 * Long.BYTES).putLong(applied).putLong(count).array());
  }

  @Override
  public void restore(long index, InputStream in) throws IOException {
    DataInputStream data = new DataInputStream(in);
    long own = data.readLong();
    if (own != index) {
      throw new IOException("a snapshot announced for index " + index + " is one of " + own);
    }
    applied = own;
    count = data.readLong();
    told.accept(count);
  }
}
