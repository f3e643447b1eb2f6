package dev.jangada.kv;

import dev.jangada.kv.bytes.Bytes;
import java.util.List;

/**
 * A lease, for who asks about it.
 *
 * @param id of the lease
 * @param ttlSeconds how long it lasts when it has just been kept alive
 * @param remainingSeconds how long it lasts if it is not kept alive; 0 if it may end any moment
 * @param keys that are attached to it, in order; empty unless asked for
 */
public record LeaseStatus(long id, long ttlSeconds, long remainingSeconds, List<Bytes> keys) {

  public LeaseStatus {
    keys = List.copyOf(keys);
  }
}
