package dev.jangada.server.tls;

import dev.jangada.server.tls.TlsFiles.SelfSigned;
import io.netty.util.NetUtil;
import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Collection;
import java.util.Date;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.CertIOException;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A certificate that a member signs itself, and its key, in files: made where there are none, used
 * again at the next start, and made anew when it has expired, cannot be read, or does not name a
 * host that it should. It is for signing handshakes only: nobody who gets hold of the key can issue
 * other certificates with it.
 */
final class SelfSignedCertificate {

  private static final Logger LOG = LoggerFactory.getLogger(SelfSignedCertificate.class);

  private static final X500Name SUBJECT = new X500Name("CN=jangada,O=self-signed");

  /** So that it is valid at once for those whose clocks are behind. */
  private static final Duration CLOCK_TOLERANCE = Duration.ofMinutes(5);

  private static final int SERIAL_BITS = 127;

  /** Kinds of names in {@link X509Certificate#getSubjectAlternativeNames}. */
  private static final Set<Integer> NAMES_AND_ADDRESSES =
      Set.of(GeneralName.dNSName, GeneralName.iPAddress);

  private final String purpose;
  private final TlsFiles files;
  private final SelfSigned wanted;

  /**
   * Describes a certificate.
   *
   * @param purpose for the log
   * @param files where it is
   * @param wanted what it is to be like
   */
  SelfSignedCertificate(String purpose, TlsFiles files, SelfSigned wanted) {
    this.purpose = purpose;
    this.files = files;
    this.wanted = wanted;
  }

  /**
   * Sees to it that the files are there and of use.
   *
   * @throws IOException if they cannot be written
   */
  void provide(Instant now) throws IOException {
    if (Files.exists(files.certificate()) || Files.exists(files.key())) {
      String objection = objection(now);
      if (objection == null) {
        LOG.info("self-signed certificate: for={} file={}", purpose, files.certificate());
        return;
      }
      LOG.warn(
          "self-signed certificate made anew: for={} file={} reason=\"{}\"",
          purpose,
          files.certificate(),
          objection);
    }
    X509Certificate made = make(now);
    LOG.info(
        "self-signed certificate made: for={} file={} hosts={} until={}",
        purpose,
        files.certificate(),
        String.join(",", wanted.hosts()),
        made.getNotAfter().toInstant());
  }

  /** Why the files cannot be used again; null if they can. */
  private @Nullable String objection(Instant now) {
    try {
      X509Certificate certificate = PemFiles.certificates(files.certificate())[0];
      ReloadingTls.checkTogether(
          files, PemFiles.privateKey(files.key()), certificate.getPublicKey());
      Instant end = certificate.getNotAfter().toInstant();
      if (!now.isBefore(end)) {
        return "it has expired: " + end;
      }
      Set<String> named = hosts(certificate);
      for (String host : wanted.hosts()) {
        if (!named.contains(normalized(host))) {
          return "it does not name " + host;
        }
      }
      return null;
    } catch (IOException | GeneralSecurityException e) {
      return "it cannot be used: " + e.getMessage();
    }
  }

  private static Set<String> hosts(X509Certificate certificate) throws GeneralSecurityException {
    Set<String> hosts = new HashSet<>();
    Collection<List<?>> names = certificate.getSubjectAlternativeNames();
    if (names != null) {
      for (List<?> name : names) {
        if (name.get(0) instanceof Integer kind
            && NAMES_AND_ADDRESSES.contains(kind)
            && name.get(1) instanceof String host) {
          hosts.add(normalized(host));
        }
      }
    }
    return hosts;
  }

  /** An address in one of the forms that it may have; a name as it is. */
  private static String normalized(String host) {
    InetAddress address = NetUtil.createInetAddressFromIpAddressString(host);
    return address == null ? host : address.getHostAddress();
  }

  private X509Certificate make(Instant now) throws IOException {
    KeyPair pair;
    X509Certificate certificate;
    byte[] encoded;
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"));
      pair = generator.generateKeyPair();
      certificate = sign(pair, now);
      encoded = certificate.getEncoded();
    } catch (GeneralSecurityException | OperatorCreationException e) {
      throw new IOException("no self-signed certificate can be made: " + e.getMessage(), e);
    }
    Path directory = files.certificate().toAbsolutePath().getParent();
    Files.createDirectories(
        directory,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    // A crash between the two leaves a pair that does not fit together, and is made anew.
    write(files.key(), "PRIVATE KEY", pair.getPrivate().getEncoded(), "rw-------");
    write(files.certificate(), "CERTIFICATE", encoded, "rw-r--r--");
    return certificate;
  }

  private X509Certificate sign(KeyPair pair, Instant now)
      throws GeneralSecurityException, OperatorCreationException, CertIOException {
    GeneralName[] names =
        wanted.hosts().stream()
            .map(host ->
                new GeneralName(
                    NetUtil.createInetAddressFromIpAddressString(host) == null
                        ? GeneralName.dNSName
                        : GeneralName.iPAddress,
                    host))
            .toArray(GeneralName[]::new);
    KeyPurposeId[] purposes = {KeyPurposeId.id_kp_serverAuth, KeyPurposeId.id_kp_clientAuth};
    var builder =
        new JcaX509v3CertificateBuilder(
                SUBJECT,
                new BigInteger(SERIAL_BITS, new SecureRandom()).add(BigInteger.ONE),
                Date.from(now.minus(CLOCK_TOLERANCE)),
                Date.from(now.plus(wanted.validity())),
                SUBJECT,
                pair.getPublic())
            .addExtension(Extension.basicConstraints, true, new BasicConstraints(false))
            .addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature))
            .addExtension(Extension.extendedKeyUsage, false, new ExtendedKeyUsage(purposes))
            .addExtension(Extension.subjectAlternativeName, false, new GeneralNames(names));
    return new JcaX509CertificateConverter()
        .getCertificate(
            builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(pair.getPrivate())));
  }

  /** Replaces a file at once, and lets nobody look who must not. */
  private static void write(Path file, String what, byte[] der, String permissions)
      throws IOException {
    String text =
        "-----BEGIN %1$s-----\n%2$s\n-----END %1$s-----\n"
            .formatted(what, Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der));
    Path unfinished = file.resolveSibling(file.getFileName() + ".tmp");
    Files.deleteIfExists(unfinished);
    Files.createFile(
        unfinished,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions)));
    Files.writeString(unfinished, text, StandardCharsets.US_ASCII);
    Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
  }
}
