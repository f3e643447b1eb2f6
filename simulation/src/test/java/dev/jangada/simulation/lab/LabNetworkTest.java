package dev.jangada.simulation.lab;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The course's own tests of its network, and some of what it says the network does. */
class LabNetworkTest {

  private static final LabNetwork.Handler ECHO = (request, answer) -> answer.accept(request);

  private final VirtualWorld world = new VirtualWorld(1, null);
  private final LabNetwork network = world.network();
  private final LabNetwork.Endpoint server = network.newEndpoint();

  @AfterEach
  void closeWorld() {
    world.close();
  }

  /** A call, and how it ended. */
  private final class Call {
    private boolean over;
    private byte @Nullable [] answer;
    private long nanos;

    Call(LabNetwork.End end, byte[] request) {
      long begin = world.nowNanos();
      end.call(
          request,
          result -> {
            assertThat(over).as("told once").isFalse();
            over = true;
            answer = result;
            nanos = world.nowNanos() - begin;
          });
    }

    boolean succeeded() {
      assertThat(over).isTrue();
      return answer != null;
    }
  }

  private LabNetwork.End newEnd(boolean enabled) {
    LabNetwork.End end = network.newEnd(server);
    end.enable(enabled);
    return end;
  }

  private static byte[] bytes(int size) {
    return "x".repeat(size).getBytes(UTF_8);
  }

  private List<Call> calls(int count, LabNetwork.End end, byte[] request) {
    List<Call> calls = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      calls.add(new Call(end, request));
    }
    return calls;
  }

  private void passSeconds(long seconds) {
    world.sleep(TimeUnit.SECONDS.toNanos(seconds));
  }

  @Test
  void enabledEndReachesItsServerAndBringsBackTheAnswer() {
    server.serve((request, answer) ->
        answer.accept(("handled " + new String(request, UTF_8)).getBytes(UTF_8)));
    Call call = new Call(newEnd(true), "111".getBytes(UTF_8));
    passSeconds(1);
    assertThat(call.answer).asString(UTF_8).isEqualTo("handled 111");
  }

  @Test
  void disabledEndHasNoEffect() {
    List<String> handled = new ArrayList<>();
    server.serve((request, answer) -> handled.add(new String(request, UTF_8)));
    LabNetwork.End end = newEnd(false);
    Call call = new Call(end, "111".getBytes(UTF_8));
    passSeconds(1);
    assertThat(call.succeeded()).isFalse();
    assertThat(handled).isEmpty();
    assertThat(server.handled()).isZero();

    server.serve(ECHO);
    end.enable(true);
    Call second = new Call(end, "9".getBytes(UTF_8));
    passSeconds(1);
    assertThat(second.succeeded()).isTrue();
  }

  @Test
  void endWithoutServerFailsWithinATenthOfASecond() {
    Call call = new Call(newEnd(true), bytes(1));
    passSeconds(1);
    assertThat(call.succeeded()).isFalse();
    assertThat(call.nanos).isLessThan(TimeUnit.MILLISECONDS.toNanos(100));
  }

  @Test
  void seventeenCallsCountSeventeen() {
    server.serve(ECHO);
    LabNetwork.End end = newEnd(true);
    for (int i = 0; i < 17; i++) {
      assertThat(server.handled()).isEqualTo(i);
      Call call = new Call(end, bytes(3));
      passSeconds(1);
      assertThat(call.succeeded()).isTrue();
    }
    assertThat(server.handled()).isEqualTo(17);
    assertThat(network.rpcs()).isEqualTo(17);
  }

  /**
   * The course allows for what its encoding adds: 17 requests of 284 characters may have from 4828
   * (17 × 284) to 6000 bytes. Here bytes are counted as they are given, so the least is exact.
   */
  @Test
  void bytesOfRequestsAreCountedWhenTheyAreSent() {
    server.serve((request, answer) -> answer.accept(new byte[0]));
    List<Call> calls = calls(17, newEnd(true), bytes(284));
    assertThat(network.bytes()).as("before any arrives").isEqualTo(17 * 284);
    passSeconds(1);
    assertThat(calls).allMatch(Call::succeeded);
    assertThat(network.bytes()).isEqualTo(17 * 284);
  }

  /** The course: 17 answers of 107 characters, from 1800 (17 × 107 is 1819) to 2500 bytes. */
  @Test
  void bytesOfAnswersAreCountedWhenTheyAreDelivered() {
    server.serve((request, answer) -> answer.accept(bytes(107)));
    List<Call> calls = calls(17, newEnd(true), new byte[0]);
    assertThat(network.bytes()).isZero();
    passSeconds(1);
    assertThat(calls).allMatch(Call::succeeded);
    assertThat(network.bytes()).isEqualTo(17 * 107);
  }

  @Test
  void bytesOnDeadLinksCountToo() {
    List<Call> unused = calls(3, newEnd(false), bytes(100));
    assertThat(network.bytes()).isEqualTo(300);
    assertThat(network.rpcs()).isEqualTo(3);
  }

  @Test
  void twentyClientsWithTenCallsEachAllSucceed() {
    server.serve(ECHO);
    List<Call> calls = new ArrayList<>();
    for (int client = 0; client < 20; client++) {
      LabNetwork.End end = newEnd(true);
      calls.addAll(calls(10, end, ("" + client).getBytes(UTF_8)));
    }
    passSeconds(1);
    assertThat(calls).hasSize(200).allMatch(Call::succeeded);
    assertThat(server.handled()).isEqualTo(200);
  }

  @Test
  void twentyCallsAtOnceOnOneEndAllSucceed() {
    server.serve(ECHO);
    List<Call> calls = calls(20, newEnd(true), bytes(1));
    passSeconds(1);
    assertThat(calls).allMatch(Call::succeeded);
    assertThat(server.handled()).isEqualTo(20);
  }

  @Test
  void ofThreeHundredUnreliableCallsSomeFailAndSomeDoNot() {
    server.serve(ECHO);
    network.reliable(false);
    List<Call> calls = calls(300, newEnd(true), bytes(10));
    passSeconds(1);
    long succeeded = calls.stream().filter(Call::succeeded).count();
    // 0.9 × 0.9 of them, give or take four standard deviations.
    assertThat(succeeded).isBetween(215L, 271L);
    assertThat(server.handled())
        .as("a lost answer had its effect")
        .isGreaterThan(succeeded)
        .isLessThan(300);
  }

  @Test
  void lossIsToldAtOnceAndADeadLinkLate() {
    server.serve(ECHO);
    network.reliable(false);
    network.longDelays(true);
    List<Call> lossy = calls(300, newEnd(true), bytes(10));
    List<Call> dead = calls(300, newEnd(false), bytes(10));
    passSeconds(10);
    assertThat(lossy).allMatch(call -> call.over && call.nanos < TimeUnit.MILLISECONDS.toNanos(28));
    assertThat(dead).noneMatch(Call::succeeded);
    assertThat(dead).allMatch(call -> call.nanos < TimeUnit.SECONDS.toNanos(7));
    assertThat(dead).anyMatch(call -> call.nanos > TimeUnit.SECONDS.toNanos(5));
  }

  @Test
  void callsOnADisabledEndDoNotDelayOneThatIsMadeOnceItIsEnabled() {
    server.serve(ECHO);
    LabNetwork.End end = newEnd(false);
    network.longDelays(true);
    List<Call> dead = calls(20, end, bytes(1));
    world.sleepMillis(100);
    end.enable(true);
    Call call = new Call(end, bytes(1));
    world.sleepMillis(30);
    assertThat(call.succeeded()).isTrue();
    passSeconds(8);
    assertThat(dead).noneMatch(Call::succeeded);
    assertThat(server.handled()).isEqualTo(1);
  }

  @Test
  void deletingAServerFreesACallThatItNeverAnswers() {
    server.serve((request, answer) -> {});
    Call call = new Call(newEnd(true), bytes(1));
    world.sleepMillis(1000);
    assertThat(call.over).isFalse();
    server.serve(null);
    world.sleepMillis(101);
    assertThat(call.succeeded()).isFalse();
  }

  @Test
  void answerOverALinkThatWasCutMeanwhileIsSuppressed() {
    List<Consumer<byte[]>> answers = new ArrayList<>();
    server.serve((request, answer) -> answers.add(answer));
    LabNetwork.End end = newEnd(true);
    Call call = new Call(end, bytes(1));
    world.sleepMillis(10);
    end.enable(false);
    answers.getFirst().accept(bytes(5));
    world.sleepMillis(200);
    assertThat(call.succeeded()).isFalse();
    assertThat(network.bytes()).isEqualTo(1);
  }

  @Test
  void longReorderingDelaysTwoThirdsOfTheAnswersAndDeliversThemOverCutLinks() {
    server.serve(ECHO);
    network.longReordering(true);
    LabNetwork.End end = newEnd(true);
    List<Call> calls = calls(300, end, bytes(1));
    world.sleepMillis(100);
    long prompt = calls.stream().filter(call -> call.over).count();
    assertThat(prompt).isBetween(67L, 133L);
    end.enable(false);
    passSeconds(3);
    assertThat(calls).allMatch(Call::succeeded);
    assertThat(calls)
        .allMatch(call ->
            call.nanos < TimeUnit.MILLISECONDS.toNanos(1)
                || call.nanos >= TimeUnit.MILLISECONDS.toNanos(200));
  }
}
