package dev.jangada.kv.bytes;

/** Bytes that are no encoded command or result. The message says what was found where. */
public final class MalformedEncodingException extends Exception {

  private static final long serialVersionUID = 1;

  public MalformedEncodingException(String message) {
    super(message);
  }
}
