package dev.jangada.simulation.lab;

import dev.jangada.node.MemberId;
import dev.jangada.raft.Message;
import dev.jangada.raft.StateMachine;
import dev.jangada.simulation.trace.Trace;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A world with a clock on the wall: {@link dev.jangada.node.RaftNode}s with their threads, logs in
 * a temporary directory, and a network in memory whose delays are waited for.
 */
final class RealTimeWorld extends LabWorld {

  static final String CLUSTER = "laboratory";

  private final long begin = System.nanoTime();
  private final SplittableRandom seeded;
  private final SplittableRandom random;
  private final Path directory;
  private final ScheduledThreadPoolExecutor scheduler;
  private final ExecutorService apart =
      Executors.newCachedThreadPool(
          Thread.ofPlatform().daemon().name("laboratory-apart-", 0).factory());
  private final LabNetwork network;
  private final List<RealServer> servers = new ArrayList<>();
  private final List<Thread> tasks = new ArrayList<>();

  /** What went wrong first beside the scenario; null while nothing has. */
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

  RealTimeWorld(long seed) {
    this.seeded = new SplittableRandom(seed);
    this.random = seeded.split();
    try {
      this.directory = Files.createTempDirectory("jangada-laboratory");
    } catch (IOException e) {
      throw new UncheckedIOException("cannot create a temporary directory for the logs", e);
    }
    this.scheduler =
        new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("laboratory-network").factory());
    scheduler.setRemoveOnCancelPolicy(true);
    scheduler.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    this.network = new LabNetwork(this::after, seeded.split());
  }

  @Override
  Trace trace() {
    return Trace.OFF;
  }

  @Override
  long nowNanos() {
    return System.nanoTime() - begin;
  }

  @Override
  RandomGenerator random() {
    return random;
  }

  @Override
  RandomGenerator newRandom() {
    return seeded.split();
  }

  @Override
  LabNetwork network() {
    return network;
  }

  @Override
  void sleep(long nanos) {
    pause(nanos);
    checkFailure();
  }

  private static void pause(long nanos) {
    try {
      TimeUnit.NANOSECONDS.sleep(nanos);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LabFailure("interrupted");
    }
  }

  @Override
  void after(long nanos, Runnable action) {
    try {
      ScheduledFuture<?> unused =
          scheduler.schedule(() -> guarded(action), nanos, TimeUnit.NANOSECONDS);
    } catch (RejectedExecutionException closed) {
      // The world is at its end, and nobody waits for what is still under way.
    }
  }

  private void guarded(Runnable action) {
    try {
      action.run();
    } catch (RuntimeException | Error e) {
      failed(e);
    }
  }

  /** Notes what went wrong on some thread. */
  void failed(Throwable cause) {
    failure.compareAndSet(null, cause);
  }

  @Override
  void apart(Runnable action) {
    try {
      apart.execute(() -> guarded(action));
    } catch (RejectedExecutionException closed) {
      // The world is at its end, and nobody waits for what is still under way.
    }
  }

  @Override
  void fork(LabTask task) {
    tasks.add(
        Thread.ofPlatform()
            .daemon()
            .name("laboratory-task-" + tasks.size())
            .start(() ->
                guarded(() -> {
                  long next = task.step();
                  while (next != LabTask.DONE) {
                    pause(next);
                    next = task.step();
                  }
                })));
  }

  @Override
  void join() {
    for (Thread task : tasks) {
      try {
        if (!task.join(Duration.ofNanos(LabRunner.LIMIT_NANOS))) {
          throw new LabFailure(task.getName() + " does not come to an end");
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new LabFailure("interrupted");
      }
    }
    tasks.clear();
    checkFailure();
  }

  @Override
  boolean isIdle() {
    return tasks.stream().noneMatch(Thread::isAlive);
  }

  @Override
  void checkFailure() {
    Throwable cause = failure.get();
    if (cause instanceof LabFailure) {
      throw new LabFailure(String.valueOf(cause.getMessage()));
    } else if (cause != null) {
      throw new AssertionError("a thread beside the scenario failed", cause);
    }
  }

  @Override
  LabServer newServer(
      int number, List<Long> members, Supplier<StateMachine> machine, Consumer<Message> out) {
    RealServer server =
        new RealServer(this, number, members.size(), directory.resolve(name(number)), machine, out);
    servers.add(server);
    return server;
  }

  static String name(int number) {
    return "s" + number;
  }

  @Override
  List<Long> memberIds(int size) {
    List<Long> ids = new ArrayList<>();
    for (int number = 0; number < size; number++) {
      ids.add(MemberId.of(CLUSTER, name(number)));
    }
    return ids;
  }

  @Override
  public void close() {
    tasks.forEach(Thread::interrupt);
    servers.forEach(RealServer::crash);
    scheduler.shutdownNow();
    apart.shutdownNow();
    deleteDirectory();
  }

  private void deleteDirectory() {
    try (Stream<Path> paths = Files.walk(directory)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot delete " + directory, e);
    }
  }
}
