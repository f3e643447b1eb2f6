package dev.jangada.server.auth;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.jangada.kv.command.Secret;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Passwords and their hashes. */
@Timeout(300)
class PasswordHasherTest {

  private final PasswordHasher hasher = new PasswordHasher("test", PasswordHasher.MIN_COST);

  @AfterEach
  void close() {
    hasher.close();
  }

  private Secret hash(String password) throws Exception {
    return hasher.hash(password, () -> false).get(60, TimeUnit.SECONDS);
  }

  private boolean matches(String password, Secret hash) throws Exception {
    return hasher.matches(password, hash, () -> false).get(60, TimeUnit.SECONDS);
  }

  @Test
  void passwordMatchesItsHashAndNoOtherDoes() throws Exception {
    Secret hash = hash("correct horse");

    assertThat(matches("correct horse", hash)).isTrue();
    assertThat(matches("correct hors", hash)).isFalse();
    assertThat(matches("", hash)).isFalse();
    assertThat(new String(hash.reveal(), UTF_8)).startsWith("$2a$04$").doesNotContain("horse");
    assertThat(hash("correct horse")).as("hashed with other salt").isNotEqualTo(hash);
  }

  /** bcrypt by itself looks at 72 bytes, and takes a zero byte for the end. */
  @Test
  void everyByteOfAPasswordCounts() throws Exception {
    String longOne = "x".repeat(100);
    assertThat(matches(longOne + "a", hash(longOne + "b"))).isFalse();
    assertThat(matches(longOne, hash(longOne))).isTrue();
    assertThat(matches("a\0a", hash("a"))).isFalse();
    assertThat(matches("a\0b", hash("a\0c"))).isFalse();
  }

  @Test
  void nothingMatchesWhereThereIsNoHash() throws Exception {
    assertThat(hasher.matches("", null, () -> false).get(60, TimeUnit.SECONDS)).isFalse();
    assertThat(hasher.matches("x", null, () -> false).get(60, TimeUnit.SECONDS)).isFalse();
  }

  @Test
  void tooManyAtOnceAreRefusedAndThoseGivenUpAreNotHashed() throws Exception {
    CountDownLatch release = new CountDownLatch(1);
    List<CompletableFuture<Secret>> held = new ArrayList<>();
    CompletableFuture<Secret> refused = null;
    // As many as may be at work and wait, and one more.
    for (int i = 0; refused == null; i++) {
      assertThat(i).isLessThan(1000);
      CompletableFuture<Secret> next =
          hasher.hash(
              "p",
              () -> {
                awaitQuietly(release);
                return true;
              });
      if (next.isCompletedExceptionally()) {
        refused = next;
      } else {
        held.add(next);
      }
    }

    assertThat(refused.exceptionNow()).isInstanceOf(RejectedExecutionException.class);
    assertThat(held).hasSizeBetween(65, 64 + Runtime.getRuntime().availableProcessors());
    release.countDown();
    for (CompletableFuture<Secret> one : held) {
      assertThat(one.handle((hash, failure) -> failure).get(60, TimeUnit.SECONDS))
          .isInstanceOf(CancellationException.class);
    }
    assertThat(hash("p")).isNotNull();
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
