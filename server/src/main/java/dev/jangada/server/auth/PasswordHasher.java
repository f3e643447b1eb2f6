package dev.jangada.server.auth;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.jangada.kv.command.Secret;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.security.crypto.bcrypt.BCrypt;

/**
 * Hashes passwords with bcrypt, which is made to cost: tens of milliseconds of a processor each, so
 * that whoever gets hold of the hashes, or guesses at the door, does not get far. For the same
 * reason it is done by threads of its own, at most half as many as there are processors, and not
 * many may wait for them: however many guesses come in, requests are served beside them.
 *
 * <p>What bcrypt is given is the SHA-256 of the password in base64, because it looks at the first
 * 72 bytes only, and stops at a zero.
 *
 * <p>Safe for use by several threads.
 */
public final class PasswordHasher implements AutoCloseable {

  /** Least and greatest costs that bcrypt knows. */
  public static final int MIN_COST = 4;

  public static final int MAX_COST = 31;

  private static final int MAX_WAITING = 64;

  private final int cost;
  private final SecureRandom random = new SecureRandom();
  private final ThreadPoolExecutor threads;

  /** The hash of no password, at the same cost, to compare with where there is none. */
  private final Supplier<String> decoy;

  /**
   * Starts the threads.
   *
   * @param cost the binary logarithm of the number of rounds, from {@value #MIN_COST} to {@value
   *     #MAX_COST}
   */
  public PasswordHasher(String memberName, int cost) {
    this.cost = cost;
    int count = Math.max(1, Runtime.getRuntime().availableProcessors() / 2);
    threads =
        new ThreadPoolExecutor(
            count,
            count,
            10,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(MAX_WAITING),
            task -> {
              Thread thread = new Thread(task, "jangada-" + memberName + "-password");
              thread.setDaemon(true);
              return thread;
            });
    threads.allowCoreThreadTimeOut(true);
    byte[] noPassword = new byte[24];
    random.nextBytes(noPassword);
    String decoyInput = Base64.getEncoder().encodeToString(noPassword);
    decoy = new Once(() -> BCrypt.hashpw(decoyInput, BCrypt.gensalt(cost, random)));
  }

  private static final class Once implements Supplier<String> {
    private final Supplier<String> make;
    private @Nullable String made;

    Once(Supplier<String> make) {
      this.make = make;
    }

    @Override
    public synchronized String get() {
      String value = made;
      if (value == null) {
        value = make.get();
        made = value;
      }
      return value;
    }
  }

  /**
   * Hashes a password.
   *
   * @param abandoned whether nobody waits for it any more
   * @return done by one of the threads; fails with {@link RejectedExecutionException} if too many
   *     wait already, and {@link CancellationException} if it was abandoned
   */
  public CompletableFuture<Secret> hash(String password, BooleanSupplier abandoned) {
    return run(
        abandoned,
        () ->
            Secret.of(
                BCrypt.hashpw(prepared(password), BCrypt.gensalt(cost, random)).getBytes(UTF_8)));
  }

  /**
   * Whether a password is the one of a hash. It takes as long where there is no hash as where there
   * is one, so that nobody learns which users there are.
   *
   * @param hash null for a user who has no password, or does not exist
   * @param abandoned whether nobody waits for it any more
   * @return as for {@link #hash}
   */
  public CompletableFuture<Boolean> matches(
      String password, @Nullable Secret hash, BooleanSupplier abandoned) {
    return run(
        abandoned,
        () -> {
          String expected = hash == null ? decoy.get() : new String(hash.reveal(), UTF_8);
          boolean equal = BCrypt.checkpw(prepared(password), expected);
          return equal && hash != null;
        });
  }

  private <T> CompletableFuture<T> run(BooleanSupplier abandoned, Supplier<T> work) {
    CompletableFuture<T> result = new CompletableFuture<>();
    Runnable task =
        () -> {
          if (abandoned.getAsBoolean()) {
            result.completeExceptionally(new CancellationException("nobody waits for it"));
            return;
          }
          try {
            result.complete(work.get());
          } catch (RuntimeException e) {
            result.completeExceptionally(e);
          }
        };
    try {
      threads.execute(task);
    } catch (RejectedExecutionException e) {
      result.completeExceptionally(e);
    }
    return result;
  }

  private static String prepared(String password) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(password.getBytes(UTF_8));
      return Base64.getEncoder().encodeToString(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  /** Ends the threads; what waits fails nobody, because nobody is served any more. */
  @Override
  public void close() {
    threads.shutdownNow();
  }
}
