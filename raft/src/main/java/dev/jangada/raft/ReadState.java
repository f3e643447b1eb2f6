package dev.jangada.raft;

/**
 * The outcome of one {@link Raft#readIndex}.
 *
 * @param id the request's id
 * @param index once the state machine has applied this index, the read may be served from it;
 *     {@link #FAILED} if the leadership was lost on the way, in which case the request may be
 *     repeated under a new id
 */
public record ReadState(long id, long index) {

  /** The index of a read that could not be confirmed. */
  public static final long FAILED = -1;
}
