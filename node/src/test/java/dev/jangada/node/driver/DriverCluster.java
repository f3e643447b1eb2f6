package dev.jangada.node.driver;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.jangada.node.request.Outcome;
import dev.jangada.node.request.RaftException;
import dev.jangada.node.snapshot.SnapshotPolicy;
import dev.jangada.node.snapshot.Snapshots;
import dev.jangada.raft.Entry;
import dev.jangada.raft.EntryId;
import dev.jangada.raft.EntryType;
import dev.jangada.raft.HardState;
import dev.jangada.raft.Membership;
import dev.jangada.raft.MembershipChange;
import dev.jangada.raft.Message;
import dev.jangada.raft.Raft;
import dev.jangada.raft.RaftConfig;
import dev.jangada.raft.RecoveredLog;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Drivers in one thread, whose disks, state machines and network do their work when a test says so.
 *
 * <p>Whatever a driver sends is checked against what is durable on its disk at that moment.
 */
public final class DriverCluster {
  static final int ELECTION_TICKS = 10;

  /** Messages on their way, in the order in which they were sent. */
  final List<Message> network = new ArrayList<>();

  private final Map<Long, Node> nodes = new TreeMap<>();
  private final SplittableRandom random;
  private final UnaryOperator<RaftConfig.Builder> settings;
  private final long maxWaitingBytes;
  private long incarnations;

  DriverCluster(int size, long seed) {
    this(size, seed, builder -> builder, 1 << 20);
  }

  public DriverCluster(
      int size, long seed, UnaryOperator<RaftConfig.Builder> settings, long maxWaitingBytes) {
    this.random = new SplittableRandom(seed);
    this.settings = settings;
    this.maxWaitingBytes = maxWaitingBytes;
    for (long id = 1; id <= size; id++) {
      nodes.put(id, new Node(id));
    }
    nodes.values().forEach(Node::restart);
  }

  Node node(long id) {
    Node node = nodes.get(id);
    assertThat(node).as("node %s", id).isNotNull();
    return Objects.requireNonNull(node);
  }

  List<Node> nodes() {
    return List.copyOf(nodes.values());
  }

  /** Delivers a message that is taken out of the network. */
  void deliver(Message message) {
    Node to = node(message.to());
    to.driver.receive(message);
    to.driver.advance();
  }

  /** Lets disks, state machines and network do all they have to do, until nothing is left. */
  public void settle() {
    boolean busy = true;
    while (busy) {
      busy = !network.isEmpty();
      for (Message message : takeNetwork()) {
        // A member that was added need not exist.
        if (nodes.containsKey(message.to())) {
          deliver(message);
        }
      }
      for (Node node : nodes.values()) {
        busy |= !node.writes.isEmpty() || !node.batches.isEmpty();
        node.completeWrites();
        node.completeBatches();
      }
    }
  }

  List<Message> takeNetwork() {
    List<Message> taken = List.copyOf(network);
    network.clear();
    return taken;
  }

  /** Drops the messages that a node sent or that are meant for it. */
  void dropMessagesOf(long id) {
    network.removeIf(message -> message.from() == id || message.to() == id);
  }

  <M extends Message> List<M> onTheWay(Class<M> kind) {
    return network.stream().filter(kind::isInstance).map(kind::cast).toList();
  }

  /** Has a node campaign and win. */
  public Node elect(long id) {
    Node node = node(id);
    for (int i = 0; i < 20 * ELECTION_TICKS && !node.isLeader(); i++) {
      node.tick();
      settle();
    }
    assertThat(node.isLeader()).as("node %s leads", id).isTrue();
    settle();
    return node;
  }

  /** One member. */
  public final class Node {
    final long id;

    /** Writes asked for and not yet durable. */
    final Deque<LogWriter.Write> writes = new ArrayDeque<>();

    /** Batches given to the state machine and not yet applied. */
    final Deque<CommittedBatch> batches = new ArrayDeque<>();

    /** What the state machine has applied in this life, from index 1 on. */
    final List<Entry> applied = new ArrayList<>();

    private final List<Entry> durable = new ArrayList<>();
    private HardState durableHardState = HardState.INITIAL;

    /** All that has ever been durable: a vote is a promise for its own term only. */
    private final List<HardState> durableVotes = new ArrayList<>();

    /** What reads of the log see: all that was asked to be written. */
    private final List<Entry> appended = new ArrayList<>();

    public RaftDriver driver;

    @SuppressWarnings("NullAway.Init") // Set by restart, which a node cannot be used before.
    Node(long id) {
      this.id = id;
    }

    /** Forgets everything but what is durable and comes back. */
    void restart() {
      network.removeIf(message -> message instanceof Message.Forward && message.to() == id);
      writes.clear();
      batches.clear();
      applied.clear();
      appended.clear();
      appended.addAll(durable);
      RaftConfig config =
          settings
              .apply(
                  RaftConfig.builder(id, List.copyOf(nodes.keySet()))
                      .electionTimeoutTicks(ELECTION_TICKS)
                      .heartbeatTicks(2))
              .build();
      Raft raft =
          new Raft(
              config,
              durableHardState,
              new RecoveredLog(termStarts(), lastDurable(), this::read),
              0,
              random.split());
      driver =
          new RaftDriver(
              raft,
              config,
              ++incarnations * 1_000_000,
              maxWaitingBytes,
              this::write,
              this::send,
              batches::add,
              Snapshots.NONE,
              SnapshotPolicy.NONE,
              (leader, term, isLeader) -> {});
    }

    private List<EntryId> termStarts() {
      List<EntryId> starts = new ArrayList<>();
      for (Entry entry : durable) {
        if (starts.isEmpty() || starts.getLast().term() != entry.term()) {
          starts.add(entry.id());
        }
      }
      return starts;
    }

    private EntryId lastDurable() {
      return durable.isEmpty() ? EntryId.NONE : durable.getLast().id();
    }

    private List<Entry> read(long from, long to, long maxBytes) {
      return List.copyOf(appended.subList((int) from - 1, (int) to - 1));
    }

    private void write(LogWriter.Write write) {
      writes.add(write);
      put(appended, write.entries());
    }

    private static void put(List<Entry> log, List<Entry> entries) {
      if (!entries.isEmpty()) {
        log.subList((int) entries.getFirst().index() - 1, log.size()).clear();
        log.addAll(entries);
      }
    }

    private void send(Message message) {
      switch (message) {
        case Message.VoteRequest request -> {
          assertDurableVote(request.term(), id, message);
          assertThat(lastDurable()).as("%s", message).isGreaterThanOrEqualTo(request.last());
        }
        case Message.VoteResponse response -> {
          if (response.granted()) {
            assertDurableVote(response.term(), response.to(), message);
          }
        }
        case Message.AppendAccepted accepted -> {
          assertThat(durableHardState.term())
              .as("durable term behind %s", message)
              .isGreaterThanOrEqualTo(accepted.term());
          // In a later term the entries may have been replaced since, and nobody counts on them.
          if (durableHardState.term() == accepted.term()) {
            assertThat((long) durable.size())
                .as("durable entries behind %s", message)
                .isGreaterThanOrEqualTo(accepted.match());
          }
        }
        default -> {}
      }
      network.add(message);
    }

    private void assertDurableVote(long term, long vote, Message message) {
      assertThat(durableVotes).as("%s", message).contains(new HardState(term, vote));
    }

    /** Makes the oldest write durable without telling the driver. */
    LogWriter.Write persistNext() {
      LogWriter.Write write = writes.remove();
      if (write.hardState() != null) {
        durableHardState = write.hardState();
        durableVotes.add(durableHardState);
      }
      put(durable, write.entries());
      return write;
    }

    /** Makes the oldest writes durable and tells the driver. */
    void completeWrites(int count) {
      long number = 0;
      for (int i = 0; i < count; i++) {
        number = persistNext().number();
      }
      driver.written(number);
      driver.advance();
    }

    void completeWrites() {
      if (!writes.isEmpty()) {
        completeWrites(writes.size());
      }
    }

    /** Applies all batches that are waiting, tells those who wait, and tells the driver. */
    void completeBatches() {
      if (batches.isEmpty()) {
        return;
      }
      while (!batches.isEmpty()) {
        CommittedBatch batch = batches.remove();
        assertThat(batch.lastIndex())
            .as("applied only what is durable")
            .isLessThanOrEqualTo(durable.size());
        applied.addAll(batch.entries());
        batch.complete(
            batch.entries().stream()
                .map(entry -> (id + "/" + entry.index() + "/" + text(entry)).getBytes(UTF_8))
                .toList());
      }
      driver.applied(applied.getLast().index());
      driver.advance();
    }

    public void tick() {
      driver.tick();
      driver.advance();
    }

    public void tick(int count) {
      for (int i = 0; i < count; i++) {
        tick();
      }
    }

    boolean isLeader() {
      return driver.status().leader() == id;
    }

    public Submitted submit(String command, long timeoutTicks) {
      Submitted submitted = new Submitted(command);
      driver.submit(command.getBytes(UTF_8), timeoutTicks, submitted);
      driver.advance();
      return submitted;
    }

    Read read(long timeoutTicks) {
      Read read = new Read();
      driver.read(timeoutTicks, read);
      driver.advance();
      return read;
    }

    Changed change(long timeoutTicks, MembershipChange... changes) {
      Changed changed = new Changed();
      driver.changeMembership(List.of(changes), timeoutTicks, changed);
      driver.advance();
      return changed;
    }

    /** The commands that the state machine has applied. */
    List<String> commands() {
      return applied.stream()
          .filter(entry -> entry.type() == EntryType.COMMAND)
          .map(DriverCluster::text)
          .toList();
    }
  }

  static String text(Entry entry) {
    return new String(entry.data(), UTF_8);
  }

  /** A command and what became of it. */
  public static final class Submitted implements Outcome.Submit {
    final String command;
    @Nullable String result;
    @Nullable RaftException failure;

    Submitted(String command) {
      this.command = command;
    }

    boolean isDone() {
      return result != null || failure != null;
    }

    @Override
    public void applied(long index, byte[] bytes) {
      assertThat(result).as("second result of %s", command).isNull();
      result = new String(bytes, UTF_8);
    }

    @Override
    public void failed(RaftException why) {
      assertThat(isDone()).as("second outcome of %s", command).isFalse();
      failure = why;
    }
  }

  /** A change of the membership and what became of it. */
  static final class Changed implements Outcome.Change {
    @Nullable Membership membership;
    @Nullable RaftException failure;

    boolean isDone() {
      return membership != null || failure != null;
    }

    @Override
    public void changed(Membership committed) {
      assertThat(isDone()).as("second outcome of a change").isFalse();
      membership = committed;
    }

    @Override
    public void failed(RaftException why) {
      assertThat(isDone()).as("second outcome of a change").isFalse();
      failure = why;
    }
  }

  /** A read and what became of it. */
  static final class Read implements Outcome.Read {
    @Nullable Long index;
    @Nullable RaftException failure;

    boolean isDone() {
      return index != null || failure != null;
    }

    @Override
    public void ready(long at) {
      assertThat(isDone()).as("second outcome of a read").isFalse();
      index = at;
    }

    @Override
    public void failed(RaftException why) {
      assertThat(isDone()).as("second outcome of a read").isFalse();
      failure = why;
    }
  }
}
