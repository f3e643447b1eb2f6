package dev.jangada.kv.store;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * A checkpoint of a {@link RocksDbStore}: a directory with hard links to its files, which never
 * change. The body ({@link CheckpointStream}) has the files, by name:
 *
 * <pre>
 * body := count:i32  file*
 * file := nameBytes:u8  name  size:i64  contents  checksum:u32
 * </pre>
 *
 * <p>The checksum is the CRC32C of the contents.
 */
final class RocksDbCheckpoint implements OrderedStore.Checkpoint {

  private static final int PIECE_BYTES = 64 << 10;
  private static final int MAX_NAME_BYTES = 255;

  private record FileOf(Path path, byte[] name, long size) {}

  private final Path directory;
  private final List<FileOf> files = new ArrayList<>();
  private final long size;
  private final AtomicBoolean closed = new AtomicBoolean();

  /** Takes over a directory; deletes it when closed. */
  RocksDbCheckpoint(Path directory) throws IOException {
    this.directory = directory;
    long bytes = CheckpointStream.OVERHEAD_BYTES + Integer.BYTES;
    for (Path path : RocksDbDirectory.files(directory)) {
      byte[] name = path.getFileName().toString().getBytes(StandardCharsets.US_ASCII);
      FileOf file = new FileOf(path, name, Files.size(path));
      files.add(file);
      bytes += 1 + name.length + Long.BYTES + file.size() + Integer.BYTES;
    }
    size = bytes;
  }

  @Override
  public long size() {
    return size;
  }

  @Override
  public InputStream open() {
    if (closed.get()) {
      throw new IllegalStateException("the snapshot is closed");
    }
    return new CheckpointStream(CheckpointStream.Engine.ROCKS_DB, new FilePieces(files));
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      RocksDbDirectory.deleteQuietly(directory);
    }
  }

  /** The body of a checkpoint. */
  private static final class FilePieces implements CheckpointStream.Pieces {

    private final Iterator<FileOf> files;
    private final CRC32C crc = new CRC32C();
    private byte @Nullable [] count;
    private @Nullable InputStream contents;
    private long left;

    FilePieces(List<FileOf> files) {
      this.files = files.iterator();
      count = ByteBuffer.allocate(Integer.BYTES).putInt(files.size()).array();
    }

    @Override
    public byte @Nullable [] next() throws IOException {
      byte[] first = count;
      if (first != null) {
        count = null;
        return first;
      }
      InputStream open = contents;
      if (open == null) {
        return files.hasNext() ? begin(files.next()) : null;
      }
      if (left == 0) {
        close();
        return ByteBuffer.allocate(Integer.BYTES).putInt((int) crc.getValue()).array();
      }
      byte[] piece = open.readNBytes((int) Math.min(left, PIECE_BYTES));
      if (piece.length == 0) {
        throw new IOException("a file of the snapshot has become shorter");
      }
      crc.update(piece);
      left -= piece.length;
      return piece;
    }

    private byte[] begin(FileOf file) throws IOException {
      contents = Files.newInputStream(file.path());
      left = file.size();
      crc.reset();
      return ByteBuffer.allocate(1 + file.name().length + Long.BYTES)
          .put((byte) file.name().length)
          .put(file.name())
          .putLong(file.size())
          .array();
    }

    @Override
    public void close() throws IOException {
      InputStream open = contents;
      contents = null;
      if (open != null) {
        open.close();
      }
    }
  }

  /** Puts the files of a checkpoint durably into a directory. */
  static void unpack(InputStream in, RocksDbDirectory directory) throws IOException {
    CheckpointStream.Reader reader =
        new CheckpointStream.Reader(in, CheckpointStream.Engine.ROCKS_DB);
    for (long files = reader.number(Integer.BYTES); files > 0; files--) {
      String name = name(reader.bytes(reader.number(1)));
      try (FileChannel file = directory.createRestored(name)) {
        CRC32C crc = new CRC32C();
        for (long left = reader.number(Long.BYTES); left > 0; ) {
          byte[] piece = reader.bytes(Math.min(left, PIECE_BYTES));
          crc.update(piece);
          left -= piece.length;
          for (ByteBuffer rest = ByteBuffer.wrap(piece); rest.hasRemaining(); ) {
            file.write(rest);
          }
        }
        if ((int) reader.number(Integer.BYTES) != (int) crc.getValue()) {
          throw new IOException("the snapshot is damaged: the checksum of " + name + " is wrong");
        }
        directory.syncRestored(file, name);
      }
    }
    reader.end();
    directory.syncRestoring();
  }

  /** A name that stays inside a directory. */
  private static String name(byte[] bytes) throws IOException {
    String name = new String(bytes, StandardCharsets.US_ASCII);
    if (!name.matches("[A-Za-z0-9_-][A-Za-z0-9._-]{0," + (MAX_NAME_BYTES - 1) + "}")) {
      throw new IOException("the snapshot is damaged: it has a file of an impossible name");
    }
    return name;
  }
}
