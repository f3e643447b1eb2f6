package dev.jangada.kv.command;

import dev.jangada.kv.bytes.ByteReader;
import dev.jangada.kv.bytes.ByteWriter;
import dev.jangada.kv.bytes.Bytes;
import dev.jangada.kv.bytes.MalformedEncodingException;
import java.security.MessageDigest;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Bytes that no log may show: neither whole nor in part does {@link #toString} tell them. */
public final class Secret {

  private final byte[] bytes;

  private Secret(byte[] bytes) {
    this.bytes = bytes;
  }

  /** A copy of the given bytes. */
  public static Secret of(byte[] bytes) {
    return new Secret(bytes.clone());
  }

  /** A copy of what is kept. */
  public byte[] reveal() {
    return bytes.clone();
  }

  /** Appends what is kept, as bytes. */
  public void writeTo(ByteWriter out) {
    out.bytes(Bytes.wrap(bytes));
  }

  /** Reads what {@link #writeTo} wrote. */
  public static Secret readFrom(ByteReader in) throws MalformedEncodingException {
    return new Secret(in.bytes().array());
  }

  /** In a time that does not tell where the first difference is. */
  @Override
  public boolean equals(@Nullable Object object) {
    return object instanceof Secret other && MessageDigest.isEqual(bytes, other.bytes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes);
  }

  @Override
  public String toString() {
    return "(secret)";
  }
}
