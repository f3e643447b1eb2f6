package dev.jangada.server.embedded;

import dev.jangada.server.JangadaServer;
import dev.jangada.server.ServerConfig;
import dev.jangada.server.ServerConfig.StoreEngine;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A whole cluster inside this program, on free ports of this host: what an etcd container is to a
 * test, without the container.
 *
 * <pre>{@code
 * try (EmbeddedCluster cluster = EmbeddedCluster.start(3)) {
 *   Client client = Client.builder().endpoints(cluster.endpoints()).build();
 *   ...
 *   cluster.stopMember(cluster.leader()); // the others go on
 * }
 * }</pre>
 *
 * <p>Unless told otherwise the keys are on the heap, and the log is in a temporary directory that
 * is deleted in the end. The members are real ones: they talk over sockets, sync their logs, and
 * elect leaders.
 *
 * <p>Safe for use by several threads; stopping and starting members excludes itself.
 */
public final class EmbeddedCluster implements AutoCloseable {

  /** The most members that a cluster can be started with. */
  public static final int MAX_MEMBERS = 7;

  private static final Duration READY_TIMEOUT = Duration.ofSeconds(30);

  /** How often ports are looked for again because somebody was faster. */
  private static final int ATTEMPTS = 5;

  private static final int LOG_SEGMENT_BYTES = 1 << 20;

  private final Path directory;
  private final boolean temporary;
  private final List<ServerConfig> configs;
  private final List<@Nullable JangadaServer> servers = new ArrayList<>();
  private boolean closed;

  private EmbeddedCluster(Path directory, boolean temporary, List<ServerConfig> configs) {
    this.directory = directory;
    this.temporary = temporary;
    this.configs = configs;
    configs.forEach(config -> servers.add(null));
  }

  /**
   * Starts a cluster with the usual settings. When this returns it serves.
   *
   * @param members from 1 to {@value #MAX_MEMBERS}
   * @throws UncheckedIOException if there is no place for its data, or no port
   */
  public static EmbeddedCluster start(int members) {
    return builder().members(members).start();
  }

  /** A cluster with other settings: of one member unless told otherwise. */
  public static Builder builder() {
    return new Builder();
  }

  /** Collects the settings. For one thread. */
  public static final class Builder {

    private int members = 1;
    private @Nullable Path dataDirectory;
    private Consumer<ServerConfig.Builder> settings = ignored -> {};

    private Builder() {}

    /** How many members the cluster has, from 1 to {@value #MAX_MEMBERS}. */
    public Builder members(int count) {
      if (count < 1 || count > MAX_MEMBERS) {
        throw new IllegalArgumentException(
            "a cluster has from 1 to " + MAX_MEMBERS + " members, not " + count);
      }
      this.members = count;
      return this;
    }

    /**
     * Keeps the data in this directory, in RocksDB, and leaves it there: started again with it, a
     * cluster of as many members goes on with what it had. Created if it does not exist.
     */
    public Builder dataDirectory(Path directory) {
      this.dataDirectory = directory;
      return this;
    }

    /**
     * Changes any setting of the members but their names, addresses and directories, which are
     * chosen after this.
     */
    public Builder settings(Consumer<ServerConfig.Builder> change) {
      this.settings = settings.andThen(change);
      return this;
    }

    /**
     * Starts the cluster. When this returns it serves.
     *
     * @throws UncheckedIOException if there is no place for its data, or no port
     * @throws dev.jangada.server.ConfigException if the settings cannot be used
     */
    public EmbeddedCluster start() {
      try {
        for (int attempt = 1; ; attempt++) {
          try {
            return attempt();
          } catch (IOException e) {
            if (!isBindFailure(e) || attempt == ATTEMPTS) {
              throw e;
            }
          }
        }
      } catch (IOException e) {
        throw new UncheckedIOException("the embedded cluster cannot be started", e);
      }
    }

    private EmbeddedCluster attempt() throws IOException {
      Path directory =
          dataDirectory != null
              ? Files.createDirectories(dataDirectory)
              : Files.createTempDirectory("jangada-");
      EmbeddedCluster cluster =
          new EmbeddedCluster(directory, dataDirectory == null, configs(directory));
      try {
        cluster.startAll();
        return cluster;
      } catch (IOException | RuntimeException e) {
        cluster.close();
        throw e;
      }
    }

    private List<ServerConfig> configs(Path directory) throws IOException {
      List<Integer> ports = FreePorts.find(2 * members);
      Map<String, List<URI>> peers = new LinkedHashMap<>();
      for (int i = 0; i < members; i++) {
        peers.put(name(i), List.of(url(ports.get(members + i))));
      }
      List<ServerConfig> configs = new ArrayList<>();
      for (int i = 0; i < members; i++) {
        ServerConfig.Builder config =
            ServerConfig.builder()
                .storeEngine(dataDirectory == null ? StoreEngine.HEAP : StoreEngine.ROCKSDB)
                .logSegmentBytes(LOG_SEGMENT_BYTES);
        if (members == 1) {
          // Nobody else could be elected, so there is nothing to wait for.
          config.heartbeatInterval(Duration.ofMillis(5)).electionTimeout(Duration.ofMillis(25));
        } else {
          config.heartbeatInterval(Duration.ofMillis(50)).electionTimeout(Duration.ofMillis(250));
        }
        settings.accept(config);
        configs.add(
            config
                .name(name(i))
                .dataDirectory(directory.resolve(name(i)))
                .listenClientUrls(List.of(url(ports.get(i))))
                .advertiseClientUrls(List.of(url(ports.get(i))))
                .listenPeerUrls(Objects.requireNonNull(peers.get(name(i))))
                .initialCluster(peers)
                .build());
      }
      return configs;
    }

    private static String name(int member) {
      return "n" + (member + 1);
    }

    private static URI url(int port) {
      return URI.create("http://127.0.0.1:" + port);
    }

    private static boolean isBindFailure(Throwable failure) {
      for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
        if (cause instanceof BindException
            || String.valueOf(cause.getMessage()).contains("Address already in use")) {
          return true;
        }
      }
      return false;
    }
  }

  private synchronized void startAll() throws IOException {
    for (int member = 0; member < size(); member++) {
      launch(member);
    }
    for (int member = 0; member < size(); member++) {
      awaitReady(member);
    }
  }

  private void launch(int member) throws IOException {
    servers.set(member, JangadaServer.start(configs.get(member)));
  }

  /** How many members the cluster has, those stopped included. */
  public int size() {
    return configs.size();
  }

  /** Where clients reach the members, in the members' order, those stopped included. */
  public List<URI> endpoints() {
    return configs.stream().map(config -> config.advertiseClientUrls().get(0)).toList();
  }

  /** The same as a list with commas, as command lines and configuration files want it. */
  public String connectString() {
    return String.join(",", endpoints().stream().map(URI::toString).toList());
  }

  /**
   * A member, for what {@link JangadaServer} tells of itself.
   *
   * @param member counted from 0
   * @throws IllegalStateException if it is stopped
   */
  public synchronized JangadaServer server(int member) {
    JangadaServer server = servers.get(member);
    if (server == null) {
      throw new IllegalStateException(configs.get(member).name() + " is stopped");
    }
    return server;
  }

  /** Whether a member, counted from 0, has been started and not been stopped. */
  public synchronized boolean isRunning(int member) {
    return servers.get(member) != null;
  }

  /**
   * The member that leads, counted from 0. Waits for there to be one.
   *
   * @throws IllegalStateException if none is elected within half a minute
   */
  public int leader() {
    long deadline = System.nanoTime() + READY_TIMEOUT.toNanos();
    while (System.nanoTime() - deadline < 0) {
      int running = anyRunning();
      awaitReady(running);
      long leader = server(running).status().leader();
      synchronized (this) {
        for (int member = 0; member < size(); member++) {
          JangadaServer server = servers.get(member);
          if (server != null && server.memberId() == leader) {
            return member;
          }
        }
      }
    }
    throw new IllegalStateException("no member that runs leads");
  }

  private synchronized int anyRunning() {
    for (int member = 0; member < size(); member++) {
      if (servers.get(member) != null) {
        return member;
      }
    }
    throw new IllegalStateException("all members are stopped");
  }

  /** Stops a member, counted from 0; its data stays. Does nothing if it is stopped already. */
  public synchronized void stopMember(int member) {
    JangadaServer server = servers.set(member, null);
    if (server != null) {
      server.close();
    }
  }

  /**
   * Starts a member, counted from 0, with the data and the address that it had, and does not wait
   * for it to have caught up. Does nothing if it runs already.
   *
   * @throws UncheckedIOException if it cannot be started
   */
  public synchronized void startMember(int member) {
    if (closed) {
      throw new IllegalStateException("the cluster is closed");
    }
    if (servers.get(member) == null) {
      try {
        launch(member);
      } catch (IOException e) {
        throw new UncheckedIOException(configs.get(member).name() + " cannot be started", e);
      }
    }
  }

  /**
   * Waits until a member, counted from 0, knows a leader and has all that was acknowledged.
   *
   * @throws IllegalStateException if that takes longer than half a minute, or the member stops
   */
  public void awaitReady(int member) {
    String name = configs.get(member).name();
    long deadline = System.nanoTime() + READY_TIMEOUT.toNanos();
    Throwable failure = null;
    while (System.nanoTime() - deadline < 0) {
      JangadaServer server = server(member);
      try {
        server.whenReady().get(READY_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
        return;
      } catch (ExecutionException | TimeoutException e) {
        failure = e;
        if (server.whenStopped().isDone()) {
          throw new IllegalStateException(name + " has stopped", e);
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted while waiting for " + name, e);
      }
    }
    throw new IllegalStateException(
        name + " is not ready after " + READY_TIMEOUT.toSeconds() + " s: is a majority running?",
        failure);
  }

  /** Stops all members, and deletes the data if it was in a temporary directory. */
  @Override
  public synchronized void close() {
    closed = true;
    for (int member = 0; member < size(); member++) {
      stopMember(member);
    }
    if (temporary) {
      delete(directory);
    }
  }

  private static void delete(Path directory) {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (NoSuchFileException gone) {
      // Somebody else cleans up temporary files, too.
    } catch (IOException e) {
      throw new UncheckedIOException("cannot delete " + directory, e);
    }
  }
}
