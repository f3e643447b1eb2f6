package dev.jangada.cli.ctl;

import dev.jangada.etcd.api.etcdserverpb.Member;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import java.util.stream.Stream;

/** Asks each of several servers the same, all at once. */
final class Servers {

  private Servers() {}

  /** What one server said. */
  sealed interface Outcome<T> {

    Endpoint endpoint();

    /** It answered. */
    record Answered<T>(Endpoint endpoint, T value) implements Outcome<T> {}

    /** It refused, or could not be reached. */
    record Failed<T>(Endpoint endpoint, CtlException failure) implements Outcome<T> {}
  }

  /**
   * The servers that a command is about.
   *
   * @param cluster whether to take all members instead of those that the user named
   */
  static List<Endpoint> endpoints(Ctl ctl, boolean cluster) {
    if (!cluster) {
      return ctl.endpoints();
    }
    List<String> urls =
        MemberCommand.members(ctl).getMembersList().stream()
            .map(Member::getClientURLsList)
            .flatMap(List::stream)
            .toList();
    return Endpoint.all(urls);
  }

  /** Asks all of them; the outcomes are in their order. */
  static <T> List<Outcome<T>> ask(
      Ctl ctl, List<Endpoint> endpoints, Function<Connection, T> question)
      throws InterruptedException {
    List<Connection> connections = endpoints.stream().map(ctl::connectionTo).toList();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<T>> answers = new ArrayList<>();
      connections.forEach(server -> answers.add(threads.submit(() -> question.apply(server))));
      List<Outcome<T>> outcomes = new ArrayList<>();
      for (int i = 0; i < answers.size(); i++) {
        outcomes.add(outcome(endpoints.get(i), answers.get(i)));
      }
      return outcomes;
    } finally {
      connections.forEach(Connection::close);
    }
  }

  private static <T> Outcome<T> outcome(Endpoint endpoint, Future<T> answer)
      throws InterruptedException {
    try {
      return new Outcome.Answered<>(endpoint, answer.get());
    } catch (ExecutionException e) {
      if (e.getCause() instanceof CtlException failure) {
        return new Outcome.Failed<>(endpoint, failure);
      }
      throw new IllegalStateException("asking " + endpoint.text(), e);
    }
  }

  /** Those that answered. */
  static <T> Stream<Outcome.Answered<T>> answered(List<Outcome<T>> outcomes) {
    return outcomes.stream()
        .filter(outcome -> outcome instanceof Outcome.Answered<T>)
        .map(outcome -> (Outcome.Answered<T>) outcome);
  }

  /** Says which failed; ends the command if one did. */
  static <T> void requireAll(Ctl ctl, List<Outcome<T>> outcomes, String what) {
    int failed = 0;
    for (Outcome<T> outcome : outcomes) {
      if (outcome instanceof Outcome.Failed<T> failure) {
        ctl.complain(
            "Failed to %s %s (%s)"
                .formatted(what, outcome.endpoint().text(), failure.failure().getMessage()));
        failed++;
      }
    }
    if (failed > 0) {
      throw new CtlException(
          CtlException.Kind.FAILURE, failed + " of " + outcomes.size() + " servers failed");
    }
  }
}
