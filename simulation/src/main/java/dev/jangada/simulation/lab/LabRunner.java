package dev.jangada.simulation.lab;

import dev.jangada.raft.InvariantViolation;
import dev.jangada.simulation.trace.TraceEvent;
import dev.jangada.simulation.trace.TraceSink;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.jspecify.annotations.Nullable;

/** Runs scenarios. Stateless, for any number of threads. */
public final class LabRunner {

  /** How time passes in a run. */
  public enum Time {

    /** On one thread, as fast as it goes, and for the same seed always the same. */
    VIRTUAL,

    /** With real threads, real disks and real waiting; the seed decides what the tester does. */
    REAL
  }

  /** The longest that a scenario may take, in the time of its world. */
  static final long LIMIT_NANOS = 120_000_000_000L;

  private LabRunner() {}

  /** Runs a scenario without a trace. */
  public static LabResult run(LabScenario scenario, long seed, Time time) {
    return run(scenario, seed, time, null);
  }

  /**
   * Runs a scenario.
   *
   * @param traceTo gets what happens in a run in virtual time; null for no trace. A run with a
   *     trace is the same run
   * @throws IllegalArgumentException if a trace of a run in real time is wanted: there is none
   */
  public static LabResult run(
      LabScenario scenario, long seed, Time time, @Nullable TraceSink traceTo) {
    if (time == Time.REAL && traceTo != null) {
      throw new IllegalArgumentException(
          "only a run in virtual time can be traced; leave out real time or the trace");
    }
    LabWorld world =
        switch (time) {
          case VIRTUAL -> new VirtualWorld(seed, traceTo);
          case REAL -> new RealTimeWorld(seed);
        };
    String failure = null;
    try (world) {
      scenario.body().run(world);
      world.checkFailure();
      if (world.nowNanos() > LIMIT_NANOS) {
        throw LabFailure.of("took longer than %d s", LIMIT_NANOS / 1_000_000_000);
      }
    } catch (Exception | AssertionError | InvariantViolation e) {
      failure = describe(e);
      if (world.trace().isOn()) {
        world.trace().add(0, new TraceEvent.Violated(failure));
      }
    }
    return new LabResult(
        scenario,
        seed,
        world.nowNanos(),
        world.peers(),
        world.network().rpcs(),
        world.network().bytes(),
        world.commands(),
        world.note(),
        failure);
  }

  /** What a scenario says of itself is for people; anything else needs the place where it was. */
  private static String describe(Throwable failure) {
    if (failure instanceof LabFailure) {
      return String.valueOf(failure.getMessage());
    }
    StringWriter text = new StringWriter();
    failure.printStackTrace(new PrintWriter(text));
    return text.toString().strip();
  }
}
