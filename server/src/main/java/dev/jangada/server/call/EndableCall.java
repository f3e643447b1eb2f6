package dev.jangada.server.call;

import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;

/**
 * A call that may be ended from outside, at any moment, by any thread. Its service goes on
 * answering until it is told that the client is gone; that leads nowhere.
 */
public final class EndableCall<ReqT, RespT> extends SimpleForwardingServerCall<ReqT, RespT> {

  /** Whether the call has been ended, by its service or from outside. Guarded by this. */
  private boolean ended;

  private volatile boolean endedFromOutside;

  /** Makes a call one that can be ended. */
  public EndableCall(ServerCall<ReqT, RespT> call) {
    super(call);
  }

  /** Ends it, unless it has ended. */
  public synchronized void end(Status status) {
    if (!ended) {
      ended = true;
      endedFromOutside = true;
      super.close(status, new Metadata());
    }
  }

  @Override
  public synchronized void sendHeaders(Metadata headers) {
    if (!ended) {
      super.sendHeaders(headers);
    }
  }

  @Override
  public synchronized void sendMessage(RespT message) {
    if (!ended) {
      super.sendMessage(message);
    }
  }

  @Override
  public synchronized void close(Status status, Metadata trailers) {
    if (!ended) {
      ended = true;
      super.close(status, trailers);
    }
  }

  /**
   * What is to be told of the call.
   *
   * @param ofService what the service that answers it wants to be told
   * @param whenOver called when nobody listens to answers any more
   */
  public ServerCall.Listener<ReqT> listener(
      ServerCall.Listener<ReqT> ofService, Runnable whenOver) {
    return new SimpleForwardingServerCallListener<>(ofService) {
      @Override
      public void onMessage(ReqT message) {
        if (!endedFromOutside) {
          super.onMessage(message);
        }
      }

      @Override
      public void onHalfClose() {
        if (!endedFromOutside) {
          super.onHalfClose();
        }
      }

      @Override
      public void onComplete() {
        whenOver.run();
        if (endedFromOutside) {
          super.onCancel();
        } else {
          super.onComplete();
        }
      }

      @Override
      public void onCancel() {
        whenOver.run();
        super.onCancel();
      }
    };
  }
}
