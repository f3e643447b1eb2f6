package dev.jangada.node.request;

import dev.jangada.raft.ChangeRefusal;
import org.jspecify.annotations.Nullable;

/**
 * Why a request to a {@link dev.jangada.node.RaftNode} was not, or not verifiably, carried out.
 * Futures of the node fail with it, methods that answer at once throw it.
 */
public final class RaftException extends RuntimeException {

  private static final long serialVersionUID = 1;

  /** What kind of failure it is. */
  public enum Reason {
    /** No leader was known until the request's time was up. It has had no effect. */
    NO_LEADER,
    /** The request is for the leader only, and this node is not the leader. No effect. */
    NOT_LEADER,
    /**
     * The request's time was up before its outcome was known. A command may have taken effect or
     * may yet do so; a read has no effect in any case.
     */
    TIMEOUT,
    /** The command is larger than the cluster accepts. It has had no effect. */
    TOO_LARGE,
    /** Too much is under way already. No effect; try again later. */
    OVERLOADED,
    /**
     * The command was in this node's log as the leader's, and another leader's entry was committed
     * in its place. It has had no effect and never will.
     */
    LOST,
    /**
     * The leader refused a change of the membership, for the reason that {@link
     * RaftException#changeRefusal} tells. No effect.
     */
    CHANGE_REFUSED,
    /** The node that was to lead has no vote, or has lost it in the meantime. No effect. */
    NOT_A_VOTER,
    /** The node was closed, or has stopped because of a failure. */
    STOPPED
  }

  private final Reason reason;
  private final boolean outcomeUnknown;
  private final @Nullable ChangeRefusal changeRefusal;

  /** A failure for any reason but {@link Reason#CHANGE_REFUSED}. */
  public RaftException(Reason reason, boolean outcomeUnknown, String message) {
    this(reason, outcomeUnknown, message, null);
  }

  /**
   * A failure.
   *
   * @param outcomeUnknown whether the command may have taken effect, or may yet do so
   * @param message for people
   * @param changeRefusal why a change of the membership was refused; null unless that is the reason
   */
  public RaftException(
      Reason reason,
      boolean outcomeUnknown,
      String message,
      @Nullable ChangeRefusal changeRefusal) {
    // Refusals are values in all but name: they are made in numbers when a cluster is in trouble,
    // and the stack of the thread that makes them tells nothing.
    super(message, null, false, false);
    this.reason = reason;
    this.outcomeUnknown = outcomeUnknown;
    this.changeRefusal = changeRefusal;
  }

  /** What kind of failure it is. */
  public Reason reason() {
    return reason;
  }

  /** Why a change of the membership was refused; null unless that is the reason. */
  public @Nullable ChangeRefusal changeRefusal() {
    return changeRefusal;
  }

  /**
   * Whether the command may have taken effect, or may yet do so. Only when this is false is it safe
   * to submit a command again that must not take effect twice.
   */
  public boolean outcomeUnknown() {
    return outcomeUnknown;
  }
}
