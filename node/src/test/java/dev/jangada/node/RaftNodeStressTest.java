package dev.jangada.node;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.jangada.node.request.Outcome;
import dev.jangada.node.request.RaftException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Many threads, all nodes, and a leadership that is handed round meanwhile. */
@Timeout(300)
class RaftNodeStressTest {
  private static final int THREADS = 8;
  private static final int COMMANDS_OF_A_THREAD = 2_000;
  private static final int OUTSTANDING = 64;

  /** A command with what became of it: its result, or the exception. */
  private record Outcome(String command, Object what) {}

  @TempDir Path directory;

  @Test
  void everyCommandTakesEffectExactlyOnceAndTheResultsAreInTheOrderOfTheLog() throws Exception {
    Queue<Outcome> outcomes = new ConcurrentLinkedQueue<>();
    try (TestCluster cluster = new TestCluster(directory, 3).startAll()) {
      cluster.awaitLeader();
      List<Thread> threads = new ArrayList<>();
      for (int t = 0; t < THREADS; t++) {
        int number = t;
        threads.add(new Thread(() -> submitAll(cluster, number, outcomes)));
      }
      threads.forEach(Thread::start);
      for (int i = 0; i < 5; i++) {
        String leader = cluster.awaitLeader();
        String next = leader.equals("n1") ? "n2" : "n1";
        // It may fail, where another election comes in between.
        CompletableFuture<?> handedOver = cluster.node(leader).transferLeadership(next);
        handedOver.exceptionally(failure -> null).get(60, TimeUnit.SECONDS);
      }
      for (Thread thread : threads) {
        thread.join();
      }
      cluster.submit("n3", "last");

      List<String> log = cluster.machine("n3").commands();
      assertThat(cluster.machine("n1").awaitCommands(log.size())).isEqualTo(log);
      assertThat(cluster.machine("n2").awaitCommands(log.size())).isEqualTo(log);
      check(outcomes, log);
      cluster.awaitLeader();
      for (String id : List.of("n1", "n2", "n3")) {
        assertThat(cluster.node(id).statistics().pendingBytes()).as(id).isZero();
      }
    }
  }

  private static void submitAll(TestCluster cluster, int thread, Queue<Outcome> outcomes) {
    SplittableRandom random = new SplittableRandom(thread);
    Semaphore room = new Semaphore(OUTSTANDING);
    for (int i = 0; i < COMMANDS_OF_A_THREAD; i++) {
      String command = thread + "-" + i;
      room.acquireUninterruptibly();
      var unused =
          cluster
              .node("n" + (1 + random.nextInt(3)))
              .submit(command.getBytes(UTF_8))
              .whenComplete((result, failure) -> {
                outcomes.add(
                    new Outcome(command, failure == null ? new String(result, UTF_8) : failure));
                room.release();
              });
    }
    room.acquireUninterruptibly(OUTSTANDING);
  }

  private static void check(Queue<Outcome> outcomes, List<String> log) {
    assertThat(outcomes).hasSize(THREADS * COMMANDS_OF_A_THREAD);
    assertThat(log).doesNotHaveDuplicates();
    Map<String, Integer> position = new HashMap<>();
    for (int i = 0; i < log.size(); i++) {
      position.put(log.get(i), i);
    }
    List<long[]> indexAndPosition = new ArrayList<>();
    int applied = 0;
    for (Outcome outcome : outcomes) {
      if (outcome.what() instanceof String result) {
        assertThat(result).endsWith(":" + outcome.command());
        assertThat(position).containsKey(outcome.command());
        long index = Long.parseLong(result.substring(0, result.indexOf(':')));
        indexAndPosition.add(new long[] {index, position.get(outcome.command())});
        applied++;
      } else if (outcome.what() instanceof RaftException failure && !failure.outcomeUnknown()) {
        assertThat(position).doesNotContainKey(outcome.command());
      } else {
        assertThat(outcome.what()).isInstanceOf(RaftException.class);
      }
    }
    assertThat(applied).isGreaterThan(THREADS * COMMANDS_OF_A_THREAD / 2);
    indexAndPosition.sort((a, b) -> Long.compare(a[0], b[0]));
    List<Long> positions = indexAndPosition.stream().map(pair -> pair[1]).toList();
    List<Long> sorted = new ArrayList<>(positions);
    Collections.sort(sorted);
    assertThat(positions).isEqualTo(sorted);
  }
}
