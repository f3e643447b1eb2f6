package dev.jangada.cli.ctl;

/** Ends a command with a message for the user and an exit code that scripts know from etcdctl. */
final class CtlException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** What went wrong, as the exit code tells it. */
  enum Kind {
    /** The server refused the request, or was lost on the way. */
    FAILURE(1),
    /** No connection, or no session: wrong password, no such lease. */
    CONNECTION(2),
    /** What was read from standard input makes no sense. */
    INPUT(3),
    /** A value that a flag does not take, or a format that the command does not have. */
    UNSUPPORTED(4),
    /** The server ended what should go on. */
    INTERRUPTED(5),
    /** Arguments that are missing, too many or malformed. */
    ARGUMENTS(128);

    private final int exitCode;

    Kind(int exitCode) {
      this.exitCode = exitCode;
    }
  }

  private final Kind kind;

  CtlException(Kind kind, String message) {
    super(message);
    this.kind = kind;
  }

  /** Says that the arguments are wrong. */
  static CtlException arguments(String message) {
    return new CtlException(Kind.ARGUMENTS, message);
  }

  int exitCode() {
    return kind.exitCode;
  }
}
