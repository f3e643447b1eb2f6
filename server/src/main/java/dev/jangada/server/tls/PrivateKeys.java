package dev.jangada.server.tls;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads private keys in PEM. Java reads PKCS #8 only; the older forms that tools around etcd write,
 * {@code RSA PRIVATE KEY} (PKCS #1) and {@code EC PRIVATE KEY} (SEC 1), are put into its frame:
 *
 * <pre>
 * SEQUENCE { INTEGER 0, SEQUENCE { OID algorithm, parameters }, OCTET STRING older form }
 * </pre>
 */
final class PrivateKeys {

  private static final Pattern PEM =
      Pattern.compile(
          "-----BEGIN ((?:RSA |EC |ENCRYPTED )?PRIVATE KEY)-----([^-]*)-----END \\1-----");

  private static final int SEQUENCE = 0x30;
  private static final int OCTET_STRING = 0x04;
  private static final int CURVE = 0xa0;
  private static final byte[] VERSION = {0x02, 0x01, 0x00};

  /** OID 1.2.840.113549.1.1.1 and no parameters. */
  private static final byte[] RSA = {
    0x06, 0x09, 0x2a, (byte) 0x86, 0x48, (byte) 0x86, (byte) 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0
  };

  /** OID 1.2.840.10045.2.1; its parameter is the curve. */
  private static final byte[] EC = {
    0x06, 0x07, 0x2a, (byte) 0x86, 0x48, (byte) 0xce, 0x3d, 0x02, 0x01
  };

  private PrivateKeys() {}

  static PrivateKey read(Path file) throws IOException {
    Matcher pem = PEM.matcher(Files.readString(file, StandardCharsets.US_ASCII));
    if (!pem.find()) {
      throw new IOException(file + " holds no private key in PEM");
    }
    byte[] der;
    try {
      der = Base64.getMimeDecoder().decode(pem.group(2));
    } catch (IllegalArgumentException e) {
      throw new IOException(file + " holds a private key that is damaged: " + e.getMessage(), e);
    }
    try {
      return switch (pem.group(1)) {
        case "PRIVATE KEY" -> parse(der);
        case "RSA PRIVATE KEY" -> parse(frame(RSA, der));
        case "EC PRIVATE KEY" -> parse(frame(concat(EC, curve(der)), der));
        default ->
            throw new IOException(
                file + " holds an encrypted key: decrypt it, and protect the file instead");
      };
    } catch (GeneralSecurityException | IndexOutOfBoundsException e) {
      throw new IOException(file + " holds a private key of no known kind", e);
    }
  }

  private static PrivateKey parse(byte[] pkcs8) throws GeneralSecurityException {
    GeneralSecurityException last = new GeneralSecurityException("no algorithm");
    for (String algorithm : List.of("RSA", "EC", "EdDSA")) {
      try {
        return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
      } catch (GeneralSecurityException e) {
        last = e;
      }
    }
    throw last;
  }

  private static byte[] frame(byte[] algorithm, byte[] key) {
    return der(SEQUENCE, concat(VERSION, der(SEQUENCE, algorithm), der(OCTET_STRING, key)));
  }

  /** The curve's OID out of SEQUENCE { INTEGER 1, OCTET STRING key, [0] { OID curve }, ... }. */
  private static byte[] curve(byte[] sec1) throws GeneralSecurityException {
    int at = 1 + lengthBytes(sec1, 1);
    while (at < sec1.length) {
      int length = length(sec1, at + 1);
      int content = at + 1 + lengthBytes(sec1, at + 1);
      if ((sec1[at] & 0xff) == CURVE) {
        return java.util.Arrays.copyOfRange(sec1, content, content + length);
      }
      at = content + length;
    }
    throw new GeneralSecurityException("the key does not name its curve");
  }

  private static int lengthBytes(byte[] der, int at) {
    return (der[at] & 0x80) == 0 ? 1 : 1 + (der[at] & 0x7f);
  }

  private static int length(byte[] der, int at) {
    if ((der[at] & 0x80) == 0) {
      return der[at];
    }
    int length = 0;
    for (int i = 1; i <= (der[at] & 0x7f); i++) {
      length = (length << 8) | (der[at + i] & 0xff);
    }
    return length;
  }

  private static byte[] der(int tag, byte[] content) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(tag);
    if (content.length < 0x80) {
      out.write(content.length);
    } else {
      int bytes = content.length < 0x100 ? 1 : content.length < 0x10000 ? 2 : 3;
      out.write(0x80 | bytes);
      for (int i = bytes - 1; i >= 0; i--) {
        out.write(content.length >> (8 * i));
      }
    }
    out.writeBytes(content);
    return out.toByteArray();
  }

  private static byte[] concat(byte[]... parts) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      out.writeBytes(part);
    }
    return out.toByteArray();
  }
}
