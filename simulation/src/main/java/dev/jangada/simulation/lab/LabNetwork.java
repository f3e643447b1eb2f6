package dev.jangada.simulation.lab;

import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The course's network: calls from client ends to servers, which it loses, delays and reorders.
 *
 * <p>An {@link End} is a link in one direction. It begins disabled, is bound to one {@link
 * Endpoint} for life, and can be enabled and disabled at any time. An endpoint has a handler, which
 * can be replaced or taken away: that is how a server dies.
 *
 * <ul>
 *   <li>A call is counted, with the bytes of its request, when it is made, whatever becomes of it;
 *       the bytes of an answer when it is delivered; a call is <em>handled</em> when it reaches a
 *       handler.
 *   <li>Over a disabled end, or without a handler, a call fails late: within 7 s with {@linkplain
 *       #longDelays long delays}, else within 0.1 s. The server learns nothing of it.
 *   <li>An {@linkplain #reliable unreliable} network delays each request by up to 26 ms, loses a
 *       tenth of the requests, and a tenth of the answers, although the server has acted.
 *   <li>With {@linkplain #longReordering long reordering} two thirds of the answers arrive after
 *       200 ms to 2.2 s, and then even if the link was cut or the server died meanwhile.
 *   <li>A link that is cut, or a server that dies, while a call is handled lets it fail within 0.1
 *       s.
 *   <li>Nothing is delivered in order, nothing twice, and nothing damaged.
 * </ul>
 *
 * <p>A reliable network needs from 20 to 100 µs for each way, which is what the original's
 * goroutines need to be scheduled; the randomness makes the order of concurrent calls depend on the
 * seed.
 *
 * <p>For any number of threads. Handlers and callbacks run on the thread of the network, one at a
 * time, and must not block.
 */
final class LabNetwork {

  private static final long MILLIS = 1_000_000;
  private static final long POLL_NANOS = 100 * MILLIS;

  /** Runs what is due later. */
  @FunctionalInterface
  interface Later {
    void after(long nanos, Runnable action);
  }

  /** What a server does with a call. */
  @FunctionalInterface
  interface Handler {

    /**
     * Handles a call.
     *
     * @param answer to be given the answer, now or later, once
     */
    void handle(byte[] request, Consumer<byte[]> answer);
  }

  /** The name under which a server is called. */
  final class Endpoint {
    private @Nullable Handler handler;

    /** How many servers, or none, there have been. */
    private long incarnation;

    private long handled;

    /** Puts a server there, in place of any other; null to take it away. */
    void serve(@Nullable Handler newHandler) {
      synchronized (LabNetwork.this) {
        handler = newHandler;
        incarnation++;
      }
    }

    /** How many calls have reached a server here. */
    long handled() {
      synchronized (LabNetwork.this) {
        return handled;
      }
    }
  }

  /** A link to an endpoint. */
  final class End {
    private final Endpoint to;
    private boolean enabled;

    private End(Endpoint to) {
      this.to = to;
    }

    void enable(boolean on) {
      synchronized (LabNetwork.this) {
        enabled = on;
      }
    }

    /**
     * Makes a call.
     *
     * @param done told the answer, or null if the call has failed and may or may not have had its
     *     effect; always told, once
     */
    void call(byte[] request, Consumer<byte @Nullable []> done) {
      synchronized (LabNetwork.this) {
        LabNetwork.this.call(this, request, done);
      }
    }
  }

  private final Later later;
  private final RandomGenerator random;
  private boolean reliable = true;
  private boolean longDelays;
  private boolean longReordering;
  private long rpcs;
  private long bytes;

  LabNetwork(Later later, RandomGenerator random) {
    this.later = later;
    this.random = random;
  }

  /** Whether requests and answers all arrive, and at once. At first they do. */
  synchronized void reliable(boolean on) {
    reliable = on;
  }

  /** Whether calls over dead links take up to 7 s to fail. At first they do not. */
  synchronized void longDelays(boolean on) {
    longDelays = on;
  }

  /** Whether most answers are late. At first they are not. */
  synchronized void longReordering(boolean on) {
    longReordering = on;
  }

  /** How many calls were made. */
  synchronized long rpcs() {
    return rpcs;
  }

  /** How many bytes the requests that were made and the answers that were delivered had. */
  synchronized long bytes() {
    return bytes;
  }

  Endpoint newEndpoint() {
    return new Endpoint();
  }

  /** A disabled link to an endpoint. */
  End newEnd(Endpoint to) {
    return new End(to);
  }

  // ---------------------------------------------------------------------------------------------
  // What may befall a request and its answer; RaftLinks shares it. Under the monitor.
  // ---------------------------------------------------------------------------------------------

  /** Counts a call that is made. */
  void countRequest(int size) {
    rpcs++;
    bytes += size;
  }

  /** Counts an answer that is delivered. */
  void countAnswer(int size) {
    bytes += size;
  }

  /** How long a request takes. */
  long requestNanos() {
    return reliable ? wayNanos() : random.nextInt(27) * MILLIS + wayNanos();
  }

  private long wayNanos() {
    return random.nextLong(20_000, 100_000);
  }

  /** Whether a request, or an answer, gets lost. */
  boolean isLost() {
    return !reliable && random.nextInt(1000) < 100;
  }

  /** How long an answer takes. */
  long answerNanos() {
    return isLate() ? lateNanos() : wayNanos();
  }

  private boolean isLate() {
    return longReordering && random.nextInt(900) < 600;
  }

  private long lateNanos() {
    return (200 + random.nextLong(1 + random.nextLong(2000))) * MILLIS;
  }

  void after(long nanos, Runnable action) {
    later.after(
        nanos,
        () -> {
          synchronized (this) {
            action.run();
          }
        });
  }

  // ---------------------------------------------------------------------------------------------
  // Calls
  // ---------------------------------------------------------------------------------------------

  private void call(End end, byte[] request, Consumer<byte @Nullable []> done) {
    countRequest(request.length);
    Handler handler = end.to.handler;
    if (!end.enabled || handler == null) {
      after(random.nextInt(longDelays ? 7000 : 100) * MILLIS, () -> done.accept(null));
      return;
    }
    long nanos = requestNanos();
    if (isLost()) {
      after(nanos, () -> done.accept(null));
      return;
    }
    byte[] copy = request.clone();
    Call call = new Call(end, end.to.incarnation, done);
    after(nanos, () -> call.begin(handler, copy));
  }

  /** A call that has reached its server. */
  private final class Call {
    private final End end;
    private final long incarnation;
    private final Consumer<byte @Nullable []> done;
    private boolean over;

    Call(End end, long incarnation, Consumer<byte @Nullable []> done) {
      this.end = end;
      this.incarnation = incarnation;
      this.done = done;
    }

    void begin(Handler handler, byte[] request) {
      end.to.handled++;
      handler.handle(request, this::answered);
      if (!over) {
        after(POLL_NANOS, this::watch);
      }
    }

    private boolean isCut() {
      return !end.enabled || end.to.incarnation != incarnation;
    }

    private void watch() {
      if (over) {
        return;
      }
      if (isCut()) {
        finish(null);
      } else {
        after(POLL_NANOS, this::watch);
      }
    }

    private void answered(byte[] answer) {
      synchronized (LabNetwork.this) {
        if (over) {
          return;
        }
        over = true;
        if (isCut() || isLost()) {
          after(0, () -> done.accept(null));
          return;
        }
        byte[] copy = answer.clone();
        after(
            answerNanos(),
            () -> {
              countAnswer(copy.length);
              done.accept(copy);
            });
      }
    }

    private void finish(byte @Nullable [] answer) {
      over = true;
      done.accept(answer);
    }
  }
}
