package dev.jangada.raft;

/**
 * A broken invariant: a bug in this program, or state that someone else changed under it. The node
 * that meets it must stop, because whatever it would do next could be wrong for good. An {@link
 * Error}, so that nothing that handles exceptions swallows it.
 */
public final class InvariantViolation extends Error {

  private static final long serialVersionUID = 1;

  public InvariantViolation(String message) {
    super(message);
  }
}
