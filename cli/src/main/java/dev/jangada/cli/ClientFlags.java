package dev.jangada.cli;

import dev.jangada.cli.config.DurationConverter;
import dev.jangada.server.ClientSettings;
import dev.jangada.server.ConfigException;
import dev.jangada.server.http.AccessPolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** etcd's flags for what clients may do and are told. */
final class ClientFlags {

  @Option(
      names = "--max-concurrent-streams",
      paramLabel = "N",
      description = "Calls that a connection may have open at once (default: 0, no limit).")
  private @Nullable Long maxConcurrentStreams;

  @Option(
      names = "--grpc-keepalive-min-time",
      paramLabel = "TIME",
      converter = DurationConverter.class,
      description = "How long a client has to wait between pings (default: 5s).")
  private @Nullable Duration keepAliveMinTime;

  @Option(
      names = "--grpc-keepalive-interval",
      paramLabel = "TIME",
      converter = DurationConverter.class,
      description = "How often a silent client is sent a ping (default: 2h; 0 for never).")
  private @Nullable Duration keepAliveInterval;

  @Option(
      names = "--grpc-keepalive-timeout",
      paramLabel = "TIME",
      converter = DurationConverter.class,
      description = "How long it has to answer (default: 20s).")
  private @Nullable Duration keepAliveTimeout;

  @Option(
      names = "--watch-progress-notify-interval",
      paramLabel = "TIME",
      converter = DurationConverter.class,
      description = "How often watches are told that nothing happened (default: 10m).")
  private @Nullable Duration watchProgressInterval;

  @Option(
      names = "--experimental-watch-progress-notify-interval",
      paramLabel = "TIME",
      converter = DurationConverter.class,
      hidden = true)
  private @Nullable Duration experimentalWatchProgressInterval;

  @Option(
      names = "--warning-unary-request-duration",
      paramLabel = "TIME",
      converter = DurationConverter.class,
      description = "From when on slow requests are logged (default: 300ms; 0 for never).")
  private @Nullable Duration slowRequest;

  @Option(
      names = "--experimental-warning-unary-request-duration",
      paramLabel = "TIME",
      converter = DurationConverter.class,
      hidden = true)
  private @Nullable Duration experimentalSlowRequest;

  @Option(
      names = "--cors",
      paramLabel = "ORIGINS",
      description = "Pages of which origins may use the API in JSON; * for all (default: none).")
  private @Nullable String cors;

  @Option(
      names = "--host-whitelist",
      paramLabel = "HOSTS",
      description = "For which hosts requests over plain HTTP may be (default: *, for any).")
  private @Nullable String hostWhitelist;

  ClientFlags() {}

  /**
   * The settings that they describe.
   *
   * @throws ConfigException if they cannot be used
   */
  ClientSettings toSettings() {
    ClientSettings settings = ClientSettings.DEFAULT;
    if (maxConcurrentStreams != null) {
      settings = settings.withMaxConcurrentStreams(streams(maxConcurrentStreams));
    }
    if (keepAliveMinTime != null) {
      settings = settings.withKeepAliveMinTime(keepAliveMinTime);
    }
    if (keepAliveInterval != null) {
      settings =
          settings.withKeepAliveInterval(
              atLeast(ClientSettings.SHORTEST_KEEP_ALIVE_INTERVAL, keepAliveInterval));
    }
    if (keepAliveTimeout != null) {
      settings = settings.withKeepAliveTimeout(keepAliveTimeout);
    }
    Duration progress = progressInterval();
    if (progress != null && !progress.isZero()) {
      settings =
          settings.withWatchProgressInterval(
              atLeast(ClientSettings.SHORTEST_PROGRESS_INTERVAL, progress));
    }
    if (experimentalSlowRequest != null) {
      settings = settings.withSlowRequest(experimentalSlowRequest);
    }
    if (slowRequest != null) {
      settings = settings.withSlowRequest(slowRequest);
    }
    try {
      return settings.withAccess(AccessPolicy.of(parts(cors), parts(hostWhitelist)));
    } catch (IllegalArgumentException e) {
      throw new ConfigException(String.valueOf(e.getMessage()));
    }
  }

  private static List<String> parts(@Nullable String list) {
    return list == null
        ? List.of()
        : Stream.of(list.split(",", -1))
            .map(String::strip)
            .filter(part -> !part.isEmpty())
            .toList();
  }

  /** What was given and counts as something else, with the reason, a line each. */
  List<String> notes() {
    List<String> notes = new ArrayList<>();
    Duration progress = progressInterval();
    if (progress != null && isBelow(ClientSettings.SHORTEST_PROGRESS_INTERVAL, progress)) {
      notes.add("--watch-progress-notify-interval is taken for 100ms, the least there is");
    }
    if (keepAliveInterval != null
        && isBelow(ClientSettings.SHORTEST_KEEP_ALIVE_INTERVAL, keepAliveInterval)) {
      notes.add("--grpc-keepalive-interval is taken for 10s, the least there is");
    }
    return notes;
  }

  private @Nullable Duration progressInterval() {
    return watchProgressInterval != null
        ? watchProgressInterval
        : experimentalWatchProgressInterval;
  }

  /** A number of 32 bits without a sign, as etcd has it; none is no limit. */
  private static int streams(long number) {
    if (number < 0 || number > 0xffff_ffffL) {
      throw new ConfigException(
          "--max-concurrent-streams must be from 0, for no limit, to 4294967295, is " + number);
    }
    return number == 0 ? Integer.MAX_VALUE : (int) Math.min(number, Integer.MAX_VALUE);
  }

  private static Duration atLeast(Duration least, Duration time) {
    return isBelow(least, time) ? least : time;
  }

  private static boolean isBelow(Duration least, Duration time) {
    return !time.isZero() && time.compareTo(least) < 0;
  }
}
