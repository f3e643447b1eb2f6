package dev.jangada.kv;

import java.util.List;

/**
 * Hears what happens to keys, as it happens. Called on the thread that applies entries, which it
 * must not hold up.
 */
public interface EventListener {

  /**
   * Some entries have been applied, and their effects can be read.
   *
   * @param revision the current revision since
   * @param events what they did, by revision, nothing left out since the last call; possibly none
   */
  void committed(long revision, List<KeyEvent> events);

  /** Who may do what has changed, by the last entries applied or by a snapshot. */
  default void accessChanged() {}

  /**
   * The whole state has been replaced by that of a snapshot. What happened up to there is not told;
   * as far as it has not been compacted it can be read with {@link KvStateMachine#events}.
   *
   * @param revision the current revision since
   */
  void restored(long revision);
}
