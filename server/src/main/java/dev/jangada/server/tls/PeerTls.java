package dev.jangada.server.tls;

import dev.jangada.node.transport.ConnectionSecurity;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;

/**
 * TLS between members: each shows its certificate to whom it connects, and checks that the other's
 * names the host that it wanted; unless the members have signed their certificates themselves.
 */
public final class PeerTls implements ConnectionSecurity {

  private final ReloadingTls tls;

  /** Secures connections with these certificates. */
  public PeerTls(ReloadingTls tls) {
    this.tls = tls;
  }

  @Override
  public ChannelHandler accepting(Channel connection) {
    return tls.forServer().newHandler(connection.alloc());
  }

  @Override
  public ChannelHandler connecting(Channel connection, String host, int port) {
    return tls.forClient().newHandler(connection.alloc(), host, port);
  }
}
