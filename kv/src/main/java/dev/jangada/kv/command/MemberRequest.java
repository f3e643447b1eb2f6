package dev.jangada.kv.command;

/**
 * A command of a member's own making, such as compaction by the clock: carried out whatever the
 * permissions are. No request of a client becomes one of these.
 *
 * @param command what; not one that says who wants it
 */
public record MemberRequest(Command command) implements Command {

  public MemberRequest {
    if (command instanceof AuthenticatedRequest || command instanceof MemberRequest) {
      throw new IllegalArgumentException("a member's own command has no caller");
    }
  }
}
