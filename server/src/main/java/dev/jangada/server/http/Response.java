package dev.jangada.server.http;

import io.netty.handler.codec.http.HttpResponseStatus;

/**
 * Where the answer to one request goes: either one {@link #send}, or {@link #start}, pieces, and
 * {@link #end}. May be used by any thread, one at a time. What is sent to a client that has gone is
 * dropped.
 */
interface Response {

  /** Plain text, as HTTP's own errors are told. */
  String TEXT = "text/plain; charset=utf-8";

  String JSON = "application/json";

  /** The whole answer. */
  void send(HttpResponseStatus status, String contentType, byte[] body);

  /** The beginning of an answer of which nobody knows how long it will be. */
  void start(HttpResponseStatus status, String contentType);

  /** One piece of it, sent at once as a chunk of its own. */
  void piece(byte[] bytes);

  /** There is no more. */
  void end();

  /**
   * Counts trouble with the request, and says what it was. May be used by any thread at any time.
   */
  void trouble(PortStatistics.Event event, String what);

  /** Whether more pieces can be sent without piling up here; only for the connection's thread. */
  boolean isWritable();
}
