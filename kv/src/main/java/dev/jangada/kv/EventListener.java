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
}
