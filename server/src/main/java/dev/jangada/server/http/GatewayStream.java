package dev.jangada.server.http;

import com.google.protobuf.Message;
import dev.jangada.etcd.api.etcdserverpb.WatchGrpc;
import dev.jangada.etcd.api.etcdserverpb.WatchRequest;
import dev.jangada.etcd.api.etcdserverpb.WatchResponse;
import io.grpc.MethodDescriptor.MethodType;
import java.util.function.Predicate;

/**
 * When the requests of a call are over. The end of an HTTP request's body is not it: a client that
 * speaks HTTP/1 has to end its request before it may expect an answer, and a watch is to go on, and
 * a keep-alive to be answered, though nothing more will be asked.
 *
 * @param streaming whether there may be any number of answers
 * @param opens whether something is owed to the client because of a request
 * @param settles whether with an answer one thing less is owed
 */
record GatewayStream(boolean streaming, Predicate<Message> opens, Predicate<Message> settles) {

  /** One request, one answer. */
  static final GatewayStream ONE_ANSWER =
      new GatewayStream(false, request -> false, answer -> false);

  /** One request, any number of answers until the service has no more. */
  private static final GatewayStream ANSWERS =
      new GatewayStream(true, request -> false, answer -> false);

  /** Each request has its answer. */
  private static final GatewayStream PAIRS =
      new GatewayStream(true, request -> true, answer -> true);

  /** A watch is owed events until it is cancelled, or refused, which is a way of cancelling. */
  private static final GatewayStream WATCH =
      new GatewayStream(
          true,
          request -> request instanceof WatchRequest watch && watch.hasCreateRequest(),
          answer -> answer instanceof WatchResponse watch && watch.getCanceled());

  static GatewayStream of(GatewayRoute route) {
    if (route.method().getFullMethodName().equals(WatchGrpc.getWatchMethod().getFullMethodName())) {
      return WATCH;
    }
    return route.method().getType() == MethodType.SERVER_STREAMING ? ANSWERS : PAIRS;
  }
}
