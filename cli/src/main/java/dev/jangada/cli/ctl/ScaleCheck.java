package dev.jangada.cli.ctl;

import dev.jangada.etcd.api.etcdserverpb.PutResponse;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;

/**
 * Writes so many keys, and says by how much the memory of the server has grown, which it tells in
 * its metrics. What was written is deleted in the end.
 */
final class ScaleCheck {

  private static final int PAIR_BYTES = 1024;
  private static final int MOST_SECONDS = 60;

  /** By which name servers tell their memory. */
  static final String MEMORY = "process_resident_memory_bytes";

  /**
   * What is asked of the server.
   *
   * @param keys how many are written
   * @param clients how many writes are under way at a time
   */
  record Load(int keys, int clients) {

    @Override
    public String toString() {
      return "%d key-value pairs, %d bytes per key-value, %d concurrent clients"
          .formatted(keys, PAIR_BYTES, clients);
    }
  }

  /**
   * What came of it.
   *
   * @param revision of the deletion of the keys
   * @param grownBytes by how much the memory has grown; empty if the server did not tell
   * @param errors how often what went wrong
   */
  record Result(long revision, OptionalDouble grownBytes, Map<String, Integer> errors) {}

  private final Connection connection;
  private final CheckKeys keys;
  private final Load load;
  private final Supplier<OptionalDouble> memory;

  /** Guarded by itself. */
  private final Map<String, Integer> errors = new TreeMap<>();

  /**
   * Of a server.
   *
   * @param memory of the server, in bytes
   */
  ScaleCheck(Connection connection, String prefix, Load load, Supplier<OptionalDouble> memory) {
    this.connection = connection;
    this.keys = new CheckKeys(connection, prefix);
    this.load = load;
    this.memory = memory;
  }

  /**
   * Runs it.
   *
   * @throws CtlException if there are keys already that would be deleted, if the server does not
   *     tell its memory, or if nobody answers
   */
  Result run() throws InterruptedException {
    keys.requireNone();
    OptionalDouble before = memory.get();
    if (before.isEmpty()) {
      throw new CtlException(
          CtlException.Kind.FAILURE,
          ("could not read %s before the put operations: does the server have /metrics at this"
                  + " address?")
              .formatted(MEMORY));
    }
    OptionalDouble after;
    long revision;
    try {
      write();
      after = memory.get();
    } finally {
      revision = keys.delete();
    }
    OptionalDouble grown =
        after.isEmpty() ? after : OptionalDouble.of(after.getAsDouble() - before.getAsDouble());
    synchronized (errors) {
      return new Result(revision, grown, Map.copyOf(errors));
    }
  }

  private void write() throws InterruptedException {
    Semaphore free = new Semaphore(load.clients());
    for (int i = 0; i < load.keys(); i++) {
      free.acquire();
      keys.put(
          connection.channel(), PAIR_BYTES - CheckKeys.KEY_BYTES, MOST_SECONDS, new Outcome(free));
    }
    free.acquire(load.clients());
  }

  /** Counts what goes wrong, and lets the next one begin. */
  private final class Outcome implements StreamObserver<PutResponse> {
    private final Semaphore free;

    Outcome(Semaphore free) {
      this.free = free;
    }

    @Override
    public void onNext(PutResponse response) {}

    @Override
    public void onError(Throwable failure) {
      Status status = Status.fromThrowable(failure);
      String what =
          status.getDescription() == null ? status.getCode().name() : status.getDescription();
      synchronized (errors) {
        errors.merge(what, 1, Integer::sum);
      }
      free.release();
    }

    @Override
    public void onCompleted() {
      free.release();
    }
  }
}
