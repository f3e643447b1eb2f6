package dev.jangada.node.transport;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import org.jspecify.annotations.Nullable;

/**
 * What stands before the messages of each connection between nodes: nothing, or TLS. Asked for each
 * connection anew, on the transport's thread; must not block for long.
 */
public interface ConnectionSecurity {

  /** Connections in the clear. */
  ConnectionSecurity NONE =
      new ConnectionSecurity() {
        @Override
        public @Nullable ChannelHandler accepting(Channel connection) {
          return null;
        }

        @Override
        public @Nullable ChannelHandler connecting(Channel connection, String host, int port) {
          return null;
        }
      };

  /** The first handler of a connection that was accepted; null for none. */
  @Nullable ChannelHandler accepting(Channel connection);

  /** The first handler of a connection to a node that is at this place; null for none. */
  @Nullable ChannelHandler connecting(Channel connection, String host, int port);
}
