package dev.jangada.simulation.example;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.jangada.raft.Entry;
import dev.jangada.raft.EntryType;
import dev.jangada.raft.StateMachine;
import dev.jangada.simulation.Application;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A user's state machine: accounts, and transfers between them. */
class Bank implements StateMachine {

  /** What is in all accounts together, for ever. */
  static final int TOTAL = 300;

  /** Index of the last entry applied. */
  private long applied;

  final Map<String, Integer> accounts = new TreeMap<>(Map.of("a", 100, "b", 100, "c", 100));

  @Override
  public long appliedIndex() {
    return 0; // kept in memory only: a restarted node restores its snapshot, or applies all its log
  }

  @Override
  public List<byte[]> apply(List<Entry> entries) {
    return entries.stream().map(this::apply).toList();
  }

  private byte[] apply(Entry entry) {
    applied = entry.index();
    if (entry.type() != EntryType.COMMAND) {
      return new byte[0];
    }
    // from, to, amount, and a number that makes each command another one
    String[] transfer = new String(entry.data(), UTF_8).split(" ", -1);
    boolean done = transfer(transfer[0], transfer[1], Integer.parseInt(transfer[2]));
    return (done ? "done" : "short of money").getBytes(UTF_8);
  }

  boolean transfer(String from, String to, int amount) {
    if (accounts.getOrDefault(from, 0) < amount) {
      return false;
    }
    accounts.merge(from, -amount, Integer::sum);
    accounts.merge(to, amount, Integer::sum);
    return true;
  }

  @Override
  public boolean supportsSnapshots() {
    return true;
  }

  @Override
  public Snapshot snapshot() {
    StringBuilder text = new StringBuilder();
    accounts.forEach((name, money) -> text.append(name).append(' ').append(money).append('\n'));
    return new Statement(applied, text.toString().getBytes(UTF_8));
  }

  @Override
  public void restore(long index, InputStream in) throws IOException {
    applied = index;
    accounts.clear();
    new String(in.readAllBytes(), UTF_8)
        .lines()
        .map(line -> line.split(" ", -1))
        .forEach(account -> accounts.put(account[0], Integer.parseInt(account[1])));
  }

  /** All accounts as they were after an entry. */
  private record Statement(long index, byte[] text) implements Snapshot {

    @Override
    public long size() {
      return text.length;
    }

    @Override
    public InputStream open() {
      return new ByteArrayInputStream(text);
    }

    @Override
    public void close() {}
  }

  int total() {
    return accounts.values().stream().mapToInt(Integer::intValue).sum();
  }

  /** One bank for each node, empty-handed after a crash; the nodes' banks must end up equal. */
  static class OnNodes implements Application {
    private final Map<Integer, Bank> running = new TreeMap<>();

    @Override
    public StateMachine start(int node) {
      Bank bank = open();
      running.put(node, bank);
      return bank;
    }

    Bank open() {
      return new Bank();
    }

    @Override
    public String digest(int node) {
      Bank bank = running.get(node);
      return bank == null ? "" : bank.accounts.toString();
    }
  }
}
