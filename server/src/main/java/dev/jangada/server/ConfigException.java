package dev.jangada.server;

/**
 * The configuration cannot be used. The message names the flag it is about, what is wrong with its
 * value, and what to do.
 */
public final class ConfigException extends IllegalArgumentException {

  private static final long serialVersionUID = 1;

  /** Creates the exception. */
  public ConfigException(String message) {
    super(message);
  }
}
