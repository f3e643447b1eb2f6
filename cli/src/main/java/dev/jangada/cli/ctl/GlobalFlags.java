package dev.jangada.cli.ctl;

import dev.jangada.cli.config.DurationConverter;
import dev.jangada.cli.ctl.Connection.Settings;
import dev.jangada.cli.ctl.Connection.User;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** The flags that every command takes, before or after its name. */
final class GlobalFlags {

  @Option(
      names = "--endpoints",
      split = ",",
      paramLabel = "URL",
      defaultValue = "127.0.0.1:2379",
      scope = ScopeType.INHERIT,
      description =
          "Servers to ask, as HOST:PORT, http://HOST:PORT or https://HOST:PORT; the first that"
              + " answers is used (default: ${DEFAULT-VALUE}).")
  private List<String> endpoints;

  @Option(
      names = {"-w", "--write-out"},
      paramLabel = "FORMAT",
      defaultValue = "simple",
      scope = ScopeType.INHERIT,
      description = "Output: simple, json, table or fields (default: simple).")
  private String format;

  @Option(
      names = "--hex",
      arity = "0..1",
      preprocessor = BooleanFlag.class,
      paramLabel = "BOOL",
      scope = ScopeType.INHERIT,
      description = "Print keys and values as hexadecimal bytes.")
  private boolean hex;

  @Option(
      names = "--user",
      paramLabel = "NAME[:PASSWORD]",
      scope = ScopeType.INHERIT,
      description = "Who you are. Without password, it is asked for.")
  private @Nullable String user;

  @Option(
      names = "--password",
      paramLabel = "PASSWORD",
      scope = ScopeType.INHERIT,
      description = "The user's password, which others can see in the list of processes.")
  private @Nullable String password;

  @Option(
      names = "--cacert",
      paramLabel = "FILE",
      scope = ScopeType.INHERIT,
      description = "Certificates (PEM) of the authorities that vouch for the servers.")
  private @Nullable Path cacert;

  @Option(
      names = "--cert",
      paramLabel = "FILE",
      scope = ScopeType.INHERIT,
      description = "Your certificate (PEM).")
  private @Nullable Path cert;

  @Option(
      names = "--key",
      paramLabel = "FILE",
      scope = ScopeType.INHERIT,
      description = "Its key (PEM).")
  private @Nullable Path key;

  @Option(
      names = "--insecure-skip-tls-verify",
      arity = "0..1",
      preprocessor = BooleanFlag.class,
      paramLabel = "BOOL",
      scope = ScopeType.INHERIT,
      description = "Trust any server that speaks TLS. For tests.")
  private boolean skipVerify;

  @Option(
      names = "--insecure-transport",
      arity = "0..1",
      preprocessor = BooleanFlag.class,
      paramLabel = "BOOL",
      defaultValue = "true",
      fallbackValue = "true",
      scope = ScopeType.INHERIT,
      description =
          "Speak plain text to endpoints without a scheme, unless a flag of TLS is given (default:"
              + " true).")
  private boolean insecureTransport;

  @Option(
      names = "--dial-timeout",
      paramLabel = "TIME",
      defaultValue = "2s",
      converter = DurationConverter.class,
      scope = ScopeType.INHERIT,
      description = "How long to try again when no server can be reached (default: 2s).")
  private Duration dialTimeout;

  @Option(
      names = "--command-timeout",
      paramLabel = "TIME",
      defaultValue = "5s",
      converter = DurationConverter.class,
      scope = ScopeType.INHERIT,
      description = "How long to wait for an answer (default: 5s).")
  private Duration commandTimeout;

  @Option(
      names = "--keepalive-time",
      paramLabel = "TIME",
      defaultValue = "10s",
      converter = DurationConverter.class,
      scope = ScopeType.INHERIT,
      description =
          "After how much silence to ask whether the server is still there; at least 10s (default:"
              + " 10s).")
  private Duration keepAliveTime;

  @Option(
      names = "--keepalive-timeout",
      paramLabel = "TIME",
      defaultValue = "6s",
      converter = DurationConverter.class,
      scope = ScopeType.INHERIT,
      description = "How long to wait for the answer to that (default: 6s).")
  private Duration keepAliveTimeout;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  GlobalFlags() {}

  Format format() {
    return Format.of(format);
  }

  boolean hex() {
    return hex;
  }

  List<Endpoint> endpoints() {
    return Endpoint.all(endpoints);
  }

  Duration commandTimeout() {
    return commandTimeout;
  }

  /** Asks for the password if there is a user without one. */
  Settings settings(Console console) {
    boolean tls = !insecureTransport || cacert != null || cert != null || skipVerify;
    return new Settings(
        dialTimeout,
        commandTimeout,
        keepAliveTime,
        keepAliveTimeout,
        new Tls(cacert, cert, key, skipVerify, tls),
        user(console));
  }

  private @Nullable User user(Console console) {
    if (user == null) {
      return null;
    }
    if (password != null) {
      return new User(user, password);
    }
    int colon = user.indexOf(':');
    return colon < 0
        ? new User(user, console.askPassword("Password: "))
        : new User(user.substring(0, colon), user.substring(colon + 1));
  }
}
