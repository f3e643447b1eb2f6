package dev.jangada.simulation.lab;

import java.util.Locale;

/** A scenario has found that something is not as it must be. */
final class LabFailure extends AssertionError {

  private static final long serialVersionUID = 1;

  LabFailure(String message) {
    super(message);
  }

  static LabFailure of(String format, Object... arguments) {
    return new LabFailure(String.format(Locale.ROOT, format, arguments));
  }
}
