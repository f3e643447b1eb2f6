package dev.jangada.node.session;

import dev.jangada.raft.Invariant;
import java.io.ByteArrayOutputStream;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The open sessions, least recently used first, and in each the results that its client may still
 * ask for.
 *
 * <p>Encoding, for snapshots:
 *
 * <pre>
 * sessions = count *session             ; least recently used first
 * session  = id acknowledged count *result
 * result   = sequence length *OCTET     ; by sequence
 * id, acknowledged, sequence, count, length = number   ; LEB128
 * </pre>
 */
final class Sessions {

  /** One client's. */
  static final class Session {
    private final long id;
    private long acknowledged;

    private final TreeMap<Long, Kept> results = new TreeMap<>();

    private Session(long id) {
      this.id = id;
    }

    /** Whether the client has said that it has the result. */
    boolean hasForgotten(long sequence) {
      return sequence <= acknowledged;
    }

    /** The result of a command that was executed or is being; null for one that is new. */
    @Nullable Kept find(long sequence) {
      return results.get(sequence);
    }

    /** Forgets the results up to a number. */
    void acknowledge(long upTo) {
      if (upTo > acknowledged) {
        acknowledged = upTo;
        results.headMap(upTo, true).clear();
      }
    }

    /** Notes that a command is being executed, so that a copy is recognised. */
    Kept begin(long sequence) {
      Kept kept = new Kept();
      results.put(sequence, kept);
      return kept;
    }
  }

  /** A result that a client may ask for again, once it is known. */
  static final class Kept {
    private byte @Nullable [] result;

    void set(byte[] known) {
      result = known;
    }

    byte[] get() {
      Invariant.check(result != null, "asked for the result of a command before it was executed");
      return Objects.requireNonNull(result);
    }
  }

  private final int max;
  private final LinkedHashMap<Long, Session> byId = new LinkedHashMap<>(16, 0.75f, true);

  Sessions(int max) {
    this.max = max;
  }

  int size() {
    return byId.size();
  }

  /** Opens a session, at the cost of the least recently used one if there are too many. */
  void open(long id) {
    byId.put(id, new Session(id));
    if (byId.size() > max) {
      byId.pollFirstEntry();
    }
  }

  /** Uses a session; null if there is none with this id. */
  @Nullable Session use(long id) {
    return byId.get(id);
  }

  void clear() {
    byId.clear();
  }

  byte[] encode() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Leb128.write(out, byId.size());
    // Of the entries: looking a session up would make it the most recently used one.
    for (Session session : byId.values()) {
      Leb128.write(out, session.id);
      Leb128.write(out, session.acknowledged);
      Leb128.write(out, session.results.size());
      for (Map.Entry<Long, Kept> result : session.results.entrySet()) {
        byte[] bytes = result.getValue().get();
        Leb128.write(out, result.getKey());
        Leb128.write(out, bytes.length);
        out.writeBytes(bytes);
      }
    }
    return out.toByteArray();
  }

  /** Reads what {@link #encode} wrote, in place of what is there. */
  void decode(byte[] encoded) {
    Leb128.Reader reader = new Leb128.Reader(encoded);
    byId.clear();
    for (long left = reader.number(); left > 0; left--) {
      Session session = new Session(reader.number());
      session.acknowledged = reader.number();
      for (long results = reader.number(); results > 0; results--) {
        session.begin(reader.number()).set(reader.bytes(reader.number()));
      }
      byId.put(session.id, session);
    }
    reader.end();
  }
}
