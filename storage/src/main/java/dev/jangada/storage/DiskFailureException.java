package dev.jangada.storage;

/**
 * A write, sync or read of the log failed. Fatal to the node: after a failed sync nobody knows what
 * is durable, and trying again would report success for data that the operating system has already
 * given up (Rebello et al., "Can Applications Recover from fsync Failures?", ATC'20). The only way
 * on is to stop the process and to open the log anew.
 */
public final class DiskFailureException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  DiskFailureException(String message, Throwable cause) {
    super(message, cause);
  }
}
