package dev.jangada.node.session;

import dev.jangada.raft.StateMachine;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.ByteBuffer;

/**
 * The sessions and a snapshot of the machine below.
 *
 * <p>Encoding:
 *
 * <pre>
 * snapshot = length sessions machine
 * length   = 4OCTET                   ; of the sessions, big-endian
 * sessions = *OCTET                   ; see {@link Sessions}
 * machine  = *OCTET                   ; the rest: the snapshot of the machine below
 * </pre>
 */
final class SessionSnapshot implements StateMachine.Snapshot {

  private final byte[] head;
  private final StateMachine.Snapshot machine;

  SessionSnapshot(byte[] sessions, StateMachine.Snapshot machine) {
    this.head =
        ByteBuffer.allocate(Integer.BYTES + sessions.length)
            .putInt(sessions.length)
            .put(sessions)
            .array();
    this.machine = machine;
  }

  /** Reads the part of a snapshot that is not the machine's. */
  static byte[] readSessions(InputStream in) throws IOException {
    int length = ByteBuffer.wrap(read(in, Integer.BYTES)).getInt();
    if (length < 0) {
      throw new IOException("a snapshot cannot begin with " + length + " bytes of sessions");
    }
    return read(in, length);
  }

  private static byte[] read(InputStream in, int length) throws IOException {
    byte[] bytes = in.readNBytes(length);
    if (bytes.length < length) {
      throw new EOFException("the snapshot ends within the sessions");
    }
    return bytes;
  }

  @Override
  public long index() {
    return machine.index();
  }

  @Override
  public long size() {
    return head.length + machine.size();
  }

  @Override
  public InputStream open() throws IOException {
    return new SequenceInputStream(new ByteArrayInputStream(head), machine.open());
  }

  @Override
  public void close() {
    machine.close();
  }
}
