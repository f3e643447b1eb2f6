package dev.jangada.server;

import dev.jangada.node.RaftException;
import dev.jangada.node.RaftNode;
import dev.jangada.server.call.EtcdError;
import dev.jangada.server.http.HealthProbe;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * Whether this member can serve, for those who ask over HTTP: it can if a majority confirms within
 * a moment that the leader it knows is one, as for a linearizable read.
 */
final class HealthCheck implements HealthProbe {

  /** Probes of orchestrators wait a second or more; this is to be heard before. */
  private static final Duration PATIENCE = Duration.ofMillis(900);

  private final RaftNode node;

  HealthCheck(RaftNode node) {
    this.node = node;
  }

  @Override
  public CompletableFuture<String> check(boolean serializable, Set<String> ignoredAlarms) {
    if (node.whenStopped().isDone()) {
      return CompletableFuture.completedFuture("SERVER STOPPED");
    }
    if (serializable) {
      return CompletableFuture.completedFuture("");
    }
    if (node.status().leader() == 0) {
      return CompletableFuture.completedFuture("RAFT NO LEADER");
    }
    return node.readIndex(PATIENCE)
        .handle((index, failure) -> failure == null ? "" : reason(failure));
  }

  private static String reason(Throwable failure) {
    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
    return cause instanceof RaftException refused
        ? "LINEARIZABLE READ FAILED: " + EtcdError.of(refused.reason()).text()
        : "LINEARIZABLE READ FAILED";
  }
}
