package dev.jangada.simulation;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.jangada.raft.Entry;
import dev.jangada.raft.EntryType;
import dev.jangada.raft.StateMachine;
import dev.jangada.simulation.check.Model;
import dev.jangada.simulation.check.RegisterModel;
import dev.jangada.simulation.check.RegisterModel.Append;
import dev.jangada.simulation.check.RegisterModel.Get;
import dev.jangada.simulation.check.RegisterModel.Put;
import dev.jangada.simulation.check.RegisterModel.Request;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;

/**
 * Text registers in memory, which can be put, appended to and got: the smallest state machine that
 * is worth simulating.
 */
public class Registers implements StateMachine {

  final TreeMap<String, String> texts = new TreeMap<>();

  /** The last entry applied. */
  private long applied;

  @Override
  public long appliedIndex() {
    return 0;
  }

  @Override
  public List<byte[]> apply(List<Entry> entries) {
    List<byte[]> results = new ArrayList<>();
    for (Entry entry : entries) {
      if (entry.type() == EntryType.COMMAND) {
        apply(new String(entry.data(), UTF_8).split(" ", -1));
      }
      applied = entry.index();
      results.add(RegisterModel.DONE.getBytes(UTF_8));
    }
    return results;
  }

  @Override
  public boolean supportsSnapshots() {
    return true;
  }

  @Override
  public Snapshot snapshot() {
    StringBuilder text = new StringBuilder().append(applied).append('\n');
    texts.forEach((key, value) -> text.append(key).append(' ').append(value).append('\n'));
    return new Picture(applied, text.toString().getBytes(UTF_8));
  }

  @Override
  public void restore(long index, InputStream in) throws IOException {
    List<String> lines = new String(in.readAllBytes(), UTF_8).lines().toList();
    if (!lines.getFirst().equals(String.valueOf(index))) {
      throw new IOException("a snapshot up to " + lines.getFirst() + ", not " + index);
    }
    applied = index;
    texts.clear();
    for (String line : lines.subList(1, lines.size())) {
      int space = line.indexOf(' ');
      texts.put(line.substring(0, space), line.substring(space + 1));
    }
  }

  /** What the registers held after an entry. */
  private record Picture(long index, byte[] bytes) implements Snapshot {

    @Override
    public long size() {
      return bytes.length;
    }

    @Override
    public InputStream open() {
      return new ByteArrayInputStream(bytes);
    }

    @Override
    public void close() {}
  }

  void apply(String[] command) {
    switch (command[0]) {
      case "put" -> texts.put(command[1], command[2]);
      case "append" -> texts.merge(command[1], command[2], String::concat);
      default -> throw new IllegalArgumentException(String.join(" ", command));
    }
  }

  String get(String key) {
    return texts.getOrDefault(key, "");
  }

  /** One machine for each node. */
  public static class OnNodes implements Application {
    private final Map<Integer, Registers> running = new TreeMap<>();

    @Override
    public StateMachine start(int node) {
      Registers machine = create(node);
      running.put(node, machine);
      return machine;
    }

    Registers create(int node) {
      return new Registers();
    }

    @Override
    public String digest(int node) {
      Registers machine = running.get(node);
      return machine == null ? "" : machine.texts.toString();
    }
  }

  /** Puts, appends and gets. */
  public static final class Use implements Workload<Request, String> {

    @Override
    public Model<?, Request, String> model() {
      return new RegisterModel();
    }

    @Override
    public Request next(RandomGenerator random, int client, long number) {
      String key = "k" + random.nextInt(3);
      return switch (random.nextInt(4)) {
        case 0 -> new Put(key, "p" + number);
        case 1 -> new Append(key, "a" + number);
        default -> new Get(key);
      };
    }

    @Override
    public boolean isRead(Request request) {
      return request instanceof Get;
    }

    @Override
    public byte[] command(Request request) {
      String command =
          switch (request) {
            case Put put -> "put " + put.key() + " " + put.value();
            case Append append -> "append " + append.key() + " " + append.value();
            case Get get -> throw new IllegalArgumentException("a get takes no command");
          };
      return command.getBytes(UTF_8);
    }

    @Override
    public String result(Request request, byte[] result) {
      return new String(result, UTF_8);
    }

    @Override
    public String read(Request request, StateMachine machine) {
      return ((Registers) machine).get(request.key());
    }
  }
}
