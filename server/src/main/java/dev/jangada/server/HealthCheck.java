package dev.jangada.server;

import dev.jangada.kv.command.Alarm;
import dev.jangada.node.RaftNode;
import dev.jangada.node.request.RaftException;
import dev.jangada.server.call.EtcdError;
import dev.jangada.server.http.HealthProbe;
import dev.jangada.server.upkeep.Alarms;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * Whether this member can serve, for those who ask over HTTP: it can if a majority confirms within
 * a moment that the leader it knows is one, as for a linearizable read, and no alarm is raised.
 */
final class HealthCheck implements HealthProbe {

  /** Probes of orchestrators wait a second or more; this is to be heard before. */
  private static final Duration PATIENCE = Duration.ofMillis(900);

  private final RaftNode node;
  private final Alarms alarms;

  HealthCheck(RaftNode node, Alarms alarms) {
    this.node = node;
    this.alarms = alarms;
  }

  @Override
  public CompletableFuture<String> check(boolean serializable, Set<String> ignoredAlarms) {
    if (node.whenStopped().isDone()) {
      return CompletableFuture.completedFuture("SERVER STOPPED");
    }
    for (Alarm alarm : alarms.raised()) {
      if (!ignoredAlarms.contains(alarm.type().name())) {
        return CompletableFuture.completedFuture("ALARM " + alarm.type());
      }
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
