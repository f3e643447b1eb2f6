package dev.jangada.node.transport;

import dev.jangada.node.transport.Handshake.Answer;
import dev.jangada.node.transport.Handshake.Hello;
import dev.jangada.node.transport.Handshake.Verdict;
import dev.jangada.raft.MalformedMessageException;
import dev.jangada.raft.Message;
import dev.jangada.raft.MessageCodec;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;

/** One end of a connection, byte by byte, for what a real transport would never do. */
final class RawPeer implements AutoCloseable {

  /** Long enough for a loaded machine; a test that passes never waits for it. */
  static final int PATIENCE_MILLIS = 60_000;

  private final Socket socket;
  private final DataInputStream in;

  RawPeer(Socket socket) throws IOException {
    this.socket = socket;
    socket.setSoTimeout(PATIENCE_MILLIS);
    in = new DataInputStream(socket.getInputStream());
  }

  static RawPeer connect(int port) throws IOException {
    return new RawPeer(new Socket(InetAddress.getLoopbackAddress(), port));
  }

  /** Connects and is accepted. */
  static RawPeer connect(int port, Hello hello) throws IOException, MalformedMessageException {
    RawPeer peer = connect(port);
    Answer answer = peer.hello(hello);
    if (answer.verdict() != Verdict.ACCEPTED) {
      peer.close();
      throw new IOException("not accepted: " + answer);
    }
    return peer;
  }

  void write(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
  }

  Answer hello(Hello hello) throws IOException, MalformedMessageException {
    write(helloBytes(hello));
    return Handshake.readAnswer(Unpooled.wrappedBuffer(read(Handshake.ANSWER_BYTES)));
  }

  static byte[] helloBytes(Hello hello) {
    ByteBuf buffer = Unpooled.buffer();
    Handshake.writeHello(hello, buffer);
    byte[] bytes = new byte[buffer.readableBytes()];
    buffer.readBytes(bytes);
    return bytes;
  }

  /** Takes the other end's hello and accepts it. */
  Hello accept(long incarnation) throws IOException {
    ByteBuf received =
        Unpooled.wrappedBuffer(read(Handshake.HELLO_PREFIX_BYTES + Handshake.HELLO_REST_BYTES));
    if (received.readLong() != Handshake.HELLO_MAGIC || received.readInt() != Handshake.VERSION) {
      throw new IOException("not a hello");
    }
    ByteBuf answer = Unpooled.buffer();
    Handshake.writeAnswer(new Answer(Handshake.VERSION, Verdict.ACCEPTED, 0, incarnation), answer);
    byte[] bytes = new byte[answer.readableBytes()];
    answer.readBytes(bytes);
    write(bytes);
    int addressBytes = received.getUnsignedShort(received.writerIndex() - Short.BYTES);
    return Handshake.readHelloRest(
        Unpooled.wrappedBuffer(received, Unpooled.wrappedBuffer(read(addressBytes))));
  }

  byte[] read(int count) throws IOException {
    byte[] bytes = new byte[count];
    in.readFully(bytes);
    return bytes;
  }

  Message readMessage() throws IOException, MalformedMessageException {
    int length = in.readInt();
    int checksum = in.readInt();
    return Frame.decode(ByteBuffer.wrap(read(length)), checksum);
  }

  /** Waits until the other end closes the connection; false if it says something instead. */
  boolean isClosedByOtherEnd() throws IOException {
    try {
      return in.read() == -1;
    } catch (java.net.SocketException reset) {
      return true;
    }
  }

  static byte[] frame(Message message) {
    int bytes = MessageCodec.encodedSize(message);
    ByteBuffer buffer = ByteBuffer.allocate(Frame.HEADER_BYTES + bytes);
    Frame.encode(message, bytes, buffer);
    return buffer.array();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
