package dev.jangada.server.lock;

import dev.jangada.server.call.EtcdError;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;

/**
 * The ways in which locks and elections refuse, with etcd's texts. There they are told by a client
 * within the server, for which reason all have the code UNKNOWN, and other texts than elsewhere.
 */
enum ConcurrencyError {
  NO_LEADER("election: no leader"),
  NOT_LEADER("election: not leader"),
  MISSING_LEADER("\"leader\" field must be provided"),
  SESSION_EXPIRED("mutex: session is expired"),
  LEASE_NOT_FOUND(EtcdError.LEASE_NOT_FOUND.text());

  private final String text;

  ConcurrencyError(String text) {
    this.text = text;
  }

  StatusRuntimeException exception() {
    return Status.UNKNOWN.withDescription(text).asRuntimeException();
  }
}
