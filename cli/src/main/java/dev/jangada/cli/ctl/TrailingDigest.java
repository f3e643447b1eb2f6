package dev.jangada.cli.ctl;

import com.google.protobuf.ByteString;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** Checks bytes that come in pieces and end with the SHA-256 of all that is before it. */
final class TrailingDigest {

  private static final int DIGEST_BYTES = 32;

  private final MessageDigest digest = sha256();

  /** The last bytes so far, which may be the end. */
  private ByteString last = ByteString.EMPTY;

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java has SHA-256", e);
    }
  }

  void update(ByteString piece) {
    ByteString known = last.concat(piece);
    int body = Math.max(0, known.size() - DIGEST_BYTES);
    digest.update(known.substring(0, body).asReadOnlyByteBuffer());
    last = known.substring(body);
  }

  /** Whether all of it came as it was sent. To be asked once, at the end. */
  boolean matches() {
    return MessageDigest.isEqual(digest.digest(), last.toByteArray());
  }
}
