package dev.jangada.cli.cluster;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A cluster whose nodes are processes of their own, children of this one.
 *
 * <p>No node outlives this process, however it ends: each is started with {@code
 * --stop-with-parent} and a pipe as its standard input, which the kernel closes when this process
 * is gone.
 *
 * <p>Thread-safe.
 */
public final class LocalCluster implements AutoCloseable {

  /** How long a node may take to stop before it is killed. */
  private static final Duration STOP_PATIENCE = Duration.ofSeconds(5);

  private static final int LOG_LINES_SHOWN = 20;

  private final ClusterLayout layout;
  private final NodeLauncher launcher;
  private final List<String> extraArguments;
  private final DataDirectory dataDirectory;
  private final Consumer<NodeExit> exitListener;
  private final @Nullable Process[] processes;
  private final List<Process> unwanted = new ArrayList<>();

  private LocalCluster(
      ClusterLayout layout,
      NodeLauncher launcher,
      List<String> extraArguments,
      DataDirectory dataDirectory,
      Consumer<NodeExit> exitListener) {
    this.layout = layout;
    this.launcher = launcher;
    this.extraArguments = List.copyOf(extraArguments);
    this.dataDirectory = dataDirectory;
    this.exitListener = exitListener;
    this.processes = new @Nullable Process[layout.nodes()];
  }

  /**
   * Starts all nodes and returns without waiting until they serve.
   *
   * @param extraArguments for each node's {@code jangada server}
   * @param exitListener told of each process that ends, on a thread of its own
   * @throws ClusterException if ports are in use or the data directory belongs to something else;
   *     nothing was started then
   */
  public static LocalCluster start(
      ClusterLayout layout,
      NodeLauncher launcher,
      List<String> extraArguments,
      Consumer<NodeExit> exitListener)
      throws IOException, ClusterException {
    List<String> portsInUse = layout.portsInUse();
    if (!portsInUse.isEmpty()) {
      throw new ClusterException(
          "ports in use: "
              + String.join(", ", portsInUse)
              + "; stop what listens there, or choose other ports with --client-port and"
              + " --peer-port");
    }
    DataDirectory dataDirectory = DataDirectory.open(layout.dataDirectory(), layout.nodes());
    LocalCluster cluster =
        new LocalCluster(layout, launcher, extraArguments, dataDirectory, exitListener);
    try {
      for (int node = 0; node < layout.nodes(); node++) {
        cluster.start(node);
      }
    } catch (IOException e) {
      cluster.close();
      throw e;
    }
    return cluster;
  }

  /** Where the nodes are. */
  public ClusterLayout layout() {
    return layout;
  }

  /** Starts a node that does not run. */
  public synchronized void start(int node) throws IOException {
    if (isAlive(node)) {
      throw new IllegalStateException(layout.name(node) + " runs already");
    }
    Files.createDirectories(layout.directory(node));
    List<String> arguments = new ArrayList<>(layout.serverArguments(node));
    arguments.add("--stop-with-parent");
    arguments.addAll(extraArguments);
    Process process = launcher.start(arguments, layout.log(node));
    processes[node] = process;
    var unused = process.onExit().thenAccept(ended -> report(node, ended));
  }

  private void report(int node, Process process) {
    boolean wanted;
    synchronized (this) {
      wanted = unwanted.contains(process);
    }
    exitListener.accept(new NodeExit(node, process.pid(), process.exitValue(), wanted));
  }

  /** Process id of a node, of its last process if it does not run. */
  public synchronized long pid(int node) {
    Process process = processes[node];
    return process == null ? 0 : process.pid();
  }

  /** Whether a node's process runs. */
  public synchronized boolean isAlive(int node) {
    Process process = processes[node];
    return process != null && process.isAlive();
  }

  /** Kills a node with SIGKILL, as a crash would, and waits until it is gone. */
  public void kill(int node) throws InterruptedException {
    Process process = disown(node);
    if (process != null) {
      process.destroyForcibly();
      process.waitFor();
    }
  }

  /** Asks a node to stop, waits, and kills it if it does not. */
  public void stop(int node) throws InterruptedException {
    Process process = disown(node);
    if (process != null) {
      process.destroy();
      if (!process.waitFor(STOP_PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
        process.destroyForcibly();
        process.waitFor();
      }
    }
  }

  private synchronized @Nullable Process disown(int node) {
    Process process = processes[node];
    if (process != null) {
      unwanted.add(process);
    }
    return process;
  }

  /**
   * Waits until every node that should run serves reads that see every write.
   *
   * @param progress told now and then what is waited for
   * @throws ClusterException if a node dies meanwhile or time runs out; the message has the end of
   *     its log
   */
  public void awaitServing(Duration patience, Consumer<String> progress)
      throws ClusterException, InterruptedException {
    long start = System.nanoTime();
    long nextProgress = start + TimeUnit.SECONDS.toNanos(2);
    for (int node = 0; node < layout.nodes(); node++) {
      try (NodeClient client = new NodeClient(layout.endpoint(node))) {
        while (!client.serves(Duration.ofMillis(500))) {
          long now = System.nanoTime();
          if (!isAlive(node)) {
            throw new ClusterException(
                "%s died while it started%n%s".formatted(layout.name(node), endOfLog(node)));
          }
          if (now - start > patience.toNanos()) {
            throw new ClusterException(
                "%s does not serve after %d s%n%s"
                    .formatted(layout.name(node), patience.toSeconds(), endOfLog(node)));
          }
          if (now >= nextProgress) {
            progress.accept("waiting for " + layout.name(node) + " to serve");
            nextProgress = now + TimeUnit.SECONDS.toNanos(2);
          }
          TimeUnit.MILLISECONDS.sleep(20);
        }
      }
    }
  }

  private String endOfLog(int node) {
    Path log = layout.log(node);
    try {
      List<String> lines = Files.readAllLines(log);
      return "the end of "
          + log
          + ":\n  "
          + String.join(
              "\n  ", lines.subList(Math.max(0, lines.size() - LOG_LINES_SHOWN), lines.size()));
    } catch (IOException e) {
      return "see " + log;
    }
  }

  /** Stops all nodes and waits for them. */
  @Override
  public void close() throws IOException {
    List<Process> running = new ArrayList<>();
    for (int node = 0; node < layout.nodes(); node++) {
      Process process = disown(node);
      if (process != null) {
        process.destroy();
        running.add(process);
      }
    }
    long deadline = System.nanoTime() + STOP_PATIENCE.toNanos();
    boolean interrupted = false;
    for (Process process : running) {
      try {
        if (!process.waitFor(deadline - System.nanoTime(), TimeUnit.NANOSECONDS)) {
          process.destroyForcibly();
          // Until it is gone it holds its ports, and writes into its directory.
          process.waitFor();
        }
      } catch (InterruptedException e) {
        interrupted = true;
        process.destroyForcibly();
      }
    }
    dataDirectory.close();
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
