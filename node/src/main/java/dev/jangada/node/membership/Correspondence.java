package dev.jangada.node.membership;

import dev.jangada.node.transport.Transport;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Function;

/**
 * What those who use the nodes of a cluster ask each other by way of them. What the bytes mean is
 * their affair. Any thread.
 */
public final class Correspondence {
  private final long cluster;
  private final Transport transport;

  private volatile Function<byte[], CompletableFuture<byte[]>> responder =
      question ->
          CompletableFuture.failedFuture(
              new IOException("nobody here answers such questions, or not yet"));

  /** Of a node of a cluster. */
  public Correspondence(long cluster, Transport transport) {
    this.cluster = cluster;
    this.transport = transport;
  }

  /** See {@link dev.jangada.node.RaftNode#answerWith}. */
  public void answerWith(Function<byte[], CompletableFuture<byte[]>> answering) {
    responder = answering;
  }

  /** See {@link dev.jangada.node.RaftNode#ask}. */
  public CompletableFuture<byte[]> ask(long member, byte[] question, Duration timeout) {
    return transport
        .ask(member, Question.encode(new Question.Private(cluster, question)), timeout)
        .thenApply(bytes -> {
          try {
            if (Question.decodeReply(bytes) instanceof Question.PrivateReply(byte[] reply)) {
              return reply;
            }
            throw new IOException("a reply to another question");
          } catch (IOException e) {
            throw new CompletionException(e);
          }
        });
  }

  /** Has those who use this node reply to those who use another one. */
  CompletableFuture<Question.Reply> answer(Question.Private question) {
    return question.cluster() == cluster
        ? responder.apply(question.bytes()).thenApply(Question.PrivateReply::new)
        : CompletableFuture.failedFuture(
            new IOException("a question of cluster " + Long.toHexString(question.cluster())));
  }
}
