package dev.jangada.server.http;

import io.netty.buffer.ByteBuf;

/**
 * Takes one request and answers it through the {@link Response} that it was made with. All methods
 * are called by the thread of the connection and must not block it.
 */
interface RequestHandler {

  /** A piece of the body, which stays the caller's. */
  void body(ByteBuf piece) throws HttpRefusal;

  /** The body is complete. */
  void bodyEnded() throws HttpRefusal;

  /** Whether an answer may take as long as the client likes to send its body. */
  default boolean isStream() {
    return false;
  }

  /** A piece of the answer has been given to the connection. */
  default void pieceTaken() {}

  /** The client can take more of the answer again. */
  default void writable() {}

  /** The answer is complete, and the connection has taken all of it. */
  default void written() {}

  /** The client has gone: nobody waits for the answer. */
  default void abandoned() {}
}
