package dev.jangada.cli;

/** Ends a command with exit code 1 and a message that tells the user what failed and what to do. */
final class CommandFailure extends RuntimeException {
  private static final long serialVersionUID = 1;

  CommandFailure(String message) {
    super(message);
  }
}
