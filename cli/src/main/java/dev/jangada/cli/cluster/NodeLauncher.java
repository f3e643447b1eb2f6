package dev.jangada.cli.cluster;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Starts processes of the {@code jangada} command with this process's Java.
 *
 * @param classPath of the command
 * @param jvmOptions for each process
 */
public record NodeLauncher(String classPath, List<String> jvmOptions) {

  private static final String MAIN_CLASS = "dev.jangada.cli.Main";

  /** The first JDK that warns of native access and of {@code sun.misc.Unsafe}. */
  private static final int FIRST_WITH_UNSAFE_OPTION = 23;

  /** What a JVM was told to use of what an earlier one has learnt; the nodes use the same. */
  private static final String AHEAD_OF_TIME_CACHE = "-XX:AOTCache=";

  /**
   * How far the JVM's optimizing compiler may inline. By default it goes 15 calls deep and takes in
   * methods of 325 bytes, and so compiles the long chains of calls through gRPC and Netty again and
   * again into each of their callers: on two cores that takes a new cluster half of its processor
   * time for the first hundred thousand writes. With these limits it takes half as much, and the
   * code it makes costs some percent more.
   */
  private static final List<String> INLINING_LIMITS =
      List.of("-XX:MaxInlineLevel=7", "-XX:FreqInlineSize=120", "-XX:InlineSmallCode=1200");

  public NodeLauncher {
    jvmOptions = List.copyOf(jvmOptions);
  }

  /**
   * Starts nodes as this process was started: same class path, options for a node, and then those
   * of {@code JANGADA_JAVA_OPTS}.
   */
  public static NodeLauncher likeThisProcess() {
    return withClassPath(System.getProperty("java.class.path"));
  }

  /** The same with another class path. */
  public static NodeLauncher withClassPath(String classPath) {
    List<String> options = new ArrayList<>();
    options.add("-Xms64m");
    options.add("-Xmx1g");
    options.add("-XX:+ExitOnOutOfMemoryError");
    options.addAll(INLINING_LIMITS);
    options.add("--enable-native-access=ALL-UNNAMED");
    if (Runtime.version().feature() >= FIRST_WITH_UNSAFE_OPTION) {
      options.add("--sun-misc-unsafe-memory-access=allow");
    }
    for (String option : ManagementFactory.getRuntimeMXBean().getInputArguments()) {
      if (option.startsWith(AHEAD_OF_TIME_CACHE)) {
        options.add(option);
      }
    }
    String extra = System.getenv("JANGADA_JAVA_OPTS");
    if (extra != null && !extra.isBlank()) {
      options.addAll(List.of(extra.strip().split("\\s+")));
    }
    return new NodeLauncher(classPath, options);
  }

  /**
   * Starts the command.
   *
   * @param log gets the process's output, appended to what it has
   * @return the process, whose standard input is a pipe from this one
   */
  public Process start(List<String> arguments, Path log) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(jvmOptions);
    command.add("-cp");
    command.add(classPath);
    command.add(MAIN_CLASS);
    command.addAll(arguments);
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
        .start();
  }
}
