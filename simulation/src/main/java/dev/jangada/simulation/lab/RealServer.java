package dev.jangada.simulation.lab;

import dev.jangada.node.Peer;
import dev.jangada.node.RaftNode;
import dev.jangada.node.request.RaftException;
import dev.jangada.node.request.StartResult;
import dev.jangada.node.transport.Transport;
import dev.jangada.node.transport.TransportConfig;
import dev.jangada.raft.Message;
import dev.jangada.raft.RaftRole;
import dev.jangada.raft.RaftStatus;
import dev.jangada.raft.StateMachine;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A {@link RaftNode} with its directory. To crash it is to close it: its disk is the machine's. */
final class RealServer implements LabServer {

  private final RealTimeWorld world;
  private final int number;
  private final List<Peer> peers = new ArrayList<>();
  private final Path directory;
  private final Supplier<StateMachine> machine;
  private final Consumer<Message> out;
  private volatile @Nullable RaftNode node;

  /** The node, as soon as it has started: its state machine may want something of it before. */
  private volatile CompletableFuture<RaftNode> starting = new CompletableFuture<>();

  private volatile boolean hasSnapshots;
  private volatile long lastLogBytes;
  private volatile @Nullable Consumer<Message> receiver;

  RealServer(
      RealTimeWorld world,
      int number,
      int size,
      Path directory,
      Supplier<StateMachine> machine,
      Consumer<Message> out) {
    this.world = world;
    this.number = number;
    this.directory = directory;
    this.machine = machine;
    this.out = out;
    for (int i = 0; i < size; i++) {
      peers.add(new Peer(RealTimeWorld.name(i), "memory", i + 1));
    }
  }

  @Override
  public void start() {
    CompletableFuture<RaftNode> begun = new CompletableFuture<>();
    starting = begun;
    StateMachine fresh = machine.get();
    hasSnapshots = fresh.supportsSnapshots();
    RaftNode started;
    try {
      started =
          RaftNode.builder()
              .cluster(RealTimeWorld.CLUSTER)
              .id(RealTimeWorld.name(number))
              .peers(peers)
              .dataDirectory(directory)
              .stateMachine(fresh)
              .heartbeatInterval(Duration.ofNanos(LabWorld.HEARTBEAT_NANOS))
              .electionTimeout(Duration.ofNanos(LabWorld.ELECTION_TIMEOUT_NANOS))
              .logSegmentBytes(LabWorld.SEGMENT_BYTES)
              .noop(false)
              .snapshotEntries(LabWorld.SNAPSHOTS.snapshotEntries())
              .retainedEntries(LabWorld.SNAPSHOTS.retainedEntries())
              .transport(this::open)
              .start();
    } catch (IOException e) {
      throw new UncheckedIOException("a server cannot open its own log", e);
    }
    node = started;
    begun.complete(started);
    started
        .whenStopped()
        .exceptionally(cause -> {
          world.failed(cause);
          return null;
        });
  }

  private Transport open(TransportConfig config, Transport.Receiver to) {
    receiver = to;
    return new Transport() {
      private volatile boolean closed;

      @Override
      public void send(Message message) {
        if (!closed) {
          out.accept(message);
        }
      }

      @Override
      public void close() {
        closed = true;
      }
    };
  }

  @Override
  public void crash() {
    RaftNode dead = node;
    if (dead != null) {
      lastLogBytes = hasSnapshots ? dead.logBytes() : 0;
      node = null;
      receiver = null;
      dead.close();
    }
  }

  @Override
  public boolean isRunning() {
    return node != null;
  }

  @Override
  public StartResult propose(byte[] command) {
    RaftNode running = node;
    try {
      return running == null ? new StartResult(0, 0, false) : running.start(command);
    } catch (RaftException refused) {
      return new StartResult(0, 0, false);
    }
  }

  @Override
  public void takeSnapshot(LongConsumer durable) {
    // One that fails does so because the node is closed.
    CompletableFuture<?> unused =
        starting
            .thenCompose(RaftNode::takeSnapshot)
            .thenAccept(last -> durable.accept(last.index()));
  }

  @Override
  public long logBytes() {
    RaftNode running = node;
    return running == null || !hasSnapshots ? lastLogBytes : running.logBytes();
  }

  @Override
  public State state() {
    RaftNode running = node;
    if (running == null) {
      return new State(0, false);
    }
    RaftStatus status = running.status();
    return new State(status.term(), status.role() == RaftRole.LEADER);
  }

  @Override
  public void receive(Message message) {
    Consumer<Message> to = receiver;
    if (to != null) {
      to.accept(message);
    }
  }
}
