package dev.jangada.server;

import com.google.protobuf.MessageLite;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;

/**
 * Refuses messages that are too large in the words that clients of etcd know, those of its gRPC
 * library. The one used here has other words; it has to let pass what is a little too large, and
 * still refuses by itself what is larger than that.
 *
 * @param maxBytes largest size of a message
 */
record MessageLimit(int maxBytes) implements ServerInterceptor {

  /** What the library must let pass, for this to see it. */
  int maxReceivedBytes() {
    return (int) Math.min(2L * maxBytes, Integer.MAX_VALUE);
  }

  @Override
  public <ReqT, RespT> ServerCall.Listener<ReqT> interceptCall(
      ServerCall<ReqT, RespT> call, Metadata headers, ServerCallHandler<ReqT, RespT> next) {
    return new SimpleForwardingServerCallListener<>(next.startCall(call, headers)) {

      private boolean refused;

      @Override
      public void onMessage(ReqT message) {
        if (refused) {
          return;
        }
        // Kept in the message: whoever asks later does not count again.
        int size = message instanceof MessageLite sized ? sized.getSerializedSize() : 0;
        if (size <= maxBytes) {
          super.onMessage(message);
          return;
        }
        refused = true;
        call.close(
            Status.RESOURCE_EXHAUSTED.withDescription(
                "grpc: received message larger than max (%d vs. %d)".formatted(size, maxBytes)),
            new Metadata());
        // For the service it is as if the client were gone.
        super.onCancel();
      }

      @Override
      public void onHalfClose() {
        if (!refused) {
          super.onHalfClose();
        }
      }

      @Override
      public void onCancel() {
        if (!refused) {
          super.onCancel();
        }
      }

      @Override
      public void onComplete() {
        if (!refused) {
          super.onComplete();
        }
      }

      @Override
      public void onReady() {
        if (!refused) {
          super.onReady();
        }
      }
    };
  }
}
