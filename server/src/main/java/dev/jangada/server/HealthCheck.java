package dev.jangada.server;

import dev.jangada.kv.KvStateMachine;
import dev.jangada.kv.bytes.Bytes;
import dev.jangada.kv.command.Alarm;
import dev.jangada.kv.command.AlarmType;
import dev.jangada.kv.command.RangeRequest;
import dev.jangada.node.RaftNode;
import dev.jangada.node.request.RaftException;
import dev.jangada.server.call.EtcdError;
import dev.jangada.server.http.HealthProbe;
import dev.jangada.server.upkeep.Alarms;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * How this member is, for those who ask over HTTP. It can serve if a majority confirms within a
 * moment that the leader it knows is one, as for a linearizable read, it can read its store, and no
 * alarm is raised.
 *
 * <p>The store is read on a thread of its own, which is there while somebody asks: behind the large
 * reads of clients a probe would wait, and a member that has much to do be taken for one that is
 * dead. There is one read under way at most, for all who ask meanwhile, so that a disk that hangs
 * does not pile them up.
 */
final class HealthCheck implements HealthProbe, AutoCloseable {

  /** Probes of orchestrators wait a second or more; this is to be heard before. */
  private static final Duration PATIENCE = Duration.ofMillis(900);

  private static final int IDLE_SECONDS = 30;
  private static final int CLOSE_SECONDS = 5;

  /** One key, whether it is there or not: to look for it is to read. */
  private static final RangeRequest ONE_KEY = RangeRequest.of(Bytes.wrap(new byte[1]));

  private final RaftNode node;
  private final KvStateMachine store;
  private final Alarms alarms;
  private final ThreadPoolExecutor reader;

  /** The read that is under way. Guarded by this. */
  private @Nullable CompletableFuture<String> reading;

  HealthCheck(String memberName, RaftNode node, KvStateMachine store, Alarms alarms) {
    this.node = node;
    this.store = store;
    this.alarms = alarms;
    this.reader =
        new ThreadPoolExecutor(
            1,
            1,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            task -> {
              Thread thread = new Thread(task, "jangada-" + memberName + "-health");
              thread.setDaemon(true);
              return thread;
            });
    reader.allowCoreThreadTimeOut(true);
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
      return after("SERIALIZABLE READ FAILED: ", readStore());
    }
    if (node.status().leader() == 0) {
      return CompletableFuture.completedFuture("RAFT NO LEADER");
    }
    return after("LINEARIZABLE READ FAILED: ", readLinearizably());
  }

  private static CompletableFuture<String> after(
      String beginning, CompletableFuture<String> reason) {
    return reason.thenApply(text -> text.isEmpty() ? "" : beginning + text);
  }

  @Override
  public CompletableFuture<String> check(Check check) {
    if (node.whenStopped().isDone()) {
      return CompletableFuture.completedFuture(EtcdError.STOPPED.text());
    }
    return switch (check) {
      case DATA_CORRUPTION ->
          CompletableFuture.completedFuture(
              alarms.raised().stream().anyMatch(alarm -> alarm.type() == AlarmType.CORRUPT)
                  ? "alarm activated: CORRUPT"
                  : "");
      case SERIALIZABLE_READ -> readStore();
      case LINEARIZABLE_READ -> readLinearizably();
      case NON_LEARNER ->
          CompletableFuture.completedFuture(
              Members.isLearner(node.status()) ? "not supported for learner" : "");
    };
  }

  private CompletableFuture<String> readLinearizably() {
    return node.readIndex(PATIENCE)
        .handle((index, failure) -> failure == null ? "" : reason(failure))
        .thenCompose(
            reason -> reason.isEmpty() ? readStore() : CompletableFuture.completedFuture(reason));
  }

  /** What is wrong with the store; empty if nothing is. */
  private synchronized CompletableFuture<String> readStore() {
    CompletableFuture<String> shared = reading;
    if (shared == null || shared.isDone()) {
      shared = beginToRead(reader);
      reading = shared;
    }
    // A copy: one who loses patience concerns no other.
    return shared
        .copy()
        .completeOnTimeout(EtcdError.TIMEOUT.text(), PATIENCE.toNanos(), TimeUnit.NANOSECONDS);
  }

  private CompletableFuture<String> beginToRead(ExecutorService executor) {
    try {
      return CompletableFuture.supplyAsync(
              () -> {
                var unused = store.range(ONE_KEY);
                return "";
              },
              executor)
          .exceptionally(HealthCheck::reason);
    } catch (RejectedExecutionException e) {
      return CompletableFuture.completedFuture(EtcdError.STOPPED.text());
    }
  }

  private static String reason(Throwable failure) {
    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
    return cause instanceof RaftException refused
        ? EtcdError.of(refused.reason()).text()
        : String.valueOf(cause);
  }

  /** Reads no more; to be called before node and store are closed. */
  @Override
  public void close() {
    reader.shutdown();
    try {
      if (!reader.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)) {
        reader.shutdownNow();
      }
    } catch (InterruptedException e) {
      reader.shutdownNow();
      Thread.currentThread().interrupt();
    }
  }
}
