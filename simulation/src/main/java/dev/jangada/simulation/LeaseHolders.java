package dev.jangada.simulation;

import dev.jangada.simulation.check.KeyValueModel.CompareAndPut;
import dev.jangada.simulation.check.KeyValueModel.Grant;
import dev.jangada.simulation.check.KeyValueModel.KeepAlive;
import dev.jangada.simulation.check.KeyValueModel.Look;
import dev.jangada.simulation.check.KeyValueModel.Put;
import dev.jangada.simulation.check.KeyValueModel.Reply;
import dev.jangada.simulation.check.KeyValueModel.Request;
import dev.jangada.simulation.check.KeyValueModel.Revoke;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * What clients do with leases. Each has one at a time: it keeps it alive for a while, now and then
 * attaches a key to it, and in the end revokes it or forgets about it.
 */
final class LeaseHolders {

  /** So many leases at a time are enough. */
  private static final int MAX_LEASES = 6;

  private static final int MAX_TTL_SECONDS = 3;

  private final LeaseBook book;
  private final Map<Integer, Long> leases = new TreeMap<>();

  LeaseHolders(LeaseBook book) {
    this.book = book;
  }

  /**
   * What a client asks next.
   *
   * @param seen the mod revision of the key that was seen last
   * @return null for nothing about leases
   */
  @Nullable Request next(RandomGenerator random, int client, long number, String key, long seen) {
    Long lease = leases.get(client);
    if (lease == null) {
      return book.latest().leases().size() < MAX_LEASES
          ? new Grant(number + 1, 1 + random.nextInt(MAX_TTL_SECONDS))
          : null;
    }
    return switch (random.nextInt(20)) {
      case 0 -> {
        leases.remove(client);
        yield new Revoke(lease);
      }
      case 1 -> {
        leases.remove(client);
        yield null;
      }
      case 2, 3, 4 -> new Put(key, "v" + number, lease);
      case 5, 6, 7 -> new CompareAndPut(key, seen, "v" + number, lease);
      case 8 -> new Look(lease);
      default -> new KeepAlive(lease);
    };
  }

  /** A client was answered. */
  void answered(int client, Request request, Reply reply) {
    if (request instanceof Grant grant && reply.succeeded()) {
      leases.put(client, grant.lease());
    } else if (reply.revision() == 0 || (request instanceof Look && !reply.succeeded())) {
      leases.remove(client);
    }
  }
}
