package dev.jangada.cli.e2e;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/**
 * A connection of HTTP/2 with a call of gRPC on it that can be left in any state, as no client
 * library would leave it.
 */
final class UnfinishedCall implements AutoCloseable {

  private static final int DATA = 0;
  private static final int HEADERS = 1;
  private static final int RESET = 3;
  private static final int SETTINGS = 4;
  private static final int GO_AWAY = 7;
  private static final int WINDOW_UPDATE = 8;

  private static final int ACKNOWLEDGED = 1;
  private static final int END_HEADERS = 4;
  private static final int STREAM = 1;

  private static final int MAX_FRAME_BYTES = 16 << 10;
  private static final int INITIAL_WINDOW_BYTES = 65_535;

  private final Socket socket;
  private final DataInputStream in;
  private final DataOutputStream out;
  private long connectionWindow = INITIAL_WINDOW_BYTES;
  private long streamWindow = INITIAL_WINDOW_BYTES;
  private boolean ended;

  /** Begins a call. */
  UnfinishedCall(int port, String method) throws IOException {
    socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setSoTimeout(20_000);
    in = new DataInputStream(socket.getInputStream());
    out = new DataOutputStream(socket.getOutputStream());
    out.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    frame(SETTINGS, 0, 0, new byte[0], 0, 0);
    ByteArrayOutputStream headers = new ByteArrayOutputStream();
    header(headers, ":method", "POST");
    header(headers, ":scheme", "http");
    header(headers, ":path", method);
    header(headers, ":authority", "127.0.0.1");
    header(headers, "content-type", "application/grpc");
    header(headers, "te", "trailers");
    frame(HEADERS, END_HEADERS, STREAM, headers.toByteArray(), 0, headers.size());
  }

  /** A field that is not compressed. */
  private static void header(ByteArrayOutputStream headers, String name, String value) {
    headers.write(0);
    for (String text : new String[] {name, value}) {
      headers.write(text.length());
      headers.writeBytes(text.getBytes(StandardCharsets.US_ASCII));
    }
  }

  /**
   * Sends bytes of a message, as the receiver has room for them.
   *
   * @return false if the call has been ended before all of them were sent
   */
  boolean send(byte[] bytes) throws IOException {
    int at = 0;
    while (at < bytes.length) {
      while (!ended && Math.min(connectionWindow, streamWindow) == 0) {
        receive();
      }
      if (ended) {
        return false;
      }
      int size =
          (int)
              Math.min(
                  Math.min(connectionWindow, streamWindow),
                  Math.min(bytes.length - at, MAX_FRAME_BYTES));
      frame(DATA, 0, STREAM, bytes, at, size);
      connectionWindow -= size;
      streamWindow -= size;
      at += size;
    }
    return true;
  }

  /** Waits until the call is ended from the other side. */
  void awaitEnd() throws IOException {
    while (!ended) {
      receive();
    }
  }

  private void frame(int type, int flags, int stream, byte[] bytes, int from, int size)
      throws IOException {
    byte[] frame = new byte[9 + size];
    frame[0] = (byte) (size >> 16);
    frame[1] = (byte) (size >> 8);
    frame[2] = (byte) size;
    frame[3] = (byte) type;
    frame[4] = (byte) flags;
    frame[8] = (byte) stream;
    System.arraycopy(bytes, from, frame, 9, size);
    out.write(frame);
  }

  private void receive() throws IOException {
    int size = (in.readUnsignedByte() << 16) | in.readUnsignedShort();
    int type = in.readUnsignedByte();
    int flags = in.readUnsignedByte();
    int stream = in.readInt();
    byte[] payload = in.readNBytes(size);
    switch (type) {
      case SETTINGS -> {
        if ((flags & ACKNOWLEDGED) == 0) {
          settings(payload);
          frame(SETTINGS, ACKNOWLEDGED, 0, new byte[0], 0, 0);
        }
      }
      case WINDOW_UPDATE -> {
        int more = number(payload, 0);
        if (stream == 0) {
          connectionWindow += more;
        } else {
          streamWindow += more;
        }
      }
      case HEADERS, RESET, GO_AWAY -> ended = true;
      default -> {
        // Pings are for other tests.
      }
    }
  }

  private void settings(byte[] payload) {
    for (int at = 0; at < payload.length; at += 6) {
      int id = (payload[at] << 8) | payload[at + 1];
      if (id == 4) {
        streamWindow += number(payload, at + 2) - INITIAL_WINDOW_BYTES;
      }
    }
  }

  private static int number(byte[] bytes, int at) {
    return ((bytes[at] & 0xff) << 24)
        | ((bytes[at + 1] & 0xff) << 16)
        | ((bytes[at + 2] & 0xff) << 8)
        | (bytes[at + 3] & 0xff);
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
