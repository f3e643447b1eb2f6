package dev.jangada.simulation.disk;

/**
 * The simulated disk has lost its power: the process that called it does not exist any more.
 * Nothing but the test around the process should catch this.
 */
public final class PowerLossException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  PowerLossException(String message) {
    super(message);
  }
}
