package dev.jangada.cli.cluster;

import java.util.Map;

/**
 * How a node's process ended.
 *
 * @param exitCode as the JDK reports it: 128 and the signal's number for one killed by a signal
 * @param wanted whether this process ended it
 */
public record NodeExit(int node, long pid, int exitCode, boolean wanted) {

  private static final int SIGNALLED = 128;

  private static final Map<Integer, String> SIGNALS =
      Map.of(
          1, "SIGHUP", 2, "SIGINT", 3, "SIGQUIT", 6, "SIGABRT", 7, "SIGBUS", 9, "SIGKILL", 11,
          "SIGSEGV", 15, "SIGTERM");

  /** For example {@code killed by SIGKILL} or {@code ended with exit code 1}. */
  public String describe() {
    String signal = SIGNALS.get(exitCode - SIGNALLED);
    return signal != null ? "killed by " + signal : "ended with exit code " + exitCode;
  }

  /** Whether the process was asked, by someone, to stop: by SIGINT or SIGTERM. */
  public boolean wasAskedToStop() {
    return exitCode == SIGNALLED + 2 || exitCode == SIGNALLED + 15 || exitCode == 0;
  }
}
