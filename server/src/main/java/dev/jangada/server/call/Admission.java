package dev.jangada.server.call;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** Says whether this member has room for what a command adds to its store. Any thread. */
public interface Admission {

  /**
   * Whether there is room.
   *
   * @param bytes as {@link dev.jangada.kv.command.SpaceCost} reckons; 0 is always admitted
   */
  boolean admits(long bytes);

  /**
   * Refuses what was not admitted.
   *
   * @param patience how long whoever is refused waits
   * @return fails with what a client is to be told
   */
  <V> CompletableFuture<V> refuse(Duration patience);
}
