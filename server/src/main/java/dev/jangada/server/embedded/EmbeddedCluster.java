package dev.jangada.server.embedded;

import dev.jangada.server.JangadaServer;
import dev.jangada.server.ServerConfig;
import dev.jangada.server.ServerConfig.InitialClusterState;
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
import java.util.concurrent.CompletableFuture;
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
 *   cluster.addMember(); // there are four, of whom three run
 * }
 * }</pre>
 *
 * <p>Unless told otherwise the keys are on the heap, and the log is in a temporary directory that
 * is deleted in the end. The members are real ones: they talk over sockets, sync their logs, and
 * elect leaders. They are known by numbers, counted from 0; one that is added gets the next one.
 *
 * <p>Safe for use by several threads; stopping and starting members excludes itself.
 */
public final class EmbeddedCluster implements AutoCloseable {

  /** The most members that a cluster can have. */
  public static final int MAX_MEMBERS = 7;

  private static final Duration READY_TIMEOUT = Duration.ofSeconds(30);

  /** How often ports are looked for again because somebody was faster. */
  private static final int ATTEMPTS = 5;

  private static final int LOG_SEGMENT_BYTES = 1 << 20;

  /** How long a leader waits before it tells again that it is alive, where there are others. */
  private static final Duration HEARTBEAT = Duration.ofMillis(50);

  private final Path directory;
  private final boolean temporary;
  private final Consumer<ServerConfig.Builder> settings;

  /** By their numbers, those removed included. */
  private final List<Member> members = new ArrayList<>();

  private boolean closed;

  /** One that the cluster has or has had. Guarded by the cluster. */
  private static final class Member {
    private ServerConfig config;
    private @Nullable JangadaServer server;

    /** By which the others know it; of no meaning before it has been started. */
    private long id;

    private boolean removed;

    Member(ServerConfig config) {
      this.config = config;
    }
  }

  private EmbeddedCluster(
      Path directory, boolean temporary, Consumer<ServerConfig.Builder> settings) {
    this.directory = directory;
    this.temporary = temporary;
    this.settings = settings;
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
     * cluster of as many members goes on with what it had, unless members were added or removed
     * meanwhile. Created if it does not exist.
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
      EmbeddedCluster cluster = new EmbeddedCluster(directory, dataDirectory == null, settings);
      try {
        cluster.startAll(members);
        return cluster;
      } catch (IOException | RuntimeException e) {
        cluster.close();
        throw e;
      }
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

  private void startAll(int count) throws IOException {
    List<Integer> ports = FreePorts.find(2 * count);
    Map<String, List<URI>> peers = new LinkedHashMap<>();
    for (int i = 0; i < count; i++) {
      peers.put(name(i), List.of(url(ports.get(count + i))));
    }
    synchronized (this) {
      for (int i = 0; i < count; i++) {
        members.add(new Member(builder(i, ports.get(i), peers, count == 1).build()));
      }
      for (Member member : members) {
        launch(member);
      }
    }
    for (int member = 0; member < count; member++) {
      awaitReady(member);
    }
  }

  /**
   * The settings of a member.
   *
   * @param peers peer URLs of all members, this one included
   * @param alone whether nobody else could be elected, so that there is nothing to wait for
   */
  private ServerConfig.Builder builder(
      int number, int clientPort, Map<String, List<URI>> peers, boolean alone) {
    ServerConfig.Builder config =
        ServerConfig.builder()
            .storeEngine(temporary ? StoreEngine.HEAP : StoreEngine.ROCKSDB)
            .logSegmentBytes(LOG_SEGMENT_BYTES);
    Duration heartbeat = alone ? HEARTBEAT.dividedBy(10) : HEARTBEAT;
    config.heartbeatInterval(heartbeat).electionTimeout(heartbeat.multipliedBy(5));
    settings.accept(config);
    return config
        .name(name(number))
        .dataDirectory(directory.resolve(name(number)))
        .listenClientUrls(List.of(url(clientPort)))
        .advertiseClientUrls(List.of(url(clientPort)))
        .listenPeerUrls(Objects.requireNonNull(peers.get(name(number))))
        .initialCluster(peers);
  }

  private static String name(int number) {
    return "n" + (number + 1);
  }

  private static URI url(int port) {
    return URI.create("http://127.0.0.1:" + port);
  }

  private static void launch(Member member) throws IOException {
    JangadaServer server = JangadaServer.start(member.config);
    member.server = server;
    member.id = server.memberId();
  }

  private Member member(int number) {
    Member member = members.get(number);
    if (member.removed) {
      throw new IllegalStateException(member.config.name() + " has been removed");
    }
    return member;
  }

  private Stream<Member> remaining() {
    return members.stream().filter(member -> !member.removed);
  }

  /** How many members the cluster has, those stopped included, and those removed not. */
  public synchronized int size() {
    return Math.toIntExact(remaining().count());
  }

  /** Where clients reach the members, in the order of their numbers, those stopped included. */
  public synchronized List<URI> endpoints() {
    return remaining().map(member -> member.config.advertiseClientUrls().get(0)).toList();
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
    JangadaServer server = member(member).server;
    if (server == null) {
      throw new IllegalStateException(name(member) + " is stopped");
    }
    return server;
  }

  /** Whether a member, counted from 0, has been started and been neither stopped nor removed. */
  public synchronized boolean isRunning(int member) {
    return members.get(member).server != null;
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
        for (int member = 0; member < members.size(); member++) {
          JangadaServer server = members.get(member).server;
          if (server != null && server.memberId() == leader) {
            return member;
          }
        }
      }
    }
    throw new IllegalStateException("no member that runs leads");
  }

  private int anyRunning() {
    return anyRunningBut(-1);
  }

  private synchronized int anyRunningBut(int other) {
    for (int member = 0; member < members.size(); member++) {
      if (member != other && members.get(member).server != null) {
        return member;
      }
    }
    throw new IllegalStateException("all members are stopped");
  }

  /** Stops a member, counted from 0; its data stays. Does nothing if it is stopped already. */
  public synchronized void stopMember(int member) {
    stop(member(member));
  }

  private static void stop(Member member) {
    JangadaServer server = member.server;
    member.server = null;
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
    Member stopped = member(member);
    refuseIfClosed();
    if (stopped.server == null) {
      try {
        launch(stopped);
      } catch (IOException e) {
        throw new UncheckedIOException(name(member) + " cannot be started", e);
      }
    }
  }

  private void refuseIfClosed() {
    if (closed) {
      throw new IllegalStateException("the cluster is closed");
    }
  }

  /**
   * Adds a member with the settings of the others and nothing in its directory, and starts it. When
   * this returns it has all that was acknowledged, and votes.
   *
   * <p>If there was one member, that one is started anew: with somebody beside it, it has to be as
   * patient as members of larger clusters are.
   *
   * @return the number of the new member: the next one, also if others have been removed
   * @throws IllegalStateException if too few members run to agree on that, or there are {@value
   *     #MAX_MEMBERS} already
   * @throws UncheckedIOException if it cannot be started; it may be a member then, which is stopped
   */
  public int addMember() {
    try {
      List<Integer> ports = FreePorts.find(2);
      int number = include(ports.get(0), url(ports.get(1)));
      synchronized (this) {
        refuseIfClosed();
        launch(members.get(number));
      }
      awaitVote(number);
      return number;
    } catch (IOException e) {
      throw new UncheckedIOException("the new member cannot be started", e);
    }
  }

  private void awaitVote(int member) {
    long deadline = System.nanoTime() + READY_TIMEOUT.toNanos();
    do {
      awaitReady(member);
      JangadaServer server = server(member);
      if (server.status().configuration().membership().isVoter(server.memberId())) {
        return;
      }
    } while (System.nanoTime() - deadline < 0);
    throw new IllegalStateException(name(member) + " has no vote: is a majority running?");
  }

  private static <T extends @Nullable Object> T await(String what, CompletableFuture<T> change) {
    try {
      return change.get(READY_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new IllegalStateException("cannot " + what + ": is a majority running?", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting to " + what, e);
    }
  }

  /** Has the cluster accept a member, which is not started yet. Returns its number. */
  private int include(int clientPort, URI peerUrl) throws IOException {
    int asked;
    synchronized (this) {
      refuseIfClosed();
      if (size() == MAX_MEMBERS) {
        throw new IllegalStateException("there are " + MAX_MEMBERS + " members already");
      }
      asked = anyRunning();
      if (members.size() == 1) {
        makePatient();
      }
    }
    var unused = await("add a member", server(asked).addMember(peerUrl));
    synchronized (this) {
      int number = members.size();
      Map<String, List<URI>> peers = new LinkedHashMap<>();
      remaining()
          .forEach(other -> peers.put(other.config.name(), List.of(other.config.listenPeerUrl())));
      peers.put(name(number), List.of(peerUrl));
      members.add(
          new Member(
              builder(number, clientPort, peers, false)
                  .initialClusterState(InitialClusterState.EXISTING)
                  .build()));
      return number;
    }
  }

  /** Starts the only member anew, with the settings of one that others may be elected beside. */
  private void makePatient() throws IOException {
    Member only = members.get(0);
    ServerConfig before = only.config;
    only.config =
        builder(
                0,
                before.advertiseClientUrls().get(0).getPort(),
                Map.of(before.name(), List.of(before.listenPeerUrl())),
                false)
            .build();
    stop(only);
    launch(only);
  }

  /**
   * Removes a member, counted from 0, for good, running or not, and stops it. What is in its
   * directory is of no use any more; its number is not used again.
   *
   * @throws IllegalStateException if it is the last one, or too few others run to agree on that
   */
  public void removeMember(int member) {
    long id;
    int asked;
    synchronized (this) {
      refuseIfClosed();
      id = member(member).id;
      if (size() == 1) {
        throw new IllegalStateException("a cluster has at least one member");
      }
      asked = anyRunningBut(member);
    }
    var unused = await("remove " + name(member), server(asked).removeMember(id));
    synchronized (this) {
      Member gone = members.get(member);
      gone.removed = true;
      stop(gone);
    }
  }

  /**
   * Waits until a member, counted from 0, knows a leader and has all that was acknowledged.
   *
   * @throws IllegalStateException if that takes longer than half a minute, or the member stops
   */
  public void awaitReady(int member) {
    String name = name(member);
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
    members.forEach(EmbeddedCluster::stop);
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
