package dev.jangada.cli.cluster;

/** A cluster could not be started; the message tells the user why and what to do. */
public final class ClusterException extends Exception {
  public ClusterException(String message) {
    super(message);
  }
}
