package dev.jangada.server.tls;

import dev.jangada.server.tls.TlsFiles.SelfSigned;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Secures connections with what is in files, and looks at the files again when a new connection
 * comes, at most once a second: so certificates are replaced by replacing the files. Connections
 * that are open go on as they are. While the files cannot be used, because they are being replaced
 * or do not fit together, what was read before is used.
 *
 * <p>TLS 1.2 and 1.3, nothing older. Safe for use by several threads.
 */
public final class ReloadingTls {

  private static final Logger LOG = LoggerFactory.getLogger(ReloadingTls.class);
  private static final long CHECK_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final String purpose;
  private final TlsFiles files;

  private Contexts contexts;
  private List<Stamp> seen;
  private long checkedNanos = System.nanoTime();

  private record Contexts(SslContext server, SslContext client) {}

  /** By which one sees that a file has changed. */
  private record Stamp(FileTime modified, long size, @Nullable Object key) {}

  private ReloadingTls(String purpose, TlsFiles files, List<Stamp> seen, Contexts contexts) {
    this.purpose = purpose;
    this.files = files;
    this.seen = seen;
    this.contexts = contexts;
  }

  /**
   * Reads the files, after making them if they are {@link TlsFiles#selfSigned self-signed} and
   * there are none that can be used.
   *
   * @param purpose for the log, for example {@code clients}
   * @throws IOException if they cannot be used; the message names the file and says why
   */
  public static ReloadingTls read(String purpose, TlsFiles files) throws IOException {
    SelfSigned selfSigned = files.selfSigned();
    if (selfSigned != null) {
      new SelfSignedCertificate(purpose, files, selfSigned).provide(Instant.now());
    }
    List<Stamp> stamps = stamps(files);
    return new ReloadingTls(purpose, files, stamps, load(files));
  }

  /** For the next connection that is accepted. */
  public SslContext forServer() {
    return current().server();
  }

  /** For the next connection that is opened, with the same certificate to show. */
  public SslContext forClient() {
    return current().client();
  }

  private synchronized Contexts current() {
    long now = System.nanoTime();
    if (now - checkedNanos >= CHECK_NANOS) {
      checkedNanos = now;
      reloadIfChanged();
    }
    return contexts;
  }

  private void reloadIfChanged() {
    try {
      List<Stamp> stamps = stamps(files);
      if (stamps.equals(seen)) {
        return;
      }
      seen = stamps;
      contexts = load(files);
      LOG.info("certificates reloaded: for={} certificate={}", purpose, files.certificate());
    } catch (IOException e) {
      LOG.warn(
          "certificates not reloaded, those read before stay in use: for={} reason=\"{}\"",
          purpose,
          e.getMessage());
    }
  }

  private static List<Stamp> stamps(TlsFiles files) throws IOException {
    List<Stamp> stamps = new ArrayList<>();
    stamps.add(stamp(files.certificate()));
    stamps.add(stamp(files.key()));
    if (files.trustedRoots() != null) {
      stamps.add(stamp(files.trustedRoots()));
    }
    return stamps;
  }

  private static Stamp stamp(Path file) throws IOException {
    try {
      var attributes =
          Files.readAttributes(file, java.nio.file.attribute.BasicFileAttributes.class);
      return new Stamp(attributes.lastModifiedTime(), attributes.size(), attributes.fileKey());
    } catch (IOException e) {
      throw new IOException("cannot read " + file + ": " + e, e);
    }
  }

  private static Contexts load(TlsFiles files) throws IOException {
    X509Certificate[] chain = PemFiles.certificates(files.certificate());
    PrivateKey key = PemFiles.privateKey(files.key());
    SslContextBuilder server;
    SslContextBuilder client;
    try {
      server = SslContextBuilder.forServer(key, chain);
      client = SslContextBuilder.forClient().keyManager(key, chain);
    } catch (IllegalArgumentException e) {
      throw new IOException(
          "%s is not the key of %s: %s".formatted(files.key(), files.certificate(), e.getMessage()),
          e);
    }
    checkTogether(files, key, chain[0].getPublicKey());
    if (files.trustedRoots() != null) {
      X509Certificate[] roots = PemFiles.certificates(files.trustedRoots());
      server.trustManager(roots);
      client.trustManager(roots);
    }
    if (files.selfSigned() != null) {
      // What is connected to has signed its certificate itself, too: nobody can vouch for it.
      client
          .trustManager(InsecureTrustManagerFactory.INSTANCE)
          .endpointIdentificationAlgorithm(null);
    }
    server.clientAuth(files.requireClientCertificate() ? ClientAuth.REQUIRE : ClientAuth.NONE);
    // HTTP/1 first: whoever offers both is no client of gRPC.
    server.applicationProtocolConfig(
        new ApplicationProtocolConfig(
            Protocol.ALPN,
            SelectorFailureBehavior.NO_ADVERTISE,
            SelectedListenerFailureBehavior.ACCEPT,
            ApplicationProtocolNames.HTTP_1_1,
            ApplicationProtocolNames.HTTP_2));
    return new Contexts(finish(server), finish(client));
  }

  /**
   * Whoever replaces the files does so one after the other; and a pair that does not belong
   * together can be told by no handshake but one that fails.
   */
  static void checkTogether(TlsFiles files, PrivateKey key, PublicKey certified)
      throws IOException {
    String trouble = null;
    if (!certified.getAlgorithm().equals(key.getAlgorithm())) {
      trouble =
          "one is of %s, the other of %s".formatted(key.getAlgorithm(), certified.getAlgorithm());
    } else {
      try {
        trouble = verifies(key, certified) ? null : "they are no pair";
      } catch (GeneralSecurityException e) {
        trouble = e.getMessage();
      }
    }
    if (trouble != null) {
      throw new IOException(
          "%s is not the key of %s: %s".formatted(files.key(), files.certificate(), trouble));
    }
  }

  /** Whether what one key signs is what the other one verifies. */
  private static boolean verifies(PrivateKey key, PublicKey certified)
      throws GeneralSecurityException {
    String algorithm =
        switch (key.getAlgorithm()) {
          case "RSA", "DSA" -> "SHA256with" + key.getAlgorithm();
          case "EC" -> "SHA256withECDSA";
          default -> key.getAlgorithm();
        };
    byte[] message = {1};
    Signature signing = Signature.getInstance(algorithm);
    signing.initSign(key);
    signing.update(message);
    byte[] signature = signing.sign();
    Signature verifying = Signature.getInstance(algorithm);
    verifying.initVerify(certified);
    verifying.update(message);
    return verifying.verify(signature);
  }

  private static SslContext finish(SslContextBuilder builder) throws IOException {
    return builder.sslProvider(SslProvider.JDK).protocols("TLSv1.3", "TLSv1.2").build();
  }
}
