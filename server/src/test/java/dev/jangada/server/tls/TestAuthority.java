package dev.jangada.server.tls;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.concurrent.atomic.AtomicLong;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** Issues certificates for this host, and writes them where a server or a client finds them. */
public final class TestAuthority {

  private static final AtomicLong SERIAL = new AtomicLong(1);

  private static final GeneralName[] HERE = {
    new GeneralName(GeneralName.dNSName, "localhost"),
    new GeneralName(GeneralName.iPAddress, "127.0.0.1")
  };

  private final KeyPair keys = keyPair();
  private final X500Name name;
  private final X509Certificate certificate;

  /** A new authority. */
  public TestAuthority(String name) {
    this.name = new X500Name("CN=" + name);
    certificate = issue(this.name, keys, Duration.ofDays(1), true, HERE);
  }

  /** Its own certificate, which others trust. */
  public X509Certificate certificate() {
    return certificate;
  }

  /** Writes its certificate. */
  public Path writeRoot(Path file) throws IOException {
    return write(file, "CERTIFICATE", encoded(certificate));
  }

  /** Issues a certificate that is valid for so long from yesterday on, and writes it. */
  public TlsFiles issue(Path directory, String subject, Duration validity, boolean requireClients)
      throws IOException {
    return issue(directory, subject, validity, requireClients, HERE);
  }

  /** Issues a certificate for a host that is not this one. */
  public TlsFiles issueForElsewhere(Path directory, String subject) throws IOException {
    return issue(
        directory,
        subject,
        Duration.ofDays(5),
        true,
        new GeneralName(GeneralName.dNSName, "elsewhere.example"));
  }

  private TlsFiles issue(
      Path directory,
      String subject,
      Duration validity,
      boolean requireClients,
      GeneralName... hosts)
      throws IOException {
    KeyPair pair = keyPair();
    X509Certificate issued = issue(new X500Name("CN=" + subject), pair, validity, false, hosts);
    return new TlsFiles(
        write(directory.resolve(subject + ".crt"), "CERTIFICATE", encoded(issued)),
        write(directory.resolve(subject + ".key"), "PRIVATE KEY", pair.getPrivate().getEncoded()),
        writeRoot(directory.resolve(subject + "-ca.crt")),
        requireClients);
  }

  /** Writes bytes in PEM. */
  static Path write(Path file, String what, byte[] der) throws IOException {
    return Files.writeString(
        file,
        "-----BEGIN %1$s-----\n%2$s\n-----END %1$s-----\n"
            .formatted(what, Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der)));
  }

  private X509Certificate issue(
      X500Name subject, KeyPair pair, Duration validity, boolean root, GeneralName... hosts) {
    Instant from = Instant.now().minus(Duration.ofDays(1));
    try {
      var builder =
          new JcaX509v3CertificateBuilder(
              name,
              BigInteger.valueOf(SERIAL.getAndIncrement()),
              Date.from(from),
              Date.from(from.plus(root ? Duration.ofDays(10) : validity)),
              subject,
              pair.getPublic());
      builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(root));
      builder.addExtension(Extension.subjectAlternativeName, false, new GeneralNames(hosts));
      return new JcaX509CertificateConverter()
          .getCertificate(
              builder.build(
                  new JcaContentSignerBuilder("SHA256withECDSA").build(keys.getPrivate())));
    } catch (GeneralSecurityException | OperatorCreationException | IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static KeyPair keyPair() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"));
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static byte[] encoded(X509Certificate certificate) {
    try {
      return certificate.getEncoded();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }
}
