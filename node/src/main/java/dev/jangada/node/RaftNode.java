package dev.jangada.node;

import dev.jangada.node.transport.Transport;
import dev.jangada.raft.RaftStatus;
import dev.jangada.raft.StateMachine;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A member of a Raft cluster: keeps a {@link StateMachine} in step with those of the others. */
@SuppressWarnings("DoNotCallSuggester") // The contract comes first, its implementation next.
public final class RaftNode implements AutoCloseable {

  private RaftNode() {}

  /** Begins the settings of a node. */
  public static Builder builder() {
    return new Builder();
  }

  public CompletableFuture<byte[]> submit(byte[] command) {
    throw new UnsupportedOperationException();
  }

  public CompletableFuture<byte[]> submit(byte[] command, Duration timeout) {
    throw new UnsupportedOperationException();
  }

  public StartResult start(byte[] command) {
    throw new UnsupportedOperationException();
  }

  public CompletableFuture<Long> readIndex() {
    throw new UnsupportedOperationException();
  }

  public CompletableFuture<Long> readIndex(Duration timeout) {
    throw new UnsupportedOperationException();
  }

  public CompletableFuture<Void> transferLeadership(String id) {
    throw new UnsupportedOperationException();
  }

  public RaftStatus status() {
    throw new UnsupportedOperationException();
  }

  public long memberId() {
    throw new UnsupportedOperationException();
  }

  public long clusterId() {
    throw new UnsupportedOperationException();
  }

  public void addListener(LeadershipListener listener) {
    throw new UnsupportedOperationException();
  }

  public void removeListener(LeadershipListener listener) {
    throw new UnsupportedOperationException();
  }

  public CompletableFuture<Void> whenStopped() {
    throw new UnsupportedOperationException();
  }

  @Override
  public void close() {
    throw new UnsupportedOperationException();
  }

  /** Collects the settings of a node. */
  @SuppressWarnings("DoNotCallSuggester")
  public static final class Builder {

    private Builder() {}

    public Builder id(String id) {
      throw new UnsupportedOperationException();
    }

    public Builder cluster(String name) {
      throw new UnsupportedOperationException();
    }

    public Builder peers(List<Peer> peers) {
      throw new UnsupportedOperationException();
    }

    public Builder listen(String host, int port) {
      throw new UnsupportedOperationException();
    }

    public Builder dataDirectory(Path directory) {
      throw new UnsupportedOperationException();
    }

    public Builder stateMachine(StateMachine stateMachine) {
      throw new UnsupportedOperationException();
    }

    public Builder heartbeatInterval(Duration interval) {
      throw new UnsupportedOperationException();
    }

    public Builder electionTimeout(Duration timeout) {
      throw new UnsupportedOperationException();
    }

    public Builder requestTimeout(Duration timeout) {
      throw new UnsupportedOperationException();
    }

    public Builder preVote(boolean on) {
      throw new UnsupportedOperationException();
    }

    public Builder checkQuorum(boolean on) {
      throw new UnsupportedOperationException();
    }

    public Builder leaseReads(boolean on) {
      throw new UnsupportedOperationException();
    }

    public Builder noop(boolean on) {
      throw new UnsupportedOperationException();
    }

    public Builder maxEntryBytes(int bytes) {
      throw new UnsupportedOperationException();
    }

    public Builder maxPendingBytes(long bytes) {
      throw new UnsupportedOperationException();
    }

    public Builder maxUncommittedBytes(long bytes) {
      throw new UnsupportedOperationException();
    }

    public Builder transport(Transport.Factory factory) {
      throw new UnsupportedOperationException();
    }

    /** Starts the node. */
    public RaftNode start() throws IOException {
      throw new UnsupportedOperationException();
    }
  }
}
