package dev.jangada.kv.backup;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.Locale;

/**
 * Reads what a {@link BackupWriter} wrote, and trusts nothing of it: every piece is checked before
 * its records are handed out, nothing larger than the input is allocated, and only the end says
 * that it was all there.
 *
 * <p>For one thread.
 */
public final class BackupReader {

  /** Takes what is in a backup. */
  @FunctionalInterface
  public interface Receiver {

    /** A record of the store's layout. They come in the order of their keys. */
    void record(byte[] key, byte[] value);
  }

  private final InputStream in;
  private final String name;
  private final MessageDigest hash = BackupFormat.newHash();
  private final long appliedIndex;
  private final long revision;

  /** Bytes read so far. */
  private long position;

  /**
   * Reads the beginning.
   *
   * @param name of the file, for messages
   * @throws DamagedBackupException if it is not that of a backup
   */
  public BackupReader(InputStream in, String name) throws IOException {
    this.in = in;
    this.name = name;
    ByteBuffer header = read(BackupFormat.HEADER_BYTES);
    if (header.getLong(0) != BackupFormat.MAGIC) {
      throw damaged(0, "this is no backup of a Jangada store");
    }
    checkChecksum(0, header, number());
    header.position(Long.BYTES);
    byte format = header.get();
    if (format != BackupFormat.FORMAT) {
      throw new IOException(
          "%s: this is a backup in format %d, and this version reads format %d: use the version that"
                  .formatted(name, format, BackupFormat.FORMAT)
              + " made it, or a newer one");
    }
    appliedIndex = header.getLong();
    revision = header.getLong();
  }

  /**
   * Reads all the rest.
   *
   * @throws DamagedBackupException if it is not what was written; records may have been handed out
   */
  public BackupInfo readTo(Receiver receiver) throws IOException {
    long records = 0;
    while (true) {
      long at = position;
      int bytes = number();
      if (bytes == 0) {
        end(at, records);
        return new BackupInfo(appliedIndex, revision, records, position);
      }
      if (bytes < 0) {
        throw damaged(at, "a piece of it has an impossible length");
      }
      int checksum = number();
      ByteBuffer piece = read(bytes);
      checkChecksum(at, piece, checksum);
      while (piece.hasRemaining()) {
        record(at, piece, receiver);
        records++;
      }
    }
  }

  private void record(long at, ByteBuffer piece, Receiver receiver) throws DamagedBackupException {
    int keyBytes = length(at, piece);
    int valueBytes = length(at, piece);
    if ((long) keyBytes + valueBytes > piece.remaining()) {
      throw damaged(at, "a record in a piece of it is longer than the piece");
    }
    byte[] key = new byte[keyBytes];
    byte[] value = new byte[valueBytes];
    piece.get(key).get(value);
    receiver.record(key, value);
  }

  private int length(long at, ByteBuffer piece) throws DamagedBackupException {
    int length = piece.remaining() < Integer.BYTES ? -1 : piece.getInt();
    if (length < 0) {
      throw damaged(at, "a record in a piece of it has an impossible length");
    }
    return length;
  }

  private void end(long at, long records) throws IOException {
    long written = read(Long.BYTES).getLong();
    ByteBuffer end = ByteBuffer.allocate(BackupFormat.END_BYTES).putInt(0).putLong(written).flip();
    checkChecksum(at, end, number());
    if (written != records) {
      throw damaged(
          at, String.format(Locale.ROOT, "it ends after %d of %d records", records, written));
    }
    long paddingAt = position;
    ByteBuffer padding = read(BackupFormat.paddingAfter(position));
    while (padding.hasRemaining()) {
      if (padding.get() != 0) {
        throw damaged(paddingAt, "there is something behind its end that does not belong there");
      }
    }
    byte[] expected = hash.digest();
    long hashAt = position;
    if (!ByteBuffer.wrap(expected).equals(read(BackupFormat.HASH_BYTES))) {
      throw damaged(hashAt, "its SHA-256 is not that of its contents");
    }
    if (in.read() >= 0) {
      throw damaged(position, "it goes on after its end");
    }
  }

  private void checkChecksum(long at, ByteBuffer bytes, int checksum)
      throws DamagedBackupException {
    if (BackupFormat.checksum(bytes) != checksum) {
      throw damaged(at, "what begins here does not have the checksum that it was written with");
    }
  }

  private int number() throws IOException {
    return read(Integer.BYTES).getInt();
  }

  private ByteBuffer read(int count) throws IOException {
    byte[] bytes = in.readNBytes(count);
    if (bytes.length < count) {
      throw damaged(position + bytes.length, "it ends here, in the middle");
    }
    hash.update(bytes);
    position += count;
    return ByteBuffer.wrap(bytes);
  }

  private DamagedBackupException damaged(long at, String what) {
    return new DamagedBackupException(name, at, what);
  }
}
