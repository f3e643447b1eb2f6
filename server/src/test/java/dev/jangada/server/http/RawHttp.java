package dev.jangada.server.http;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** A client that sends what it is told, byte for byte, and takes answers apart. */
public final class RawHttp implements AutoCloseable {

  private static final int TIMEOUT_MILLIS = 60_000;

  private final Socket socket;
  private final InputStream in;

  /** An answer without its body. Names of fields are in lower case. */
  public record Head(int status, Map<String, String> fields) {

    /** A field, empty if absent. */
    public String field(String name) {
      return fields.getOrDefault(name, "");
    }
  }

  /** A whole answer. */
  public record Answer(Head head, String body) {

    /** The status code. */
    public int status() {
      return head.status();
    }
  }

  /** Connects to a port of this host. */
  public RawHttp(int port) throws IOException {
    this(new Socket(InetAddress.getLoopbackAddress(), port));
  }

  /** Takes over a connection. */
  public RawHttp(Socket socket) throws IOException {
    this.socket = socket;
    socket.setSoTimeout(TIMEOUT_MILLIS);
    in = new BufferedInputStream(socket.getInputStream());
  }

  /** Sends bytes, one for each character. */
  public RawHttp send(String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
    socket.getOutputStream().flush();
    return this;
  }

  /** Sends a request with a body as Patroni does: field names in any case. */
  public RawHttp post(String path, String json, String... fields) throws IOException {
    StringBuilder request = new StringBuilder("POST " + path + " HTTP/1.1\r\nHost: x\r\n");
    for (String field : fields) {
      request.append(field).append("\r\n");
    }
    return send(
        request
            + "Content-Type: application/json\r\ncontent-length: "
            + json.length()
            + "\r\n\r\n"
            + json);
  }

  /** Sends a request without a body. */
  public RawHttp get(String path) throws IOException {
    return send("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n");
  }

  /** Reads the next answer up to its body. */
  public Head head() throws IOException {
    String statusLine = line();
    Map<String, String> fields = new TreeMap<>();
    for (String line = line(); !line.isEmpty(); line = line()) {
      int colon = line.indexOf(':');
      fields.put(
          line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).trim());
    }
    return new Head(Integer.parseInt(statusLine.split(" ", 3)[1]), fields);
  }

  /** Reads the next answer, however its end is marked. */
  public Answer answer() throws IOException {
    Head head = head();
    if (head.field("transfer-encoding").equals("chunked")) {
      StringBuilder body = new StringBuilder();
      for (String chunk = chunk(); !chunk.isEmpty(); chunk = chunk()) {
        body.append(chunk);
      }
      return new Answer(head, body.toString());
    }
    if (head.fields().containsKey("content-length")) {
      return new Answer(head, read(Integer.parseInt(head.field("content-length"))));
    }
    return new Answer(head, new String(in.readAllBytes(), StandardCharsets.UTF_8));
  }

  /** Reads the next chunk, empty for the last one. */
  public String chunk() throws IOException {
    int length = Integer.parseInt(line(), 16);
    String chunk = read(length);
    String end = line();
    if (!end.isEmpty()) {
      throw new IOException("a chunk is followed by " + end);
    }
    return chunk;
  }

  /** Whether the server has closed the connection; waits for it to say something or to close. */
  public boolean isClosed() throws IOException {
    try {
      return in.read() < 0;
    } catch (java.net.SocketException reset) {
      return true;
    }
  }

  private String line() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int next = in.read(); next != '\n'; next = in.read()) {
      if (next < 0) {
        throw new EOFException("the connection ended within a line: " + line);
      }
      if (next != '\r') {
        line.write(next);
      }
    }
    return line.toString(StandardCharsets.ISO_8859_1);
  }

  private String read(int length) throws IOException {
    byte[] bytes = in.readNBytes(length);
    if (bytes.length < length) {
      throw new EOFException("the connection ended within a body");
    }
    return new String(bytes, StandardCharsets.UTF_8);
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
