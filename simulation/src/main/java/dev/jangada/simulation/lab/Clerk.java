package dev.jangada.simulation.lab;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.jangada.node.session.SessionCommand;
import dev.jangada.node.session.SessionResult;
import dev.jangada.simulation.check.History;
import dev.jangada.simulation.check.RegisterModel;
import dev.jangada.simulation.check.RegisterModel.Request;
import java.util.List;
import java.util.function.Consumer;

/**
 * A client's way to the key-value service: asks one server after the other, for ever, until one has
 * answered. It has a session, so that an operation takes effect once however often it is asked for.
 * One operation at a time.
 *
 * <p>For the thread of the network, except as noted.
 */
final class Clerk {

  /** How long to wait after no server wanted to be the leader. */
  private static final long PAUSE_NANOS = 20 * LabWorld.MILLIS;

  private final LabWorld world;
  private final int number;
  private final List<LabNetwork.End> ends;
  private final History<Request, String> history;
  private int leader;
  private long session;
  private long sequence;

  Clerk(LabWorld world, int number, List<LabNetwork.End> ends, History<Request, String> history) {
    this.world = world;
    this.number = number;
    this.ends = ends;
    this.history = history;
  }

  /** Lets it reach all servers. For any thread. */
  void connect() {
    ends.forEach(end -> end.enable(true));
  }

  /** Has the operation begin on the thread of the network. For any thread. */
  void begin(Request request, Consumer<String> done) {
    world.network().after(0, () -> ask(request, done));
  }

  /** Does an operation. */
  void ask(Request request, Consumer<String> done) {
    History.Call<Request, String> call = history.invoke(number, request, world.nowNanos());
    withSession(() -> {
      sequence++;
      byte[] command = RegisterMachine.encode(request);
      send(
          new SessionCommand.Execute(session, sequence, sequence - 1, command).encode(),
          0,
          result -> {
            if (!(result instanceof SessionResult.Executed(byte[] answer))) {
              throw LabFailure.of("%s was answered with %s", request, result);
            }
            boolean isGet = request instanceof RegisterModel.Get;
            String output = isGet ? new String(answer, UTF_8) : RegisterModel.DONE;
            call.returned(output, world.nowNanos());
            done.accept(output);
          });
    });
  }

  private void withSession(Runnable then) {
    if (session > 0) {
      then.run();
      return;
    }
    send(
        new SessionCommand.Open().encode(),
        0,
        result -> {
          if (!(result instanceof SessionResult.Opened(long opened))) {
            throw LabFailure.of("a session was asked for, and the answer was %s", result);
          }
          session = opened;
          then.run();
        });
  }

  /**
   * Sends a command until it is answered.
   *
   * @param refusals how many servers in a row were no help
   */
  private void send(byte[] command, int refusals, Consumer<SessionResult> done) {
    ends.get(leader)
        .call(
            command,
            answer -> {
              if (answer != null && answer.length > 0) {
                done.accept(SessionResult.decode(answer));
                return;
              }
              leader = (leader + 1) % ends.size();
              long pause = (refusals + 1) % ends.size() == 0 ? PAUSE_NANOS : 0;
              world.network().after(pause, () -> send(command, refusals + 1, done));
            });
  }
}
