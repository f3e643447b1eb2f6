package dev.jangada.simulation.lab;

import dev.jangada.raft.StateMachine;
import java.io.ByteArrayInputStream;
import java.io.InputStream;

/** A snapshot that was written out when it was taken: what these machines hold is small. */
final class MemorySnapshot implements StateMachine.Snapshot {

  private final long index;
  private final byte[] bytes;

  /**
   * Creates a snapshot.
   *
   * @param bytes not modified any more
   */
  MemorySnapshot(long index, byte[] bytes) {
    this.index = index;
    this.bytes = bytes;
  }

  @Override
  public long index() {
    return index;
  }

  @Override
  public long size() {
    return bytes.length;
  }

  @Override
  public InputStream open() {
    return new ByteArrayInputStream(bytes);
  }

  @Override
  public void close() {
    // It is memory.
  }
}
