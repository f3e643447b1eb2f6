package dev.jangada.cli;

import dev.jangada.server.ConfigException;
import dev.jangada.server.tls.TlsFiles;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** etcd's flags for TLS. Files are in PEM, and read again when they change. */
final class TlsFlags {

  @Option(
      names = "--cert-file",
      paramLabel = "FILE",
      description = "Certificate to show to clients, for https:// client URLs.")
  private @Nullable Path certFile;

  @Option(names = "--key-file", paramLabel = "FILE", description = "Its private key.")
  private @Nullable Path keyFile;

  @Option(
      names = "--trusted-ca-file",
      paramLabel = "FILE",
      description = "Authorities whose certificates clients may have.")
  private @Nullable Path trustedCaFile;

  @Option(
      names = "--client-cert-auth",
      arity = "0..1",
      paramLabel = "true|false",
      fallbackValue = "true",
      description = "Refuse clients without such a certificate.")
  private boolean clientCertAuth;

  @Option(
      names = "--peer-cert-file",
      paramLabel = "FILE",
      description = "Certificate to show to other members, for https:// peer URLs.")
  private @Nullable Path peerCertFile;

  @Option(names = "--peer-key-file", paramLabel = "FILE", description = "Its private key.")
  private @Nullable Path peerKeyFile;

  @Option(
      names = "--peer-trusted-ca-file",
      paramLabel = "FILE",
      description = "Authorities whose certificates other members may have.")
  private @Nullable Path peerTrustedCaFile;

  @Option(
      names = "--peer-client-cert-auth",
      arity = "0..1",
      paramLabel = "true|false",
      fallbackValue = "true",
      description = "Refuse members without such a certificate.")
  private boolean peerClientCertAuth;

  TlsFlags() {}

  /** For the client URLs; null without flags. */
  @Nullable TlsFiles forClients() {
    return files("", certFile, keyFile, trustedCaFile, clientCertAuth);
  }

  /** For the peer URLs; null without flags. */
  @Nullable TlsFiles forPeers() {
    return files("peer-", peerCertFile, peerKeyFile, peerTrustedCaFile, peerClientCertAuth);
  }

  private static @Nullable TlsFiles files(
      String prefix,
      @Nullable Path certificate,
      @Nullable Path key,
      @Nullable Path roots,
      boolean required) {
    if (certificate == null && key == null && roots == null && !required) {
      return null;
    }
    if (certificate == null || key == null) {
      throw new ConfigException(
          "--%1$scert-file and --%1$skey-file belong together: give both".formatted(prefix));
    }
    return new TlsFiles(certificate, key, roots, required);
  }
}
