package dev.jangada.server;

import dev.jangada.server.http.TlsSource;
import dev.jangada.server.tls.ReloadingTls;
import dev.jangada.server.tls.TlsFiles;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * How connections are secured that clients and monitoring open: at addresses that are https, all
 * with the same certificate, and with the same demand for one.
 */
final class ClientTls {

  private final @Nullable ReloadingTls tls;

  private ClientTls(@Nullable ReloadingTls tls) {
    this.tls = tls;
  }

  /**
   * Reads the certificates, if there are any.
   *
   * @throws IOException if they cannot be used
   */
  static ClientTls read(ServerConfig config) throws IOException {
    TlsFiles files = config.clientTls();
    return new ClientTls(files == null ? null : ReloadingTls.read("clients", files));
  }

  /** For the connections that come in at some URLs. */
  TlsSource at(List<URI> urls) {
    ReloadingTls present = tls;
    if (present == null) {
      return TlsSource.NONE;
    }
    Set<Integer> plainPorts =
        urls.stream()
            .filter(url -> !UrlSettings.isSecure(url))
            .map(URI::getPort)
            .collect(Collectors.toSet());
    return connection ->
        connection.localAddress() instanceof InetSocketAddress local
                && plainPorts.contains(local.getPort())
            ? null
            : present.forServer();
  }
}
