package dev.jangada.raft;

/**
 * Bytes from a peer or a file that are not what they should be. The message says what was found
 * where.
 */
public final class MalformedMessageException extends Exception {

  private static final long serialVersionUID = 1;

  public MalformedMessageException(String message) {
    super(message);
  }
}
