package dev.jangada.server.http;

import java.util.Set;
import java.util.concurrent.CompletableFuture;

/** Finds out whether this member can serve, for {@code /health}. */
@FunctionalInterface
public interface HealthProbe {

  /**
   * Begins to find out, and returns at once.
   *
   * @param serializable whether it is enough that this member can answer from what it has, instead
   *     of the cluster having a leader and a majority
   * @param ignoredAlarms names of alarms that do not count, such as {@code NOSPACE}
   * @return the reason why it cannot, for people; empty if it can
   */
  CompletableFuture<String> check(boolean serializable, Set<String> ignoredAlarms);
}
