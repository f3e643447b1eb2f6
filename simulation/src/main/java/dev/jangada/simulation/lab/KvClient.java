package dev.jangada.simulation.lab;

import dev.jangada.simulation.check.RegisterModel.Append;
import dev.jangada.simulation.check.RegisterModel.Get;
import dev.jangada.simulation.check.RegisterModel.Put;
import java.util.random.RandomGenerator;

/**
 * Appends to a key and reads it, one operation after the other, until it is stopped. With a key of
 * its own it knows what it must read; with shared keys, only the whole history tells.
 *
 * <p>It pauses up to 20 ms between operations: servers here answer within a millisecond, several
 * times faster than what the scenarios were made for, and more operations would prove no more.
 *
 * <p>For the thread of the network, except {@link #begin} and what scenarios ask.
 */
final class KvClient {

  /** The longest pause where there are few clients. */
  private static final int MAX_PAUSE_MILLIS = 20;

  /** With more clients than this each makes longer pauses, so that together they ask no more. */
  private static final int MANY = 5;

  private final LabWorld world;
  private final Clerk clerk;
  private final int number;

  /** What its tokens begin with, so that no client ever writes the same one again. */
  private final String tokenHead;

  /** How many keys are shared; 0 if this client has one of its own. */
  private final int sharedKeys;

  private final long maxPauseNanos;
  private final RandomGenerator random;
  private String expected = "";
  private long tokens;
  private long operations;
  private volatile boolean stopped;
  private volatile boolean done;

  /**
   * Creates a client.
   *
   * @param number unlike those of the clients at its side
   * @param iteration of the scenario: the next one's clients have the same numbers
   * @param sharedKeys how many keys all clients share; 0 if each has its own
   * @param clients how many there are at the same time
   */
  KvClient(
      LabWorld world,
      Clerk clerk,
      int number,
      int iteration,
      int sharedKeys,
      int clients,
      RandomGenerator random) {
    this.world = world;
    this.clerk = clerk;
    this.number = number;
    this.tokenHead = "x " + number + " " + iteration + ".";
    this.sharedKeys = sharedKeys;
    this.maxPauseNanos = MAX_PAUSE_MILLIS * LabWorld.MILLIS * Math.max(MANY, clients) / MANY;
    this.random = random;
  }

  void begin() {
    if (sharedKeys > 0) {
      world.network().after(0, this::next);
    } else {
      clerk.begin(new Put(key(), ""), output -> next());
    }
  }

  /** Has it end after the operation that it is at. */
  void stop() {
    stopped = true;
  }

  boolean isDone() {
    return done;
  }

  /** The key, if it is this client's own. */
  String key() {
    return "k" + (sharedKeys > 0 ? random.nextInt(sharedKeys) : number);
  }

  /** All its tokens in order; once it is done. */
  String expected() {
    return expected;
  }

  /** How many operations it has done; once it is done. */
  long operations() {
    return operations;
  }

  private void next() {
    operations++;
    if (stopped) {
      done = true;
      return;
    }
    world.network().after(random.nextLong(maxPauseNanos + 1), this::operate);
  }

  private void operate() {
    String token = tokenHead + tokens + " y";
    String key = key();
    int dice = random.nextInt(100);
    if (dice < 50) {
      tokens++;
      expected += token;
      clerk.ask(new Append(key, token), output -> next());
    } else if (sharedKeys > 0 && dice < 55) {
      tokens++;
      clerk.ask(new Put(key, token), output -> next());
    } else {
      clerk.ask(new Get(key), this::check);
    }
  }

  private void check(String output) {
    if (sharedKeys == 0 && !output.equals(expected)) {
      throw LabFailure.of("get(%s): expected:\n%s\nreceived:\n%s", key(), expected, output);
    }
    next();
  }
}
