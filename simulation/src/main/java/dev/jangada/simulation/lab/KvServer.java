package dev.jangada.simulation.lab;

import dev.jangada.node.session.SessionStateMachine;
import dev.jangada.raft.Message;
import java.util.List;
import java.util.function.Consumer;

/**
 * A server of the key-value service: puts what clerks ask for into the log, and answers when it has
 * been applied. Every operation goes that way, reads too. Clerks whose command nobody can tell
 * anything of ask again, and the session says what became of it.
 */
final class KvServer implements LabNetwork.Handler {

  /** The answer of a server that does not lead, or no longer; anything else is longer. */
  static final byte[] NOT_LEADER = {};

  private static final int MAX_SESSIONS = 1000;

  private final LabWorld world;
  private final ReplicatedServer replicated;
  private final LabNetwork.Endpoint endpoint;

  /**
   * Creates a server that is down.
   *
   * @param snapshotBytes after so many bytes of commands it wants a snapshot; 0 for never
   */
  KvServer(LabWorld world, int number, List<Long> ids, long snapshotBytes, Consumer<Message> out) {
    this.world = world;
    this.replicated =
        new ReplicatedServer(
            world,
            number,
            ids,
            snapshotBytes,
            () -> new SessionStateMachine(new RegisterMachine(), MAX_SESSIONS),
            out);
    this.endpoint = world.network().newEndpoint();
  }

  LabServer server() {
    return replicated.server();
  }

  ReplicatedServer replicated() {
    return replicated;
  }

  LabNetwork.Endpoint endpoint() {
    return endpoint;
  }

  void start() {
    replicated.start();
    endpoint.serve(this);
  }

  void crash() {
    endpoint.serve(null);
    replicated.crash();
  }

  @Override
  public void handle(byte[] request, Consumer<byte[]> answer) {
    // Not on the thread of the network, which the server needs to go on.
    world.apart(() ->
        replicated.submit(request, result -> answer.accept(result == null ? NOT_LEADER : result)));
  }
}
