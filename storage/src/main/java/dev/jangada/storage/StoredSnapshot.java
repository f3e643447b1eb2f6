package dev.jangada.storage;

import dev.jangada.raft.EntryId;
import dev.jangada.raft.SnapshotMetadata;
import dev.jangada.raft.StateMachine;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;

/** A snapshot in a {@link SnapshotStore}. Any thread; its streams are for one thread each. */
public final class StoredSnapshot implements StateMachine.Snapshot {

  private final SnapshotFile file;
  private final AtomicBoolean closed = new AtomicBoolean();

  StoredSnapshot(SnapshotFile file) {
    file.hold();
    this.file = file;
  }

  /** The last entry that it covers. */
  public EntryId last() {
    return file.last();
  }

  /** The last entry that it covers, and the configuration in force after that. */
  public SnapshotMetadata metadata() {
    return file.metadata();
  }

  @Override
  public long index() {
    return file.last().index();
  }

  @Override
  public long size() {
    return file.size();
  }

  /**
   * {@inheritDoc} The stream throws {@link CorruptSnapshotException} in place of a part that is
   * damaged; to skip to some offset costs nothing. It may be closed after this, too.
   */
  @Override
  public InputStream open() {
    if (closed.get()) {
      throw new IllegalStateException("the snapshot is closed");
    }
    file.hold();
    return new Stream(file);
  }

  /** Lets go of it. Idempotent. */
  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      release(file);
    }
  }

  private static void release(SnapshotFile file) {
    try {
      file.close();
    } catch (IOException e) {
      throw new DiskFailureException("cannot close " + file.name(), e);
    }
  }

  private static final class Stream extends InputStream {

    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final SnapshotFile file;
    private ByteBuffer block = NOTHING;
    private long blockNumber = -1;
    private long position;
    private boolean closed;

    Stream(SnapshotFile file) {
      this.file = file;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      Objects.checkFromIndexSize(offset, length, target.length);
      if (closed) {
        throw new IOException("the stream is closed");
      }
      if (length == 0) {
        return 0;
      }
      if (position == file.size()) {
        return -1;
      }
      long number = position / SnapshotFormat.BLOCK_BYTES;
      if (number != blockNumber) {
        block = file.block(number);
        blockNumber = number;
      }
      int at = (int) (position % SnapshotFormat.BLOCK_BYTES);
      int count = Math.min(length, block.limit() - at);
      block.get(at, target, offset, count);
      position += count;
      return count;
    }

    @Override
    public long skip(long count) {
      long skipped = Math.max(0, Math.min(count, file.size() - position));
      position += skipped;
      return skipped;
    }

    @Override
    public int available() {
      return (int) Math.min(Integer.MAX_VALUE, file.size() - position);
    }

    @Override
    public void close() {
      if (!closed) {
        closed = true;
        release(file);
      }
    }
  }
}
