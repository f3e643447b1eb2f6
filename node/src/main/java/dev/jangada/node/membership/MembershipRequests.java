package dev.jangada.node.membership;

import dev.jangada.node.request.Failures;
import dev.jangada.node.request.RaftException;
import dev.jangada.node.transport.Transport;
import dev.jangada.raft.Membership;
import dev.jangada.raft.MembershipChange;
import dev.jangada.raft.RaftStatus;
import java.io.IOException;
import java.net.ConnectException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Brings changes of the membership to whichever member leads: tries here, asks the leader if that
 * is another one, and goes on until one of them has taken the change or its time is up. A change is
 * sent once more only when it is certain to have had no effect.
 *
 * <p>Not by the way of commands, through the log of whoever leads: what the leader refuses, and
 * why, is the better half of the answer.
 *
 * <p>Safe for use by several threads.
 */
public final class MembershipRequests {
  private static final long RETRY_MILLIS = 50;

  private final long cluster;
  private final long self;
  private final Supplier<RaftStatus> status;
  private final Supplier<Membership> committed;
  private final Local local;
  private final Correspondence correspondence;
  private final Transport transport;

  /** Asks this node's driver. */
  @FunctionalInterface
  public interface Local {
    CompletableFuture<Membership> change(List<MembershipChange> changes, Duration timeout);
  }

  /**
   * Creates an intermediary.
   *
   * @param cluster the cluster's number
   * @param self this node's number in it
   * @param status this node's latest
   * @param committed who belongs to the cluster, as far as this node knows for certain
   * @param local asks this node's driver
   * @param correspondence answers what is not asked of this node, but of those who use it
   * @param transport asks the other members
   */
  public MembershipRequests(
      long cluster,
      long self,
      Supplier<RaftStatus> status,
      Supplier<Membership> committed,
      Local local,
      Correspondence correspondence,
      Transport transport) {
    this.cluster = cluster;
    this.self = self;
    this.status = status;
    this.committed = committed;
    this.local = local;
    this.correspondence = correspondence;
    this.transport = transport;
  }

  /** Has a change made by the leader. */
  public CompletableFuture<Membership> change(List<MembershipChange> changes, Duration timeout) {
    return change(changes, System.nanoTime() + timeout.toNanos());
  }

  private CompletableFuture<Membership> change(List<MembershipChange> changes, long deadline) {
    Duration left = Duration.ofNanos(Math.max(1_000_000, deadline - System.nanoTime()));
    long other = status.get().leader();
    CompletableFuture<Membership> attempt =
        other == 0 || other == self ? local.change(changes, left) : ask(other, changes, left);
    return attempt.exceptionallyCompose(failure -> {
      Throwable cause = cause(failure);
      if (cause instanceof RaftException refusal
          && refusal.reason() == RaftException.Reason.NOT_LEADER
          && System.nanoTime() - deadline < 0) {
        return later().thenCompose(again -> change(changes, deadline));
      }
      return CompletableFuture.failedFuture(cause);
    });
  }

  private static CompletableFuture<Void> later() {
    return CompletableFuture.runAsync(
        () -> {}, CompletableFuture.delayedExecutor(RETRY_MILLIS, TimeUnit.MILLISECONDS));
  }

  private CompletableFuture<Membership> ask(
      long member, List<MembershipChange> changes, Duration timeout) {
    Question question = new Question.Change(cluster, Math.max(1, timeout.toMillis()), changes);
    // The other one ends it in time; the reply may take a moment more.
    return transport
        .ask(member, Question.encode(question), timeout.plusMillis(500))
        .handle((bytes, failure) -> {
          if (bytes == null) {
            throw new CompletionException(
                cause(failure) instanceof ConnectException
                    ? Failures.notLeader(0)
                    : unknown(failure));
          }
          try {
            return switch (Question.decodeReply(bytes)) {
              case Question.Members members -> members.membership();
              case Question.Failed failed ->
                  throw new CompletionException(byOther(failed.failure()));
              case Question.PrivateReply other ->
                  throw new IOException("a reply to another question");
            };
          } catch (IOException e) {
            throw new CompletionException(unknown(e));
          }
        });
  }

  /** That the other node has stopped does not concern whoever can ask the next leader. */
  private static RaftException byOther(RaftException failure) {
    return failure.reason() == RaftException.Reason.STOPPED && !failure.outcomeUnknown()
        ? Failures.notLeader(0)
        : failure;
  }

  private static RaftException unknown(Throwable cause) {
    return new RaftException(
        RaftException.Reason.TIMEOUT,
        true,
        "the leader was asked to change the membership, and its reply is not known: "
            + cause(cause).getMessage());
  }

  /**
   * Answers another node's question.
   *
   * @return fails with an {@link IOException} if the bytes are no question to this cluster
   */
  public CompletableFuture<byte[]> asked(byte[] bytes) {
    try {
      return switch (Question.decode(bytes)) {
        // Only what is certain: whoever joins takes its id from it, and keeps that for good.
        case Question.WhoBelongs who ->
            CompletableFuture.completedFuture(
                Question.encode(new Question.Members(cluster, committed.get())));
        case Question.Change change -> changeFor(change).thenApply(Question::encode);
        case Question.Private question ->
            correspondence.answer(question).thenApply(Question::encode);
      };
    } catch (IOException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  /** Does what another node asks of this one as the leader. */
  private CompletableFuture<Question.Reply> changeFor(Question.Change change) {
    if (change.cluster() != cluster) {
      return CompletableFuture.failedFuture(
          new IOException("a change of cluster " + Long.toHexString(change.cluster())));
    }
    return local
        .change(change.changes(), Duration.ofMillis(change.millis()))
        .handle((membership, failure) -> {
          if (failure == null) {
            return new Question.Members(cluster, membership);
          }
          if (cause(failure) instanceof RaftException refusal) {
            return new Question.Failed(refusal);
          }
          throw new CompletionException(failure);
        });
  }

  /** What a future failed with, without the wrapping of those that depend on it. */
  public static Throwable cause(Throwable failure) {
    return failure instanceof CompletionException && failure.getCause() != null
        ? failure.getCause()
        : failure;
  }
}
