package dev.jangada.simulation.lab;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.jangada.raft.Entry;
import dev.jangada.raft.EntryType;
import dev.jangada.raft.StateMachine;
import dev.jangada.simulation.check.RegisterModel;
import dev.jangada.simulation.check.RegisterModel.Request;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Named registers that hold text, in memory. Only a get is answered with more than nothing.
 *
 * <p>Encoding of a snapshot:
 *
 * <pre>
 * snapshot = index *register
 * index    = 8OCTET                   ; of the last entry applied, big-endian
 * register = string string            ; key and text, by ascending key
 * string   = 4OCTET *OCTET            ; its length, big-endian, and UTF-8
 * </pre>
 */
final class RegisterMachine implements StateMachine {

  private static final byte[] NOTHING = {};

  private final Map<String, String> texts = new TreeMap<>();
  private long applied;

  /** The command for a request: a byte for its kind, the key with its length, the value. */
  static byte[] encode(Request request) {
    byte[] key = request.key().getBytes(UTF_8);
    String value =
        switch (request) {
          case RegisterModel.Put put -> put.value();
          case RegisterModel.Append append -> append.value();
          case RegisterModel.Get get -> "";
        };
    byte kind =
        switch (request) {
          case RegisterModel.Put put -> 'p';
          case RegisterModel.Append append -> 'a';
          case RegisterModel.Get get -> 'g';
        };
    byte[] text = value.getBytes(UTF_8);
    return ByteBuffer.allocate(2 + key.length + text.length)
        .put(kind)
        .put((byte) key.length)
        .put(key)
        .put(text)
        .array();
  }

  @Override
  public long appliedIndex() {
    return applied;
  }

  @Override
  public List<byte[]> apply(List<Entry> entries) {
    List<byte[]> results = new ArrayList<>(entries.size());
    for (Entry entry : entries) {
      results.add(entry.type() == EntryType.COMMAND ? execute(entry.data()) : NOTHING);
      applied = entry.index();
    }
    return results;
  }

  @Override
  public boolean supportsSnapshots() {
    return true;
  }

  @Override
  public Snapshot snapshot() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeLong(applied);
      for (Map.Entry<String, String> register : texts.entrySet()) {
        write(out, register.getKey());
        write(out, register.getValue());
      }
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory failed", e);
    }
    return new MemorySnapshot(applied, bytes.toByteArray());
  }

  private static void write(DataOutputStream out, String string) throws IOException {
    byte[] utf8 = string.getBytes(UTF_8);
    out.writeInt(utf8.length);
    out.write(utf8);
  }

  @Override
  public void restore(long index, InputStream in) throws IOException {
    DataInputStream data = new DataInputStream(new ByteArrayInputStream(in.readAllBytes()));
    long own = data.readLong();
    if (own != index) {
      throw new IOException("a snapshot announced for index " + index + " is one of " + own);
    }
    texts.clear();
    while (data.available() > 0) {
      String key = read(data);
      texts.put(key, read(data));
    }
    applied = index;
  }

  private static String read(DataInputStream data) throws IOException {
    byte[] utf8 = new byte[data.readInt()];
    data.readFully(utf8);
    return new String(utf8, UTF_8);
  }

  private byte[] execute(byte[] command) {
    String key = new String(command, 2, command[1], UTF_8);
    int begin = 2 + command[1];
    String value = new String(command, begin, command.length - begin, UTF_8);
    String before = texts.getOrDefault(key, "");
    switch (command[0]) {
      case 'p' -> texts.put(key, value);
      case 'a' -> texts.put(key, before + value);
      case 'g' -> {
        return before.getBytes(UTF_8);
      }
      default -> throw new IllegalStateException("no command begins with " + command[0]);
    }
    return NOTHING;
  }
}
