package dev.jangada.cli.bench;

import com.google.protobuf.ByteString;
import com.google.protobuf.MessageLite;
import dev.jangada.etcd.api.etcdserverpb.KVGrpc;
import dev.jangada.etcd.api.etcdserverpb.PutRequest;
import dev.jangada.etcd.api.etcdserverpb.RangeRequest;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.MethodDescriptor;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.util.function.BiFunction;

/**
 * A kind of request.
 *
 * @param name for reports
 */
record Operation<Q extends MessageLite, A extends MessageLite>(
    String name, MethodDescriptor<Q, A> method, BiFunction<ByteString, ByteString, Q> request) {

  /** Writes a value. */
  static Operation<?, ?> put() {
    return new Operation<>(
        "put",
        KVGrpc.getPutMethod(),
        (key, value) -> PutRequest.newBuilder().setKey(key).setValue(value).build());
  }

  /**
   * Reads one key.
   *
   * @param serializable whether the node may answer from what it has, however old
   */
  static Operation<?, ?> range(boolean serializable) {
    return new Operation<>(
        serializable ? "range (serializable)" : "range (linearizable)",
        KVGrpc.getRangeMethod(),
        (key, value) ->
            RangeRequest.newBuilder().setKey(key).setSerializable(serializable).build());
  }

  /** Starts a request; the answer's end or failure is told to {@code outcome}. */
  void start(Channel channel, ByteString key, ByteString value, Outcome outcome) {
    ClientCalls.asyncUnaryCall(
        channel.newCall(method, CallOptions.DEFAULT),
        request.apply(key, value),
        new StreamObserver<A>() {
          @Override
          public void onNext(A answer) {}

          @Override
          public void onError(Throwable failure) {
            outcome.failed(failure);
          }

          @Override
          public void onCompleted() {
            outcome.answered();
          }
        });
  }

  /** Told, once, how a request ended. */
  interface Outcome {
    void answered();

    void failed(Throwable failure);
  }
}
