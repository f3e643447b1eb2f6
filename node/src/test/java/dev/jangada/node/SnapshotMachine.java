package dev.jangada.node;

import dev.jangada.raft.Entry;
import dev.jangada.raft.StateMachine;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** A {@link RecordingMachine} whose commands travel in snapshots. */
class SnapshotMachine extends RecordingMachine {
  private final AtomicInteger open = new AtomicInteger();
  private final AtomicInteger restored = new AtomicInteger();
  private final AtomicInteger applied = new AtomicInteger();

  @Override
  public List<byte[]> apply(List<Entry> entries) {
    applied.addAndGet(entries.size());
    return super.apply(entries);
  }

  @Override
  public boolean supportsSnapshots() {
    return true;
  }

  @Override
  public Snapshot snapshot() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    long index;
    synchronized (this) {
      index = lastIndex();
      try {
        DataOutputStream out = new DataOutputStream(bytes);
        out.writeInt(commands().size());
        for (String command : commands()) {
          out.writeUTF(command);
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    open.incrementAndGet();
    return new Picture(index, bytes.toByteArray(), open);
  }

  @Override
  public void restore(long index, InputStream in) throws IOException {
    List<String> commands = new ArrayList<>();
    DataInputStream data = new DataInputStream(in);
    int count = data.readInt();
    for (int i = 0; i < count; i++) {
      commands.add(data.readUTF());
    }
    if (in.read() >= 0) {
      throw new IOException("the snapshot goes on after its end");
    }
    restored.incrementAndGet();
    replace(index, commands);
  }

  /** Number of snapshots that nobody has closed. */
  int openSnapshots() {
    return open.get();
  }

  int restorations() {
    return restored.get();
  }

  /** Number of entries applied in this life. */
  int appliedEntries() {
    return applied.get();
  }

  private record Picture(long index, byte[] bytes, AtomicInteger holders)
      implements StateMachine.Snapshot {

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
      holders.decrementAndGet();
    }
  }
}
