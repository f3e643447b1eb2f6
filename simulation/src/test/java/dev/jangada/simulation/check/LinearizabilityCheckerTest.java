package dev.jangada.simulation.check;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jangada.simulation.check.RegisterModel.Append;
import dev.jangada.simulation.check.RegisterModel.Get;
import dev.jangada.simulation.check.RegisterModel.Put;
import dev.jangada.simulation.check.RegisterModel.Request;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Histories whose verdict is known. */
class LinearizabilityCheckerTest {

  @Test
  void emptyHistoryIsLinearizable() {
    assertThat(check().isLinearizable()).isTrue();
  }

  @Test
  void sequentialHistoryIsLinearizable() {
    assertThat(check(put("a", 0, 1), get("a", 2, 3), put("b", 4, 5), get("b", 6, 7)))
        .isInstanceOf(Verdict.Linearizable.class);
  }

  @Test
  void readBeforeAnyWriteIsEmpty() {
    assertThat(check(get("", 0, 1)).isLinearizable()).isTrue();
    assertThat(check(get("a", 0, 1)).isLinearizable()).isFalse();
  }

  @Test
  void readDuringWriteSeesEitherValue() {
    assertThat(check(put("a", 0, 10), get("", 2, 3), get("a", 4, 5)).isLinearizable()).isTrue();
  }

  @Test
  void readsDuringWriteNeverGoBack() {
    assertThat(check(put("a", 0, 10), get("a", 2, 3), get("", 4, 5)).isLinearizable()).isFalse();
  }

  @Test
  void staleReadIsRejected() {
    Verdict<Request, String> verdict =
        check(put("a", 0, 1), put("b", 2, 3), get("a", 4, 5), get("b", 6, 7));

    assertThat(verdict).isInstanceOf(Verdict.Violation.class);
    Verdict.Violation<Request, String> violation = (Verdict.Violation<Request, String>) verdict;
    assertThat(violation.prefix()).containsExactly(put("a", 0, 1), put("b", 2, 3));
    assertThat(violation.state()).isEqualTo("b");
    assertThat(violation.misfit()).isEqualTo(get("a", 4, 5));
    assertThat(violation.pending()).isEmpty();
  }

  @Test
  void lostUpdateIsRejected() {
    assertThat(check(append("a", 0, 1), append("b", 2, 3), get("a", 4, 5)).isLinearizable())
        .isFalse();
    assertThat(check(append("a", 0, 3), append("b", 1, 4), get("b", 5, 6)).isLinearizable())
        .isFalse();
    assertThat(check(append("a", 0, 3), append("b", 1, 4), get("ba", 5, 6)).isLinearizable())
        .isTrue();
  }

  @Test
  void appendThatTookEffectTwiceIsRejected() {
    assertThat(check(append("a", 0, 1), append("b", 2, 3), get("aba", 4, 5)).isLinearizable())
        .isFalse();
    assertThat(check(lostAppend("a", 0), append("b", 2, 3), get("aba", 4, 5)).isLinearizable())
        .as("an unanswered one takes effect at most once, too")
        .isFalse();
  }

  @Test
  void unansweredWriteMayNeverTakeEffect() {
    assertThat(check(put("a", 0, 1), lostPut("b", 2), get("a", 4, 5)).isLinearizable()).isTrue();
  }

  @Test
  void unansweredWriteMayTakeEffectMuchLater() {
    assertThat(
            check(put("a", 0, 1), lostPut("b", 2), get("a", 4, 5), put("c", 6, 7), get("b", 8, 9))
                .isLinearizable())
        .isTrue();
  }

  @Test
  void unansweredWriteTakesEffectOnce() {
    assertThat(
            check(lostPut("b", 0), get("b", 1, 2), put("c", 3, 4), get("c", 5, 6), get("b", 7, 8))
                .isLinearizable())
        .isFalse();
  }

  @Test
  void unansweredWriteTakesNoEffectBeforeItsInvocation() {
    assertThat(check(get("b", 0, 1), lostPut("b", 2)).isLinearizable()).isFalse();
  }

  @Test
  void unansweredWriteThatIsKnownToHaveTakenEffectMustBePlaced() {
    Operation<Request, String> append =
        new Operation<>(1, new Append("x", "b"), RegisterModel.DONE, 2, Operation.NEVER);

    assertThat(check(put("a", 0, 1), append, get("a", 4, 5)).isLinearizable()).isTrue();
    assertThat(check(put("a", 0, 1), append, get("ab", 4, 5)).isLinearizable()).isTrue();
    Operation<Request, String> read = new Operation<>(1, new Get("x"), "never", 2, Operation.NEVER);
    assertThat(check(put("a", 0, 1), read).isLinearizable()).isFalse();
  }

  @Test
  void unansweredReadSaysNothing() {
    assertThat(check(Operation.unknown(1, new Get("x"), 0), put("a", 1, 2)).isLinearizable())
        .isTrue();
  }

  @Test
  void returnAndInvocationAtTheSameTimeAreConcurrent() {
    assertThat(check(put("a", 0, 5), get("", 5, 6)).isLinearizable()).isTrue();
    assertThat(check(put("a", 0, 5), get("", 6, 7)).isLinearizable()).isFalse();
  }

  @Test
  void orderOfTheListDoesNotMatter() {
    assertThat(check(get("b", 6, 7), get("a", 2, 3), put("b", 4, 5), put("a", 0, 1)))
        .isInstanceOf(Verdict.Linearizable.class);
  }

  @Test
  void registersAreIndependent() {
    Operation<Request, String> other = Operation.completed(1, new Put("y", "z"), "ok", 2, 3);

    assertThat(check(put("a", 0, 1), other, get("a", 4, 5)).isLinearizable()).isTrue();
    Verdict<Request, String> verdict = check(other, put("a", 0, 1), get("z", 4, 5));
    assertThat(((Verdict.Violation<Request, String>) verdict).partition()).isEqualTo("x");
  }

  @Test
  void counterexampleReadsAsText() {
    Verdict<Request, String> verdict =
        check(put("a", 0, 1), put("b", 2, 9), lostPut("c", 3), get("a", 4, 5), get("z", 6, 8));

    assertThat(verdict)
        .hasToString(
            """
            Not linearizable: x.
            Longest order that explains the answers:
                [0 .. 1] client 1: put(x, a) -> ok
                [4 .. 5] client 1: get(x) -> a
                [2 .. 9] client 1: put(x, b) -> ok
                [3 .. ?] client 1: put(x, c) -> unknown
            State then: c
            Cannot be placed:
                [6 .. 8] client 1: get(x) -> z
            """);
  }

  @Test
  void longCounterexampleShowsItsEnd() {
    List<Operation<Request, String>> history = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      history.add(put("v" + i, 2L * i, 2L * i + 1));
    }
    history.add(get("v18", 100, 101));

    assertThat(LinearizabilityChecker.check(new RegisterModel(), history).toString())
        .contains("(last 12 of 20)", "put(x, v8)", "State then: v19", "get(x) -> v18")
        .doesNotContain("put(x, v7)");
  }

  @Test
  void searchIsGivenUpAtItsBound() {
    List<Operation<Request, String>> history = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      history.add(lostAppend("a" + i, 0));
    }
    history.add(get("nothing writes this", 1, 2));

    Verdict<Request, String> verdict =
        LinearizabilityChecker.check(new RegisterModel(), history, 10_000);

    assertThat(verdict).isEqualTo(new Verdict.Unknown<Request, String>("x", 10_000));
    assertThat(verdict.isLinearizable()).isFalse();
  }

  @Test
  void operationReturnsWithAnOutputAfterItsInvocation() {
    assertThatThrownBy(() -> new Operation<>(1, "in", null, 0, 1))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Operation.completed(1, "in", "out", 2, 1))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void historyForgetsRefusedAndKeepsPendingOperations() {
    History<String, String> history = new History<>();
    history.invoke(1, "refused", 0).refused();
    history.invoke(2, "pending", 1);
    history.invoke(3, "answered", 2).returned("yes", 3);

    assertThat(history.operations())
        .containsExactly(
            Operation.unknown(2, "pending", 1), Operation.completed(3, "answered", "yes", 2, 3));
  }

  @Test
  void operationEndsOnce() {
    History.Call<String, String> call = new History<String, String>().invoke(1, "in", 0);
    call.returned("out", 1);

    assertThatThrownBy(() -> call.returned("again", 2)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(call::refused).isInstanceOf(IllegalStateException.class);
  }

  @SafeVarargs
  private static Verdict<Request, String> check(Operation<Request, String>... history) {
    List<Operation<Request, String>> operations = new ArrayList<>();
    for (Operation<Request, String> operation : history) {
      operations.add(operation);
    }
    return LinearizabilityChecker.check(new RegisterModel(), operations);
  }

  private static Operation<Request, String> put(String value, long from, long to) {
    return Operation.completed(1, new Put("x", value), RegisterModel.DONE, from, to);
  }

  private static Operation<Request, String> append(String value, long from, long to) {
    return Operation.completed(1, new Append("x", value), RegisterModel.DONE, from, to);
  }

  private static Operation<Request, String> get(String value, long from, long to) {
    return Operation.completed(1, new Get("x"), value, from, to);
  }

  private static Operation<Request, String> lostPut(String value, long from) {
    return Operation.unknown(1, new Put("x", value), from);
  }

  private static Operation<Request, String> lostAppend(String value, long from) {
    return Operation.unknown(1, new Append("x", value), from);
  }
}
