package dev.jangada.kv.command;

import org.jspecify.annotations.Nullable;

/**
 * A command together with who wants it. Whether the caller may have it is decided when it is
 * applied, by the permissions of that moment, which are the same on every member.
 *
 * @param caller who wants it
 * @param command what; not one of this kind
 */
public record AuthenticatedRequest(Caller caller, Command command) implements Command {

  public AuthenticatedRequest {
    if (command instanceof AuthenticatedRequest || command instanceof MemberRequest) {
      throw new IllegalArgumentException("a command has one caller");
    }
  }

  /** The command itself, whoever wants it. */
  public static Command bare(Command command) {
    return switch (command) {
      case AuthenticatedRequest request -> request.command();
      case MemberRequest request -> request.command();
      default -> command;
    };
  }

  /** Who wants a command; null if that is not said. */
  public static @Nullable Caller callerOf(Command command) {
    return command instanceof AuthenticatedRequest request ? request.caller() : null;
  }
}
