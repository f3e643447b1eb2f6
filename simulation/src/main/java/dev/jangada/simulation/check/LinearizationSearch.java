package dev.jangada.simulation.check;

import static dev.jangada.simulation.check.Operation.NEVER;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The search for one part of the object.
 *
 * <p>Operations are numbered: first those that returned, in the order of their returns, then the
 * other answered ones, then those without an answer. Invocations and returns of the answered ones
 * that have no place yet form a doubly-linked list in the order of time; placing an operation
 * unlinks its two events, taking it back links them in again where they were. Whatever is invoked
 * before the first return in the list may come next.
 */
final class LinearizationSearch<S, I, O> {

  enum Outcome {
    FOUND,
    EXHAUSTED,
    GIVEN_UP
  }

  /**
   * What was placed, and where that leads: enough to know all that can follow. There are as many of
   * these as operations in a long history, so none may be as large as the history: all operations
   * that returned before the first one without a place have theirs, and only those ahead of it are
   * noted.
   *
   * @param first of those that returned, the first without a place
   * @param ahead those that returned and have a place, counted from that one
   * @param open those that never returned and have a place, counted from the first such operation
   */
  private record Configuration(int first, BitSet ahead, BitSet open, Object state) {}

  /** An operation that was placed, and the state before it. */
  private record Placement<S>(int operation, S stateBefore) {}

  private static final int NONE = -1;

  private final Model<S, I, O> model;
  private final List<Operation<I, O>> operations;
  private final int completed;
  private final int returned;

  /** By event, in the order of time. */
  private final int[] operationAt;

  private final boolean[] isInvocation;
  private final int[] next;
  private final int[] previous;

  /** Before the first event and after the last. */
  private final int end;

  /** By operation: its events. */
  private final int[] invocation;

  private final int[] response;

  private final BitSet placedReturned = new BitSet();

  /** Counted from the first that never returned. Never changed, as configurations share it. */
  private BitSet placedOpen = new BitSet();

  private final Set<Configuration> visited = new LinkedHashSet<>();
  private final Deque<Placement<S>> path = new ArrayDeque<>();
  private S state;
  private long steps;

  /** The furthest return that could not be passed, and how things stood there. */
  private int furthest = NONE;

  private List<Integer> furthestPath = List.of();
  private S furthestState;

  LinearizationSearch(Model<S, I, O> model, List<Operation<I, O>> history) {
    this.model = model;
    this.operations =
        Stream.concat(
                history.stream()
                    .filter(Operation::isCompleted)
                    .sorted(Comparator.comparingLong(Operation::returnedAt)),
                history.stream()
                    .filter(operation -> !operation.isCompleted())
                    .sorted(Comparator.comparing(Operation::invokedAt, Comparator.reverseOrder())))
            .toList();
    this.completed = (int) history.stream().filter(Operation::isCompleted).count();
    this.returned =
        (int) history.stream().filter(operation -> operation.returnedAt() != NEVER).count();
    this.state = model.initial();
    this.furthestState = state;

    this.end = operations.size() + completed;
    this.operationAt = new int[end];
    this.isInvocation = new boolean[end];
    this.invocation = new int[operations.size()];
    this.response = new int[completed];
    this.next = new int[end + 1];
    this.previous = new int[end + 1];
    orderEvents();
    linkEvents();
  }

  private record Event(long time, boolean isReturn, int operation) {}

  private void orderEvents() {
    List<Event> events = new ArrayList<>(end);
    for (int i = 0; i < operations.size(); i++) {
      events.add(new Event(operations.get(i).invokedAt(), false, i));
      if (i < completed) {
        events.add(new Event(operations.get(i).returnedAt(), true, i));
      }
    }
    events.sort(Comparator.comparingLong(Event::time).thenComparing(Event::isReturn));
    for (int e = 0; e < end; e++) {
      Event event = events.get(e);
      operationAt[e] = event.operation();
      isInvocation[e] = !event.isReturn();
      (event.isReturn() ? response : invocation)[event.operation()] = e;
    }
  }

  private void linkEvents() {
    int last = end;
    for (int e = 0; e < end; e++) {
      if (operationAt[e] < completed) {
        next[last] = e;
        previous[e] = last;
        last = e;
      }
    }
    next[last] = end;
    previous[end] = last;
  }

  Outcome run(long maxSteps) {
    int candidate = candidateAfter(NONE);
    while (next[end] != end) {
      if (candidate == NONE) {
        noteDeadEnd();
        Placement<S> last = path.pollLast();
        if (last == null) {
          return Outcome.EXHAUSTED;
        }
        takeBack(last);
        candidate = candidateAfter(last.operation());
        continue;
      }
      if (++steps > maxSteps) {
        return Outcome.GIVEN_UP;
      }
      candidate = candidateAfter(place(candidate) ? NONE : candidate);
    }
    return Outcome.FOUND;
  }

  long steps() {
    return steps;
  }

  /**
   * What may come next, after all that was tried up to an operation: first the answered ones in the
   * order of their invocations, then the unanswered ones, the latest first: what took effect mostly
   * did so soon.
   */
  private int candidateAfter(int tried) {
    int unanswered = tried + 1;
    if (tried < completed) {
      int event = next[tried == NONE ? end : invocation[tried]];
      if (event != end && isInvocation[event]) {
        return operationAt[event];
      }
      unanswered = completed;
    }
    int firstReturn = firstReturn();
    for (int i = unanswered; i < operations.size(); i++) {
      if (invocation[i] < firstReturn && !placedOpen.get(i - returned)) {
        return i;
      }
    }
    return NONE;
  }

  private int firstReturn() {
    int event = next[end];
    while (event != end && isInvocation[event]) {
      event = next[event];
    }
    return event;
  }

  private boolean place(int operation) {
    Operation<I, O> what = operations.get(operation);
    S after = model.step(state, what.input(), what.output());
    if (after == null) {
      if (!what.isCompleted()) {
        throw new IllegalStateException("The model refuses an unknown outcome: " + what);
      }
      return false;
    }
    if (!what.isCompleted() && after.equals(state)) {
      return false; // Without effect and without an answer: nothing is gained by placing it.
    }
    if (makesAnotherImpossible(operation, after)) {
      return false;
    }
    put(operation);
    if (!visited.add(configuration(after))) {
      remove(operation);
      return false;
    }
    path.addLast(new Placement<>(operation, state));
    state = after;
    return true;
  }

  private Configuration configuration(S after) {
    int wall = firstReturn();
    int first = wall == end ? returned : Math.min(operationAt[wall], returned);
    return new Configuration(first, placedReturned.get(first, returned), placedOpen, after);
  }

  private void put(int operation) {
    if (operation < returned) {
      placedReturned.set(operation);
    } else {
      placedOpen = (BitSet) placedOpen.clone();
      placedOpen.set(operation - returned);
    }
    if (operation < completed) {
      unlink(invocation[operation]);
      unlink(response[operation]);
    }
  }

  private void remove(int operation) {
    if (operation < returned) {
      placedReturned.clear(operation);
    } else {
      placedOpen = (BitSet) placedOpen.clone();
      placedOpen.clear(operation - returned);
    }
    if (operation < completed) {
      relink(response[operation]);
      relink(invocation[operation]);
    }
  }

  /** Whether an answered operation that may come next, too, could never come after this one. */
  private boolean makesAnotherImpossible(int operation, S after) {
    for (int event = next[end]; event != end && isInvocation[event]; event = next[event]) {
      Operation<I, O> other = operations.get(operationAt[event]);
      O output = other.output();
      if (operationAt[event] != operation
          && output != null
          && !model.isStillPossible(after, other.input(), output)) {
        return true;
      }
    }
    return false;
  }

  private void takeBack(Placement<S> placement) {
    remove(placement.operation());
    state = placement.stateBefore();
  }

  private void unlink(int event) {
    next[previous[event]] = next[event];
    previous[next[event]] = previous[event];
  }

  private void relink(int event) {
    next[previous[event]] = event;
    previous[next[event]] = event;
  }

  private void noteDeadEnd() {
    int wall = firstReturn();
    if (wall > furthest || (wall == furthest && path.size() > furthestPath.size())) {
      furthest = wall;
      furthestPath = path.stream().map(Placement::operation).toList();
      furthestState = state;
    }
  }

  /** The counterexample, after an exhausted search. */
  Verdict.Violation<I, O> violation(String partition) {
    BitSet explained = new BitSet();
    furthestPath.forEach(explained::set);
    int misfit = operationAt[furthest];
    List<Operation<I, O>> pending = new ArrayList<>();
    for (int e = 0; e < furthest; e++) {
      if (isInvocation[e] && operationAt[e] != misfit && !explained.get(operationAt[e])) {
        pending.add(operations.get(operationAt[e]));
      }
    }
    return new Verdict.Violation<>(
        partition,
        furthestPath.stream().map(operations::get).toList(),
        String.valueOf(furthestState),
        operations.get(misfit),
        pending);
  }
}
