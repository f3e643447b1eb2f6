package dev.jangada.server.auth;

import dev.jangada.kv.KvStateMachine;
import dev.jangada.kv.auth.AuthState;
import dev.jangada.kv.command.AuthCommand;
import dev.jangada.kv.command.CommandCodec;
import dev.jangada.kv.command.Secret;
import dev.jangada.kv.store.HeapStore;
import dev.jangada.raft.Entry;
import dev.jangada.raft.Proposal;
import java.util.List;

/** States of users and roles, as a store comes to them. */
final class AuthStates {

  private AuthStates() {}

  static AuthState neverEnabled() {
    return after(List.of());
  }

  /** Permissions count; tokens are signed with a secret of one byte. */
  static AuthState enabled(int secret) {
    return after(
        List.of(
            new AuthCommand.AddUser("root", null),
            new AuthCommand.GrantRole("root", "root"),
            new AuthCommand.Enable(Secret.of(new byte[] {(byte) secret}))));
  }

  private static AuthState after(List<AuthCommand> commands) {
    try (KvStateMachine machine = new KvStateMachine(new HeapStore())) {
      long index = 0;
      for (AuthCommand command : commands) {
        index++;
        Proposal proposal = new Proposal(1, index, CommandCodec.encode(command));
        var unused = machine.apply(List.of(Entry.command(index, 1, proposal)));
      }
      return machine.auth();
    }
  }
}
