package dev.jangada.server.http;

import io.netty.channel.Channel;
import io.netty.handler.ssl.SslContext;
import org.jspecify.annotations.Nullable;

/**
 * Says for each new connection how it is to be secured, so that certificates can change while the
 * server runs.
 */
@FunctionalInterface
public interface TlsSource {

  /** No connection is secured. */
  TlsSource NONE = connection -> null;

  /** What to secure a connection with that was just accepted; null for a plain one. */
  @Nullable SslContext contextFor(Channel connection);
}
