package dev.jangada.cli.bench;

/** Watchers were not told what happened, or it cannot be known. The message is for people. */
final class WatchFailure extends Exception {

  private static final long serialVersionUID = 1;

  WatchFailure(String message) {
    super(message);
  }
}
