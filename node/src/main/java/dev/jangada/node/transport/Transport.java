package dev.jangada.node.transport;

import dev.jangada.raft.Membership;
import dev.jangada.raft.Message;
import java.io.IOException;
import java.util.function.Consumer;

/**
 * Carries messages to the other nodes of a cluster, as well as it can: a message may be lost,
 * delayed, or overtaken by another one, and Raft copes. Two things it must not do: block, because
 * one slow peer would then stop the node; and deliver a message twice, because a forwarded proposal
 * is not idempotent (see {@link Message.Forward}).
 *
 * <p>Messages from the peers go to the receiver given to the {@link Factory}.
 */
@FunctionalInterface
public interface Transport extends AutoCloseable {

  /**
   * Sends a message to the node {@link Message#to()} names, or drops it: when that node is unknown,
   * not reachable or too slow, and after {@link #close()}. Returns at once and never throws because
   * of the network. Called by one thread at a time, often many times in a row: an implementation
   * does well to collect what comes together.
   */
  void send(Message message);

  /**
   * Other members are in force than before: from now on messages go to these, at their addresses.
   * Called first when the node starts, by the same thread as {@link #send}. One that is connected
   * to its peers by other means need not care.
   */
  default void membershipChanged(Membership membership) {}

  /**
   * Ends all connections and releases all threads and addresses. Once it has returned, the receiver
   * is not called any more.
   */
  @Override
  default void close() {}

  /** Makes the transport of a node. */
  @FunctionalInterface
  interface Factory {

    /**
     * Starts a transport.
     *
     * @param config who talks, and to whom
     * @param receiver takes what the peers send to {@link TransportConfig#memberId()}. Called by
     *     threads of the transport, possibly several at once, and possibly before this method has
     *     returned; it does not block. Everything reachable from a message handed to it belongs to
     *     the receiver: arrays in particular are not used again
     * @throws IOException if the transport cannot start, because the address is in use, say; the
     *     message names the address
     */
    Transport open(TransportConfig config, Consumer<Message> receiver) throws IOException;
  }
}
