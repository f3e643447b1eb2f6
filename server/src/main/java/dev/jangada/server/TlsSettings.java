package dev.jangada.server;

import dev.jangada.server.tls.TlsFiles;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What URLs ask for and what certificates there are, checked against each other. */
final class TlsSettings {

  private static final String FIXTURES = "fixtures";

  private TlsSettings() {}

  /**
   * A certificate for clients that the member makes for itself, or one for other members.
   *
   * @param directory where the member keeps all it has
   * @param whom {@code client} or {@code peer}
   * @param urls by which it is reached, or at which it listens
   */
  static TlsFiles selfSigned(Path directory, String whom, Collection<URI> urls, Duration validity) {
    Set<String> hosts = new LinkedHashSet<>();
    for (URI url : urls) {
      if (UrlSettings.isWildcard(url)) {
        // Whoever is on this host comes in there, too.
        hosts.addAll(List.of("localhost", "127.0.0.1"));
      } else {
        hosts.add(ClientListener.host(url));
      }
    }
    return TlsFiles.selfSigned(
        directory.resolve(FIXTURES).resolve(whom),
        new TlsFiles.SelfSigned(List.copyOf(hosts), validity));
  }

  /**
   * Where a URL for clients, or for metrics, says https there must be a certificate; and where
   * there is one, a URL that says so.
   *
   * @throws ConfigException if that is not so
   */
  static void checkClients(
      @Nullable TlsFiles files, List<URI> listenClientUrls, List<URI> listenMetricsUrls) {
    checkFiles("", files);
    boolean secure = checkServed("--listen-client-urls", files, listenClientUrls);
    secure |= checkServed("--listen-metrics-urls", files, listenMetricsUrls);
    if (!secure && files != null) {
      throw new ConfigException(
          "%s is given, and --listen-client-urls %s has no https:// to use it for"
              .formatted(flag("", files), UrlSettings.join(listenClientUrls)));
    }
  }

  /** Whether any of the URLs says https. */
  private static boolean checkServed(String flag, @Nullable TlsFiles files, List<URI> urls) {
    boolean secure = urls.stream().anyMatch(UrlSettings::isSecure);
    if (secure && files == null) {
      throw new ConfigException(
          ("%s %s wants TLS: say with --cert-file and --key-file by which"
                  + " certificate, or have one made with --auto-tls")
              .formatted(flag, UrlSettings.join(urls)));
    }
    for (URI url : urls) {
      for (URI other : urls) {
        if (url.getPort() == other.getPort()
            && UrlSettings.isSecure(url) != UrlSettings.isSecure(other)) {
          throw new ConfigException(
              "%s %s: one port is either http or https".formatted(flag, UrlSettings.join(urls)));
        }
      }
    }
    return secure;
  }

  /**
   * All URLs of members say https, or none does.
   *
   * @throws ConfigException if that is not so
   */
  static void checkPeers(@Nullable TlsFiles files, Collection<URI> members, URI listenPeerUrl) {
    checkFiles("peer-", files);
    List<URI> peers = new ArrayList<>(members);
    peers.add(listenPeerUrl);
    for (URI peer : peers) {
      if (UrlSettings.isSecure(peer) && files == null) {
        throw new ConfigException(
            ("peer URL %s wants TLS: say with --peer-cert-file and --peer-key-file by which"
                    + " certificate, or have one made with --peer-auto-tls")
                .formatted(peer));
      }
      if (!UrlSettings.isSecure(peer) && files != null) {
        throw new ConfigException(
            "%s is given, and peer URL %s is in the clear: write https:// for all peers"
                .formatted(flag("peer-", files), peer));
      }
    }
  }

  private static String flag(String prefix, TlsFiles files) {
    return "--" + prefix + (files.selfSigned() == null ? "cert-file" : "auto-tls");
  }

  private static void checkFiles(String prefix, @Nullable TlsFiles files) {
    if (files != null && files.requireClientCertificate() && files.trustedRoots() == null) {
      throw new ConfigException(
          "--%1$sclient-cert-auth needs --%1$strusted-ca-file: whose certificates are to be accepted?"
              .formatted(prefix));
    }
  }
}
