package dev.jangada.cli.bench;

import java.io.PrintWriter;
import java.util.List;
import java.util.function.Consumer;

/** Runs a load and prints what it measured. */
final class LoadReport {

  private LoadReport() {}

  /**
   * Progress goes to the error stream, the result to the output.
   *
   * @param fill whether to write all keys first
   * @return the exit code: 0, or 1 if a request failed
   */
  static int measure(LoadOptions options, Operation<?, ?> operation, boolean fill)
      throws InterruptedException {
    PrintWriter err = options.spec.commandLine().getErr();
    PrintWriter out = options.spec.commandLine().getOut();
    Consumer<String> progress =
        line -> {
          err.println(line);
          err.flush();
        };
    Load load = options.toLoad();
    if (load.targetLeader()) {
      String leader = LoadGenerator.leaderAmong(load.endpoints());
      if (leader == null) {
        progress.accept("none of the endpoints answers that it is the leader: " + load.endpoints());
        return 1;
      }
      load = load.on(List.of(leader));
    }
    if (fill) {
      try {
        LoadGenerator.fill(load, progress);
      } catch (IllegalStateException e) {
        progress.accept(e.getMessage());
        return 1;
      }
    }
    LoadResult result = LoadGenerator.run(load, operation, progress);
    out.println(options.json ? result.toJson() : result.toText());
    out.flush();
    return result.errors().isEmpty() ? 0 : 1;
  }
}
