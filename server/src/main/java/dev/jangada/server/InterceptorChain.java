package dev.jangada.server;

import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;

/**
 * Two interceptors, one after the other.
 *
 * @param first asked first, and the second only if it lets the call through
 */
record InterceptorChain(ServerInterceptor first, ServerInterceptor second)
    implements ServerInterceptor {

  @Override
  public <ReqT, RespT> ServerCall.Listener<ReqT> interceptCall(
      ServerCall<ReqT, RespT> call, Metadata headers, ServerCallHandler<ReqT, RespT> next) {
    return first.interceptCall(
        call,
        headers,
        (passed, passedHeaders) -> second.interceptCall(passed, passedHeaders, next));
  }
}
