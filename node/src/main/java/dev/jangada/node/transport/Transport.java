package dev.jangada.node.transport;

import dev.jangada.raft.Member;
import dev.jangada.raft.Membership;
import dev.jangada.raft.Message;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
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
   * Who belongs to the cluster is another than before: from now on messages go to these, at their
   * addresses. Called first when the node starts, and then by the same thread as {@link #send}. One
   * that is connected to its peers by other means need not care.
   *
   * @param inForce the latest configuration in this node's log
   * @param committed the latest one that is known to be committed: what it says of who was removed,
   *     and of the logs of those who were not, is true for good
   */
  default void membershipChanged(Membership inForce, Membership committed) {}

  /**
   * Asks another node something that needs an answer. Not for messages of consensus.
   *
   * @param question for {@link Receiver#asked} of the other node, at most 64 KiB
   * @return its reply; fails with an {@link IOException} if there is none
   */
  default CompletableFuture<byte[]> ask(long member, byte[] question, Duration timeout) {
    return CompletableFuture.failedFuture(
        new IOException("this transport carries no questions to other nodes"));
  }

  /** Why the others will never take this node for a member. */
  enum Expulsion {
    /** It was removed from the cluster. */
    REMOVED,
    /** It goes by the id of a member with another log: that one's data were lost. */
    LOST_LOG
  }

  /**
   * Takes what comes from other nodes. Called by threads of the transport, possibly several at
   * once; must not block.
   */
  @FunctionalInterface
  interface Receiver extends Consumer<Message> {

    /** Takes a message. Everything reachable from it belongs to the receiver. */
    @Override
    void accept(Message message);

    /** Another node has told which log it has: see {@link Member#incarnation()}. */
    default void identified(long member, long logIncarnation) {}

    /**
     * Another node has refused this one for good.
     *
     * @param by who it was, for people
     */
    default void expelled(Expulsion why, String by) {}

    /**
     * Another node, perhaps one that is no member, asks something.
     *
     * @return the reply, at most 64 KiB; fails if there is none, and ends in any case
     */
    default CompletableFuture<byte[]> asked(byte[] question) {
      return CompletableFuture.failedFuture(new IOException("this node answers no questions"));
    }
  }

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
    Transport open(TransportConfig config, Receiver receiver) throws IOException;
  }
}
