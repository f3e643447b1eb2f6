package dev.jangada.server.tls;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where certificates are, all in PEM.
 *
 * @param certificate this member's certificate, and after it those between it and its root
 * @param key the certificate's private key, not encrypted
 * @param trustedRoots the authorities whose certificates others may have; null for those that the
 *     Java runtime trusts
 * @param requireClientCertificate whether who connects has to have a certificate, too
 * @param selfSigned how the member makes certificate and key for itself where they are not, or are
 *     of no use any more; null if somebody else provides them
 */
public record TlsFiles(
    Path certificate,
    Path key,
    @Nullable Path trustedRoots,
    boolean requireClientCertificate,
    @Nullable SelfSigned selfSigned) {

  /**
   * What is in a certificate that a member makes for itself.
   *
   * @param hosts names and addresses by which the member is reached
   * @param validity for how long it is made, from then on
   */
  public record SelfSigned(List<String> hosts, Duration validity) {

    public SelfSigned {
      hosts = List.copyOf(hosts);
    }
  }

  /** Files that somebody else provides. */
  public TlsFiles(
      Path certificate, Path key, @Nullable Path trustedRoots, boolean requireClientCertificate) {
    this(certificate, key, trustedRoots, requireClientCertificate, null);
  }

  /**
   * Files that the member makes for itself. No authority vouches for such a certificate, nor for
   * those that other members have made in the same way: who connects with it verifies nobody, and
   * who is connected to asks for no certificate.
   *
   * @param directory where they are kept, as {@code cert.pem} and {@code key.pem}
   */
  public static TlsFiles selfSigned(Path directory, SelfSigned how) {
    return new TlsFiles(
        directory.resolve("cert.pem"), directory.resolve("key.pem"), null, false, how);
  }
}
