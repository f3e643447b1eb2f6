package dev.jangada.cli;

import dev.jangada.server.ConfigException;
import dev.jangada.server.ServerConfig;
import dev.jangada.server.tls.TlsFiles;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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

  @Option(
      names = "--auto-tls",
      arity = "0..1",
      paramLabel = "true|false",
      fallbackValue = "true",
      description = "Make a self-signed certificate for clients, in DATA_DIR/fixtures/client.")
  private boolean autoTls;

  @Option(
      names = "--peer-auto-tls",
      arity = "0..1",
      paramLabel = "true|false",
      fallbackValue = "true",
      description = {
        "Make one for other members, in DATA_DIR/fixtures/peer: connections are",
        "encrypted, but members do not verify each other."
      })
  private boolean peerAutoTls;

  @Option(
      names = "--self-signed-cert-validity",
      paramLabel = "YEARS",
      description = "How long these are valid (default: 1).")
  private @Nullable Integer selfSignedCertValidity;

  TlsFlags() {}

  /**
   * Adds what they say to the configuration.
   *
   * @throws ConfigException if they contradict each other
   */
  void addTo(ServerConfig.Builder builder) {
    builder.clientTls(files("", certFile, keyFile, trustedCaFile, clientCertAuth, autoTls));
    builder.clientAutoTls(autoTls);
    builder.peerTls(
        files(
            "peer-",
            peerCertFile,
            peerKeyFile,
            peerTrustedCaFile,
            peerClientCertAuth,
            peerAutoTls));
    builder.peerAutoTls(peerAutoTls);
    if (selfSignedCertValidity != null) {
      builder.selfSignedCertValidity(selfSignedCertValidity);
    }
  }

  /** What was given and does not count, with the reason, a line each. */
  List<String> notes() {
    List<String> notes = new ArrayList<>();
    if (autoTls && certFile != null) {
      notes.add("--auto-tls has no effect: --cert-file says which certificate to show");
    }
    if (peerAutoTls && peerCertFile != null) {
      notes.add("--peer-auto-tls has no effect: --peer-cert-file says which certificate to show");
    }
    return notes;
  }

  private static @Nullable TlsFiles files(
      String prefix,
      @Nullable Path certificate,
      @Nullable Path key,
      @Nullable Path roots,
      boolean required,
      boolean auto) {
    if (certificate == null && key == null && roots == null && !required) {
      return null;
    }
    if (certificate == null && key == null && auto) {
      throw new ConfigException(
          ("--%1$sauto-tls verifies nobody: --%1$sclient-cert-auth and --%1$strusted-ca-file need"
                  + " --%1$scert-file and --%1$skey-file")
              .formatted(prefix));
    }
    if (certificate == null || key == null) {
      throw new ConfigException(
          "--%1$scert-file and --%1$skey-file belong together: give both".formatted(prefix));
    }
    return new TlsFiles(certificate, key, roots, required);
  }
}
