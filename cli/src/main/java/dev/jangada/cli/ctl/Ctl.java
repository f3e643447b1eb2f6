package dev.jangada.cli.ctl;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/** What a command has to work with: the servers, the console, and the format asked for. */
final class Ctl implements AutoCloseable {

  private final GlobalFlags flags;
  private final Map<String, String> environment;
  private final Console console;
  private final Printer out;
  private Connection.@Nullable Settings settings;
  private @Nullable Connection connection;

  Ctl(GlobalFlags flags, Map<String, String> environment, Console console) {
    this.environment = environment;
    this.flags = flags;
    this.console = console;
    this.out = new Printer(console.out());
  }

  /** A variable of the environment; empty if it is not set. */
  String variable(String name) {
    return environment.getOrDefault(name, "");
  }

  Console console() {
    return console;
  }

  /** Standard output, in the order of everything else that is written through this. */
  Printer out() {
    return out;
  }

  boolean hex() {
    return flags.hex();
  }

  /** How keys and values are printed. */
  KeyValues keyValues() {
    return new KeyValues(flags.hex(), false);
  }

  Format format() {
    return flags.format();
  }

  Duration commandTimeout() {
    return flags.commandTimeout();
  }

  /** The servers that the user named. */
  List<Endpoint> endpoints() {
    return flags.endpoints();
  }

  /** To whichever of the servers can be reached. */
  Connection connection() {
    if (connection == null) {
      connection = newConnection();
    }
    return connection;
  }

  /** Another one, for another thread; the caller closes it. */
  Connection newConnection() {
    return new Connection(endpoints(), settings());
  }

  /** To this server, which the caller closes. */
  Connection connectionTo(Endpoint endpoint) {
    return new Connection(List.of(endpoint), settings());
  }

  /** A figure that a server tells Prometheus; empty if it does not. */
  OptionalDouble metric(Endpoint server, String name) throws InterruptedException {
    Tls tls = settings().tls();
    String url = server.url(tls.wanted());
    return MetricsPage.read(
        url, url.startsWith("https:") ? tls.context() : null, commandTimeout(), name);
  }

  private Connection.Settings settings() {
    if (settings == null) {
      settings = flags.settings(console);
    }
    return settings;
  }

  /** Prints it in the format asked for. */
  void show(Answer answer) {
    answer.print(flags.format(), out);
  }

  /** Prints a line, whatever the format. */
  void say(String line) {
    out.line(line).flush();
  }

  /** Prints a line to standard error. */
  void complain(String line) {
    console.err().println(line);
    console.err().flush();
  }

  @Override
  public void close() {
    if (connection != null) {
      connection.close();
    }
  }
}
