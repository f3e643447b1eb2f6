package dev.jangada.kv.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.zip.CRC32C;

/**
 * Reads the file that tells RocksDB which files make up a store, before RocksDB does: with damage
 * in it the engine may try to open the store without end, or say no more than that it is corrupt.
 *
 * <p>{@code CURRENT} names the file, {@code MANIFEST-} and a number. It consists of blocks of 32
 * KiB, these of records:
 *
 * <pre>
 * record   = checksum length type payload   ; never across blocks
 * checksum = 4 OCTET   ; CRC-32C of type and payload, rotated and added to, as LevelDB masks it
 * length   = 2 OCTET   ; of the payload
 * type     = OCTET     ; 1 to 4: whole, or first, middle or last part
 * </pre>
 *
 * Numbers are little-endian. What a crash leaves at the end, a record that is cut off or nothing
 * but zeros, is no damage: it was never relied on.
 */
final class ManifestCheck {

  private static final int BLOCK_BYTES = 32 << 10;
  private static final int HEADER_BYTES = 7;
  private static final int MASK_DELTA = 0xa282ead8;
  private static final int TYPE_AT = 6;
  private static final int LAST_TYPE = 4;

  private ManifestCheck() {}

  /**
   * Checks the file of a store that is closed. A directory without a store is in order.
   *
   * @throws IOException if there is damage: the message names file and offset
   */
  static void check(Path store) throws IOException {
    Path current = store.resolve("CURRENT");
    String name;
    try {
      name = Files.readString(current, StandardCharsets.ISO_8859_1);
    } catch (NoSuchFileException none) {
      return;
    }
    if (!name.matches("MANIFEST-\\d+\n")) {
      throw new IOException(current + ": offset 0: it names no file of the form MANIFEST-NUMBER");
    }
    Path manifest = store.resolve(name.strip());
    if (!Files.isRegularFile(manifest)) {
      throw new IOException(current + ": offset 0: there is no file " + manifest);
    }
    checkRecords(manifest, ByteBuffer.wrap(Files.readAllBytes(manifest)));
  }

  private static void checkRecords(Path file, ByteBuffer bytes) throws IOException {
    bytes.order(ByteOrder.LITTLE_ENDIAN);
    int offset = 0;
    while (offset + HEADER_BYTES <= bytes.limit()) {
      int leftInBlock = BLOCK_BYTES - offset % BLOCK_BYTES;
      if (leftInBlock < HEADER_BYTES) {
        offset += leftInBlock;
        continue;
      }
      int length = Short.toUnsignedInt(bytes.getShort(offset + 4));
      int type = Byte.toUnsignedInt(bytes.get(offset + TYPE_AT));
      if (type == 0 && length == 0 && isZero(bytes, offset)) {
        return;
      }
      if (type == 0 || type > LAST_TYPE || HEADER_BYTES + length > leftInBlock) {
        throw new IOException(file + ": offset " + offset + ": there is no record here");
      }
      if (offset + HEADER_BYTES + length > bytes.limit()) {
        return;
      }
      CRC32C checksum = new CRC32C();
      checksum.update(bytes.slice(offset + TYPE_AT, 1 + length));
      int masked = Integer.rotateRight((int) checksum.getValue(), 15) + MASK_DELTA;
      if (masked != bytes.getInt(offset)) {
        throw new IOException(file + ": offset " + offset + ": the record is damaged");
      }
      offset += HEADER_BYTES + length;
    }
  }

  private static boolean isZero(ByteBuffer bytes, int from) {
    for (int i = from; i < bytes.limit(); i++) {
      if (bytes.get(i) != 0) {
        return false;
      }
    }
    return true;
  }
}
