package dev.jangada.server.call;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RequestDeadlineTest {

  private final RequestDeadline deadline = new RequestDeadline("n1", Duration.ofSeconds(6));

  /** A clock that stands still, so that the time left is exactly what was set. */
  private static final Deadline.Ticker STOPPED_CLOCK =
      new Deadline.Ticker() {
        @Override
        public long nanoTime() {
          return 1;
        }
      };

  @AfterEach
  void stopClock() {
    deadline.close();
  }

  @Test
  void withoutALimitOfTheClientTheServersApplies() {
    assertThat(deadline.within(null)).isEqualTo(Duration.ofSeconds(6));
  }

  @ParameterizedTest(name = "client allows {0} ms: request may take {1} ms")
  @CsvSource({
    "60000, 6000", // the server's limit
    "5000, 4750", // a twentieth before the client's
    "1000, 950", // 50 ms before it
    "80, 40", // half
    "10, 5",
  })
  void answersJustBeforeTheClientGivesUp(long clientMillis, long allowedMillis) {
    Deadline clients = Deadline.after(clientMillis, TimeUnit.MILLISECONDS, STOPPED_CLOCK);

    assertThat(deadline.within(clients)).isEqualTo(Duration.ofMillis(allowedMillis));
  }

  @Test
  void afterTheClientHasGivenUpTheTimeIsStillPositive() {
    Deadline past = Deadline.after(-5, TimeUnit.SECONDS, STOPPED_CLOCK);

    assertThat(deadline.within(past)).isPositive().isLessThan(Duration.ofMillis(1));
  }

  @Test
  void clockAnswersWhereTheNodeDoesNot() throws Exception {
    CompletableFuture<Throwable> answer = new CompletableFuture<>();
    Reply<String> reply =
        new Reply<>(
            new StreamObserver<>() {
              @Override
              public void onNext(String value) {
                answer.completeExceptionally(new AssertionError(value));
              }

              @Override
              public void onError(Throwable failure) {
                answer.complete(failure);
              }

              @Override
              public void onCompleted() {}
            });
    CompletableFuture<String> neverDone = new CompletableFuture<>();
    ScheduledExecutorService scheduler = Executors.newSingleThreadScheduledExecutor();
    try (Context.CancellableContext context =
        Context.current().withDeadlineAfter(200, TimeUnit.MILLISECONDS, scheduler)) {
      context.run(() -> reply.after(deadline.limit(reply, time -> neverDone), reply::send));

      assertThat(answer.get(60, TimeUnit.SECONDS))
          .hasMessage("UNAVAILABLE: etcdserver: request timed out");
      assertThat(reply.isAnswered()).isTrue();
      // What comes later is dropped: a second answer would be refused by gRPC.
      neverDone.complete("late");
    } finally {
      scheduler.shutdownNow();
    }
  }
}
