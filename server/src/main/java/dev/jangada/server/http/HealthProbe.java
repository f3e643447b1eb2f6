package dev.jangada.server.http;

import java.util.Set;
import java.util.concurrent.CompletableFuture;

/** Finds out how this member is, for {@code /health}, {@code /livez} and {@code /readyz}. */
public interface HealthProbe {

  /** One thing that may be wrong with a member, with the name that etcd gives it. */
  enum Check {
    /** No member has raised the alarm that members differ. */
    DATA_CORRUPTION("data_corruption"),
    /** This member can read its own store. */
    SERIALIZABLE_READ("serializable_read"),
    /** The cluster has a leader and a majority, and this member is as far as they are. */
    LINEARIZABLE_READ("linearizable_read"),
    /** This member is no learner. */
    NON_LEARNER("non_learner");

    private final String text;

    Check(String text) {
      this.text = text;
    }

    /** As it is called in paths and answers. */
    String text() {
      return text;
    }
  }

  /**
   * Begins to find out whether this member can serve, and returns at once.
   *
   * @param serializable whether it is enough that this member can answer from what it has, instead
   *     of the cluster having a leader and a majority
   * @param ignoredAlarms names of alarms that do not count, such as {@code NOSPACE}
   * @return the reason why it cannot, for people; empty if it can
   */
  CompletableFuture<String> check(boolean serializable, Set<String> ignoredAlarms);

  /**
   * Begins to find out one thing, and returns at once.
   *
   * @return what is wrong, for people; empty if nothing is
   */
  CompletableFuture<String> check(Check check);
}
