package dev.jangada.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.etcd.jetcd.common.exception.EtcdException;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/** Waits for what was asked, and looks at refusals. */
final class Answers {

  private static final int PATIENCE_SECONDS = 60;

  private Answers() {}

  /** The answer. */
  static <T> T answer(CompletableFuture<T> call)
      throws ExecutionException, InterruptedException, TimeoutException {
    return call.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  /** jetcd's call is refused with this code and exactly this message. */
  static void assertRefused(CompletableFuture<?> call, Status.Code code, String message) {
    ExecutionException failure =
        catchThrowableOfType(
            ExecutionException.class, () -> call.get(PATIENCE_SECONDS, TimeUnit.SECONDS));
    assertThat(failure).as("refusal: %s", message).isNotNull();
    assertThat(status(failure).getDescription()).isEqualTo(message);
    assertThat(status(failure).getCode()).isEqualTo(code);
  }

  /**
   * What the server answered. jetcd passes it on in one of two ways, and below a status of its own
   * when it is the request for a token that was refused.
   */
  static Status status(Throwable failure) {
    Status answered = null;
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof EtcdException refusal) {
        answered =
            Status.fromCode(Status.Code.valueOf(refusal.getErrorCode().name()))
                .withDescription(refusal.getMessage());
      } else if (cause instanceof StatusRuntimeException refusal) {
        answered = refusal.getStatus();
      }
    }
    if (answered == null) {
      throw new AssertionError("not what a server answers", failure);
    }
    return answered;
  }

  /** A call by gRPC is refused with this code and exactly this message. */
  static void assertRefused(Supplier<?> call, Status.Code code, String message) {
    StatusRuntimeException refusal = catchThrowableOfType(StatusRuntimeException.class, call::get);
    assertThat(refusal).as("refusal: %s", message).isNotNull();
    assertThat(refusal.getStatus().getDescription()).isEqualTo(message);
    assertThat(refusal.getStatus().getCode()).isEqualTo(code);
  }
}
