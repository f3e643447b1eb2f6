package dev.jangada.server.tls;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;

/** What stands in files in PEM. */
public final class PemFiles {

  private PemFiles() {}

  /**
   * Certificates, in the order of the file.
   *
   * @return at least one
   * @throws IOException if the file cannot be read, or there are none; the message names it
   */
  public static X509Certificate[] certificates(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      X509Certificate[] certificates =
          CertificateFactory.getInstance("X.509").generateCertificates(in).stream()
              .map(X509Certificate.class::cast)
              .toArray(X509Certificate[]::new);
      if (certificates.length == 0) {
        throw new IOException(file + " holds no certificate in PEM");
      }
      return certificates;
    } catch (GeneralSecurityException e) {
      throw new IOException(file + " holds no certificates in PEM: " + e.getMessage(), e);
    }
  }

  /**
   * A private key: in PKCS #8, or in one of the older forms {@code RSA PRIVATE KEY} and {@code EC
   * PRIVATE KEY}.
   *
   * @throws IOException if the file cannot be read, there is none, or it is encrypted; the message
   *     names the file
   */
  public static PrivateKey privateKey(Path file) throws IOException {
    return PrivateKeys.read(file);
  }
}
