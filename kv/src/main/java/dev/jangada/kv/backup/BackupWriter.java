package dev.jangada.kv.backup;

import dev.jangada.kv.store.OrderedStore;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Makes a backup of what a cursor goes over, piece by piece as it is asked for:
 *
 * <pre>
 * backup  := header  piece*  end  padding  hash
 * header  := magic:u64  format:u8  appliedIndex:u64  revision:u64  checksum:u32
 * piece   := bytes:i32  checksum:u32  record*
 * record  := keyBytes:i32  valueBytes:i32  key  value
 * end     := 0:i32  records:u64  checksum:u32
 * padding := zeros up to a multiple of 512
 * hash    := SHA-256 of everything before it
 * </pre>
 *
 * <p>Numbers are big-endian. A checksum is the CRC32C of what stands before it in the header and in
 * the end, and of the records in a piece; it says where a backup is damaged. Padding and hash are
 * how etcd's tools tell whether one arrived whole.
 *
 * <p>For one thread.
 */
public final class BackupWriter {

  /** Pieces are about this long; one with a larger record is as long as that. */
  private static final int PIECE_BYTES = 64 << 10;

  private enum Stage {
    HEADER,
    PIECES,
    END,
    DONE
  }

  private final OrderedStore.Cursor cursor;
  private final long appliedIndex;
  private final long revision;
  private final MessageDigest hash = BackupFormat.newHash();
  private Stage stage = Stage.HEADER;
  private long records;
  private long position;

  /**
   * Begins a backup.
   *
   * @param cursor at the first of the keys to be kept; the caller closes it
   * @param appliedIndex see {@link BackupInfo}
   * @param revision see {@link BackupInfo}
   */
  public BackupWriter(OrderedStore.Cursor cursor, long appliedIndex, long revision) {
    this.cursor = cursor;
    this.appliedIndex = appliedIndex;
    this.revision = revision;
  }

  /** The bytes that come next; null at the end. */
  public byte @Nullable [] next() {
    byte[] bytes =
        switch (stage) {
          case HEADER -> header();
          case PIECES -> piece();
          case END -> end();
          case DONE -> null;
        };
    if (bytes != null) {
      hash.update(bytes);
      position += bytes.length;
    }
    return bytes;
  }

  private byte[] header() {
    stage = cursor.isValid() ? Stage.PIECES : Stage.END;
    ByteBuffer header =
        ByteBuffer.allocate(BackupFormat.HEADER_BYTES + BackupFormat.CHECKSUM_BYTES)
            .putLong(BackupFormat.MAGIC)
            .put(BackupFormat.FORMAT)
            .putLong(appliedIndex)
            .putLong(revision);
    return header.putInt(BackupFormat.checksum(header.duplicate().flip())).array();
  }

  private byte[] piece() {
    List<byte[]> parts = new ArrayList<>();
    int bytes = 0;
    while (bytes < PIECE_BYTES && cursor.isValid()) {
      byte[] key = cursor.key();
      byte[] value = cursor.value();
      parts.add(key);
      parts.add(value);
      bytes += 2 * Integer.BYTES + key.length + value.length;
      records++;
      cursor.next();
    }
    if (!cursor.isValid()) {
      stage = Stage.END;
    }
    ByteBuffer piece = ByteBuffer.allocate(BackupFormat.PIECE_HEADER_BYTES + bytes);
    piece.position(BackupFormat.PIECE_HEADER_BYTES);
    for (int i = 0; i < parts.size(); i += 2) {
      byte[] key = parts.get(i);
      byte[] value = parts.get(i + 1);
      piece.putInt(key.length).putInt(value.length).put(key).put(value);
    }
    int checksum =
        BackupFormat.checksum(piece.duplicate().flip().position(BackupFormat.PIECE_HEADER_BYTES));
    return piece.putInt(0, bytes).putInt(Integer.BYTES, checksum).array();
  }

  private byte[] end() {
    stage = Stage.DONE;
    int endBytes = BackupFormat.END_BYTES + BackupFormat.CHECKSUM_BYTES;
    int padding = BackupFormat.paddingAfter(position + endBytes);
    ByteBuffer end =
        ByteBuffer.allocate(endBytes + padding + BackupFormat.HASH_BYTES)
            .putInt(0)
            .putLong(records);
    end.putInt(BackupFormat.checksum(end.duplicate().flip()));
    hash.update(end.array(), 0, endBytes + padding);
    return end.put(endBytes + padding, hash.digest()).array();
  }
}
