package dev.jangada.simulation;

import dev.jangada.node.request.Outcome;
import dev.jangada.node.request.RaftException;
import dev.jangada.raft.StateMachine;
import dev.jangada.simulation.check.History;
import dev.jangada.simulation.trace.Trace;
import dev.jangada.simulation.trace.TraceEvent;
import dev.jangada.simulation.trace.TraceEvent.Answer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Clients that ask any node, one request at a time each, and remember what they were answered. They
 * never repeat a request.
 */
final class Clients<I, O> {

  private static final int MIN_TIMEOUT_TICKS = 20;
  private static final int MAX_TIMEOUT_TICKS = 200;
  private static final int MAX_TIMEOUT_TICKS_AT_THE_END = 2 * MIN_TIMEOUT_TICKS;
  private static final long MAX_THINK_NANOS_AT_THE_END = 20_000_000;

  private final EventQueue time;
  private final RandomGenerator random;
  private final Trace trace;
  private final SimulationConfig config;
  private final List<SimulatedNode> nodes;
  private final Workload<I, O> workload;
  private final AppliedAtMostOnce effects;
  private final CommittedNeverLost committed;
  private final ReadsAreRecent recency = new ReadsAreRecent();
  private final List<Request> unsettled = new ArrayList<>();
  private final History<I, O> history = new History<>();
  private final int[] writesAnsweredBy;
  private final int[] readsAnsweredBy;
  private long asked;
  private long answered;
  private int busy;
  private boolean membersOnly;
  private boolean stopped;

  /** Mean pause of a client between two requests. */
  private long thinkNanos;

  private int maxTimeoutTicks = MAX_TIMEOUT_TICKS;

  Clients(
      EventQueue time,
      RandomGenerator random,
      Trace trace,
      SimulationConfig config,
      List<SimulatedNode> nodes,
      Workload<I, O> workload,
      AppliedAtMostOnce effects,
      CommittedNeverLost committed) {
    this.time = time;
    this.random = random;
    this.trace = trace;
    this.config = config;
    this.thinkNanos = config.thinkNanos();
    this.nodes = nodes;
    this.workload = workload;
    this.effects = effects;
    this.committed = committed;
    this.writesAnsweredBy = new int[nodes.size() + 1];
    this.readsAnsweredBy = new int[nodes.size() + 1];
  }

  void begin() {
    for (int client = 1; client <= config.clients(); client++) {
      think(client);
    }
  }

  /** No request is made any more; those under way go on. */
  void stop() {
    stopped = true;
  }

  /** Each client makes one request more, though they have stopped, unless it meets no node. */
  void askOnceMore() {
    for (int client = 1; client <= config.clients(); client++) {
      ask(client);
    }
  }

  boolean isIdle() {
    return busy == 0;
  }

  long asked() {
    return asked;
  }

  long answered() {
    return answered;
  }

  History<I, O> history() {
    return history;
  }

  /**
   * Adds to the history what clients were not told, once all nodes have applied the same and
   * nothing is under way: whether their unanswered commands took effect, and what the answer would
   * have been. That is more than a client could know, so the history is judged by a stricter
   * measure, and far more quickly.
   */
  void settle() {
    unsettled.forEach(Request::settle);
  }

  /**
   * Counts anew which node answers, and asks only members from now on. Before, nodes that are none
   * are asked as well, sometimes: they have nobody to turn to, and say so late. Nor does a client
   * wait for long from now on: where leaders append no entry of their own, a read is answered only
   * after a command, and a member that is to be removed only after that, and the few clients of a
   * run must not all wait for it without giving one.
   */
  void expectService() {
    membersOnly = true;
    thinkNanos = Math.min(thinkNanos, MAX_THINK_NANOS_AT_THE_END);
    maxTimeoutTicks = MAX_TIMEOUT_TICKS_AT_THE_END;
    Arrays.fill(writesAnsweredBy, 0);
    Arrays.fill(readsAnsweredBy, 0);
  }

  /** Whether a node has answered both a write and a read since. */
  boolean wasServedBy(SimulatedNode node) {
    return writesAnsweredBy[node.number()] > 0 && readsAnsweredBy[node.number()] > 0;
  }

  private void think(int client) {
    time.after(
        1 + SimulatedNetwork.exponential(random, thinkNanos),
        () -> {
          if (!stopped) {
            ask(client);
          }
        });
  }

  private void ask(int client) {
    SimulatedNode node = nodes.get(random.nextInt(nodes.size()));
    if (!node.isRunning() || isLeftAlone(node)) {
      think(client);
      return;
    }
    I input = workload.next(random, client, asked++);
    long timeoutTicks = random.nextInt(MIN_TIMEOUT_TICKS, maxTimeoutTicks);
    Request request = new Request(client, node, input, history.invoke(client, input, time.now()));
    busy++;
    if (trace.isOn()) {
      request.number = trace.add(node.id(), new TraceEvent.ClientAsked(client, input.toString()));
    }
    if (workload.isRead(input)) {
      node.read(timeoutTicks, request.asRead(), request::orphaned);
    } else {
      byte[] command = workload.command(input);
      request.command = command;
      effects.sending(command);
      node.submit(command, timeoutTicks, request.asSubmit(), request::orphaned);
    }
  }

  private boolean isLeftAlone(SimulatedNode node) {
    return committed.membership().member(node.id()) == null
        && (membersOnly || random.nextInt(4) > 0);
  }

  /** A request under way. */
  private final class Request {
    private final int client;
    private final SimulatedNode node;
    private final I input;
    private final History.Call<I, O> call;
    private byte @Nullable [] command;
    private @Nullable String refusal;
    private final long committedBefore = committed.size();
    private final long askedAt = time.now();

    /** Number of the question in the trace. */
    private long number;

    Request(int client, SimulatedNode node, I input, History.Call<I, O> call) {
      this.client = client;
      this.node = node;
      this.input = input;
      this.call = call;
    }

    void answered(O output) {
      if (trace.isOn()) {
        trace(Answer.OK, String.valueOf(output));
      }
      call.returned(output, time.now());
      answered++;
      (workload.isRead(input) ? readsAnsweredBy : writesAnsweredBy)[node.number()]++;
      workload.answered(client, input, output, askedAt);
      next();
    }

    void failed(RaftException failure) {
      if (trace.isOn()) {
        trace(failure.outcomeUnknown() ? Answer.UNKNOWN : Answer.REFUSED, failure.toString());
      }
      if (!failure.outcomeUnknown()) {
        refusal = failure.toString();
      }
      unsettled.add(this);
      workload.failed(client, input);
      next();
    }

    /** The node died; what it made of the request is unknown. */
    void orphaned() {
      if (trace.isOn()) {
        trace(Answer.UNKNOWN, "the node died");
      }
      unsettled.add(this);
      workload.failed(client, input);
      next();
    }

    /** When all is over: completes the history by what is known to have become of this. */
    void settle() {
      if (command == null) {
        call.refused();
      } else if (refusal != null) {
        effects.checkWithoutEffect(command, refusal);
        call.refused();
      } else if (effects.isUnambiguous(command)) {
        byte[] result = effects.resultOf(command);
        if (result == null) {
          call.refused();
        } else {
          call.tookEffect(workload.result(input, result));
        }
      }
    }

    private void trace(Answer kind, String answer) {
      trace.add(node.id(), new TraceEvent.ClientAnswered(client, number, kind, answer));
    }

    private void next() {
      busy--;
      think(client);
    }

    Outcome.Read asRead() {
      return new Outcome.Read() {
        @Override
        public void ready(long index) {
          StateMachine machine = node.stateMachine();
          if (machine == null) {
            throw new AssertionError("answered by " + node.name() + ", which does not run");
          }
          recency.check(node, index, committedBefore);
          answered(workload.read(input, machine));
        }

        @Override
        public void failed(RaftException failure) {
          Request.this.failed(failure);
        }
      };
    }

    Outcome.Submit asSubmit() {
      return new Outcome.Submit() {
        @Override
        public void applied(long index, byte[] result) {
          answered(workload.result(input, result));
        }

        @Override
        public void failed(RaftException failure) {
          Request.this.failed(failure);
        }
      };
    }
  }
}
