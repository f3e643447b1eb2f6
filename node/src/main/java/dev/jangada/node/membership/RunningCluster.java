package dev.jangada.node.membership;

import dev.jangada.node.transport.ConnectionSecurity;
import dev.jangada.node.transport.Enquiry;
import dev.jangada.raft.Membership;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * What one of its members tells of a cluster: what a node has to know before it can join.
 *
 * @param clusterId its number
 * @param membership who belongs to it, as that member knows; it may be behind
 */
public record RunningCluster(long clusterId, Membership membership) {

  /**
   * Asks a node.
   *
   * @param security what secures the connections between the members
   * @param host where it listens for the other members
   * @param port where it listens for the other members
   * @return fails with an {@link IOException} if nobody answers there
   */
  public static CompletableFuture<RunningCluster> ask(
      ConnectionSecurity security, String host, int port, Duration timeout) {
    return Enquiry.ask(security, host, port, Question.encode(new Question.WhoBelongs()), timeout)
        .thenApply(bytes -> {
          try {
            return switch (Question.decodeReply(bytes)) {
              case Question.Members members ->
                  new RunningCluster(members.cluster(), members.membership());
              case Question.Failed failed -> throw failed.failure();
              case Question.PrivateReply other ->
                  throw new IOException("a reply to another question");
            };
          } catch (IOException e) {
            throw new CompletionException(e);
          }
        });
  }
}
