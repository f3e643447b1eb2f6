package dev.jangada.server.http;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import dev.jangada.server.call.AnswerMemory;
import dev.jangada.server.call.EtcdError;
import dev.jangada.server.call.RequestMemory;
import dev.jangada.server.http.JsonObjects.MalformedJsonException;
import dev.jangada.server.http.JsonObjects.TooLargeException;
import dev.jangada.server.http.PortStatistics.Event;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Status;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.util.concurrent.EventExecutor;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One call of a service on behalf of an HTTP request.
 *
 * <p>The connection's thread cuts the body into objects; a worker, always the same one, parses
 * them, makes the call, is told the answers, and writes them as JSON. So neither large bodies nor
 * large answers hold up other connections.
 *
 * <p>A client that does not read its stream is not sent more: the service is asked for answers only
 * as fast as the connection takes them.
 */
final class GatewayCall implements RequestHandler {

  private static final Logger LOG = LoggerFactory.getLogger(GatewayCall.class);

  private static final JsonFormat.Parser PARSER = JsonFormat.parser().ignoringUnknownFields();
  private static final JsonFormat.Printer PRINTER =
      JsonFormat.printer().preservingProtoFieldNames().omittingInsignificantWhitespace();

  /** How many times its size a body takes while it is collected, in an array that grows. */
  static final int BODY_COPIES = 2;

  /** How many times its size an answer takes while it is turned into text and bytes. */
  private static final int JSON_COPIES = 6;

  /** Answers that may be on their way to a client at once, for a watch not to fall behind. */
  private static final int ANSWERS_AHEAD = 64;

  private final GatewayRoute route;
  private final ClientCall<Message, Message> call;
  private final Metadata metadata;
  private final Response response;
  private final EventExecutor worker;
  private final HttpLimits limits;
  private final RequestMemory.Share arriving;
  private final AnswerMemory.Share memory;
  private final GatewayStream stream;

  /** What has come of the body; null from when it is refused, for nothing to hold its bytes. */
  private volatile @Nullable JsonObjects objects;

  private boolean bodyOver;

  /** Answers given to the connection since the service was last asked for more. */
  private int taken;

  // The worker's own from here on.

  private boolean started;
  private boolean halfClosed;
  private boolean requestsOver;
  private int requests;

  /** The request of a method that has one, kept until it is certain that nothing follows it. */
  private @Nullable Message only;

  private int owed;
  private boolean streaming;
  private boolean ended;
  private @Nullable Message answer;

  GatewayCall(
      GatewayRoute route,
      ClientCall<Message, Message> call,
      Metadata metadata,
      Response response,
      EventExecutor worker,
      HttpLimits limits,
      RequestMemory requestMemory,
      AnswerMemory.Share memory,
      GatewayStream stream) {
    this.route = route;
    this.call = call;
    this.metadata = metadata;
    this.response = response;
    this.worker = worker;
    this.limits = limits;
    this.arriving = requestMemory.share(this::crowdedOut);
    this.memory = memory;
    this.stream = stream;
    this.objects = new JsonObjects(limits.maxJsonBytes());
  }

  // ---------------------------------------------------------------------------------------------
  // The connection's thread
  // ---------------------------------------------------------------------------------------------

  @Override
  public boolean isStream() {
    MethodType type = route.method().getType();
    return type == MethodType.BIDI_STREAMING || type == MethodType.CLIENT_STREAMING;
  }

  @Override
  public void body(ByteBuf piece) throws HttpRefusal {
    arriving.add((long) BODY_COPIES * piece.readableBytes());
    JsonObjects arrived = objects;
    if (bodyOver || arrived == null) {
      return;
    }
    try {
      List<String> complete = arrived.add(piece);
      if (!complete.isEmpty()) {
        if (isStream()) {
          arriving.release();
        }
        onWorker(() -> complete.forEach(this::request));
      }
    } catch (MalformedJsonException e) {
      refuse(Status.INVALID_ARGUMENT.withDescription(e.getMessage()));
    } catch (TooLargeException e) {
      onWorker(this::cancel);
      throw BodyLimit.tooLarge();
    }
  }

  @Override
  public void bodyEnded() {
    JsonObjects arrived = objects;
    if (bodyOver || arrived == null) {
      return;
    }
    if (arrived.isIncomplete()) {
      refuse(Status.INVALID_ARGUMENT.withDescription("unexpected end of JSON input"));
    } else {
      bodyOver = true;
      onWorker(this::allRequested);
    }
  }

  /** What follows in the body is of no interest. */
  private void refuse(Status status) {
    bodyOver = true;
    onWorker(() -> refused(status));
  }

  /** Called by any thread. */
  private void crowdedOut() {
    objects = null;
    response.trouble(Event.CROWDED_OUT, "unfinished requests hold too much memory");
    onWorker(() -> refused(EtcdError.TOO_MANY_REQUESTS.status()));
  }

  @Override
  public void pieceTaken() {
    taken++;
    if (response.isWritable()) {
      writable();
    }
  }

  @Override
  public void writable() {
    int more = taken;
    if (more >= ANSWERS_AHEAD / 2) {
      taken = 0;
      onWorker(() -> call.request(more));
    }
  }

  @Override
  public void written() {
    memory.release();
  }

  @Override
  public void abandoned() {
    bodyOver = true;
    onWorker(this::cancel);
  }

  private void onWorker(Runnable step) {
    try {
      worker.execute(step);
    } catch (RejectedExecutionException e) {
      LOG.debug("the gateway is closed, and every call with it", e);
    }
  }

  // ---------------------------------------------------------------------------------------------
  // The worker
  // ---------------------------------------------------------------------------------------------

  private void request(String json) {
    if (ended) {
      return;
    }
    if (requests > 0 && !isStream()) {
      refused(Status.INVALID_ARGUMENT.withDescription("more than one object in the request"));
      return;
    }
    Message.Builder builder = route.newRequest();
    try {
      StrictJson.check(json, builder.getDescriptorForType());
      PARSER.merge(json, builder);
    } catch (MalformedJsonException | InvalidProtocolBufferException e) {
      refused(Status.INVALID_ARGUMENT.withDescription(e.getMessage()));
      return;
    }
    send(builder.build());
  }

  private void send(Message request) {
    int bytes = request.getSerializedSize();
    if (bytes > limits.maxMessageBytes()) {
      refused(
          Status.RESOURCE_EXHAUSTED.withDescription(
              "grpc: received message larger than max (%d vs. %d)"
                  .formatted(bytes, limits.maxMessageBytes())));
      return;
    }
    requests++;
    if (isStream()) {
      start();
      if (stream.opens().test(request)) {
        owed++;
      }
      call.sendMessage(request);
    } else {
      only = request;
    }
  }

  private void allRequested() {
    if (ended) {
      return;
    }
    requestsOver = true;
    if (isStream()) {
      start();
      maybeHalfClose();
      return;
    }
    Message request = only;
    only = null;
    arriving.release();
    start();
    call.sendMessage(request == null ? route.newRequest().build() : request);
    halfClosed = true;
    call.halfClose();
  }

  private void start() {
    if (!started) {
      started = true;
      call.start(new Answers(), metadata);
      call.request(stream.streaming() ? ANSWERS_AHEAD : 2);
    }
  }

  private void maybeHalfClose() {
    if (requestsOver && owed <= 0 && !halfClosed && !ended) {
      halfClosed = true;
      call.halfClose();
    }
  }

  private void refused(Status status) {
    if (!ended) {
      fail(status);
      cancel();
    }
  }

  private void cancel() {
    ended = true;
    only = null;
    objects = null;
    arriving.release();
    memory.release();
    call.cancel("the HTTP request has ended", null);
  }

  private void fail(Status status) {
    ended = true;
    if (streaming) {
      response.piece(GatewayStatus.piece(status));
      response.end();
    } else {
      response.send(
          GatewayStatus.http(status.getCode()),
          Response.JSON,
          stream.streaming() ? GatewayStatus.piece(status) : GatewayStatus.answer(status));
    }
  }

  private void answered(Message message) {
    if (!stream.streaming()) {
      answer = message;
      return;
    }
    if (!streaming) {
      streaming = true;
      response.start(HttpResponseStatus.OK, Response.JSON);
    }
    response.piece(("{\"result\":" + json(message) + "}\n").getBytes(StandardCharsets.UTF_8));
    if (stream.settles().test(message)) {
      owed--;
      maybeHalfClose();
    }
  }

  private void closed(Status status) {
    if (ended) {
      return;
    }
    if (!status.isOk()) {
      fail(status);
      return;
    }
    ended = true;
    if (stream.streaming()) {
      if (!streaming) {
        response.start(HttpResponseStatus.OK, Response.JSON);
      }
      response.end();
    } else if (answer != null) {
      tell(answer);
    } else {
      fail(Status.INTERNAL.withDescription("no answer"));
    }
  }

  private void tell(Message message) {
    if (!memory.take((long) JSON_COPIES * message.getSerializedSize())) {
      fail(memory.refusal().status());
      return;
    }
    byte[] json = json(message).getBytes(StandardCharsets.UTF_8);
    memory.keep(json.length);
    response.send(HttpResponseStatus.OK, Response.JSON, json);
  }

  private static String json(Message message) {
    try {
      return PRINTER.print(message);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("a message that has no form in JSON", e);
    }
  }

  /** What the service answers. Told on the worker. */
  private final class Answers extends ClientCall.Listener<Message> {

    @Override
    public void onMessage(Message message) {
      if (!ended) {
        try {
          answered(message);
        } catch (RuntimeException e) {
          LOG.error("An answer could not be told in JSON", e);
          refused(Status.INTERNAL.withDescription("etcdserver: internal error"));
        }
      }
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      closed(status);
    }
  }
}
