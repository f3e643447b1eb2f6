package dev.jangada.server.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.jangada.etcd.api.etcdserverpb.KVGrpc;
import dev.jangada.etcd.api.etcdserverpb.RangeRequest;
import dev.jangada.etcd.api.etcdserverpb.RangeResponse;
import dev.jangada.kv.KvStateMachine;
import dev.jangada.kv.store.HeapStore;
import dev.jangada.server.call.EtcdError;
import dev.jangada.server.call.ReadPool;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.Status;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class AuthInterceptorTest {

  private static final class RecordingCall extends ServerCall<RangeRequest, RangeResponse> {
    @Nullable Status status;

    @Override
    public void request(int messages) {}

    @Override
    public void sendHeaders(Metadata headers) {}

    @Override
    public void sendMessage(RangeResponse message) {}

    @Override
    public void close(Status closedWith, Metadata trailers) {
      status = closedWith;
    }

    @Override
    public boolean isCancelled() {
      return false;
    }

    @Override
    public MethodDescriptor<RangeRequest, RangeResponse> getMethodDescriptor() {
      return KVGrpc.getRangeMethod();
    }
  }

  @Test
  void callThatComesWhenTheStoreIsClosedIsToldThatTheServerHasStopped() {
    KvStateMachine store = new KvStateMachine(HeapStore.inMemory());
    store.close();
    RecordingCall call = new RecordingCall();
    try (ReadPool pool = new ReadPool("n1", 1)) {
      new AuthInterceptor(
              () -> CompletableFuture.completedFuture(0L),
              store,
              new SignedTokens(Duration.ofMinutes(1), InstantSource.system()),
              pool,
              false)
          .interceptCall(
              call,
              new Metadata(),
              (passed, headers) -> fail("a call was let through to a store that is closed"));
    }

    Status status = Objects.requireNonNull(call.status, "the call is open");
    assertThat(status.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(status.getDescription()).isEqualTo(EtcdError.STOPPED.text());
  }
}
