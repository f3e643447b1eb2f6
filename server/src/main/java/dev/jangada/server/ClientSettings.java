package dev.jangada.server;

import dev.jangada.server.http.AccessPolicy;
import java.time.Duration;

/**
 * What connections of clients may do, how they are watched over, and when their requests are talked
 * about.
 *
 * @param maxConcurrentStreams how many calls a connection may have open at once, at least 1 ({@code
 *     --max-concurrent-streams})
 * @param keepAliveMinTime how long a client has to wait between two pings, or it is disconnected;
 *     zero for no such limit ({@code --grpc-keepalive-min-time})
 * @param keepAliveInterval how long nothing has come from a client when it is sent a ping; zero for
 *     never, and otherwise ten seconds at least ({@code --grpc-keepalive-interval})
 * @param keepAliveTimeout how long it then has to answer before it is disconnected; zero for no
 *     pings at all ({@code --grpc-keepalive-timeout})
 * @param watchProgressInterval how often a watch that wants to know it is told that nothing has
 *     happened; a tenth of a second at least ({@code --watch-progress-notify-interval})
 * @param slowRequest from when on a line of the log tells of a request; zero for never ({@code
 *     --warning-unary-request-duration})
 * @param access which web pages may use the API in JSON ({@code --cors}, {@code --host-whitelist})
 */
public record ClientSettings(
    int maxConcurrentStreams,
    Duration keepAliveMinTime,
    Duration keepAliveInterval,
    Duration keepAliveTimeout,
    Duration watchProgressInterval,
    Duration slowRequest,
    AccessPolicy access) {

  /** The least that {@link #keepAliveInterval} may be, unless it is zero: the gRPC library's. */
  public static final Duration SHORTEST_KEEP_ALIVE_INTERVAL = Duration.ofSeconds(10);

  /** The least that {@link #watchProgressInterval} may be: etcd's. */
  public static final Duration SHORTEST_PROGRESS_INTERVAL = Duration.ofMillis(100);

  /** Longer than anybody waits, and short enough to calculate with. */
  private static final Duration LONGEST = Duration.ofDays(36_500);

  /**
   * etcd's, which sets the streams no limit, but for {@link AccessPolicy#DEFAULT}. Behind the
   * constants that it is checked by.
   */
  public static final ClientSettings DEFAULT =
      new ClientSettings(
          Integer.MAX_VALUE,
          Duration.ofSeconds(5),
          Duration.ofHours(2),
          Duration.ofSeconds(20),
          Duration.ofMinutes(10),
          Duration.ofMillis(300),
          AccessPolicy.DEFAULT);

  /**
   * Checks them.
   *
   * @throws ConfigException if they cannot be used; the message names the flag
   */
  public ClientSettings {
    if (maxConcurrentStreams < 1) {
      throw new ConfigException(
          "--max-concurrent-streams must be at least 1, is " + maxConcurrentStreams);
    }
    check("--grpc-keepalive-min-time", keepAliveMinTime);
    check("--grpc-keepalive-interval", keepAliveInterval);
    check("--grpc-keepalive-timeout", keepAliveTimeout);
    check("--watch-progress-notify-interval", watchProgressInterval);
    check("--warning-unary-request-duration", slowRequest);
    if (!keepAliveInterval.isZero()
        && keepAliveInterval.compareTo(SHORTEST_KEEP_ALIVE_INTERVAL) < 0) {
      throw new ConfigException(
          "--grpc-keepalive-interval must be 0, for never, or at least 10s, is "
              + keepAliveInterval.toMillis()
              + "ms");
    }
    if (watchProgressInterval.compareTo(SHORTEST_PROGRESS_INTERVAL) < 0) {
      throw new ConfigException(
          "--watch-progress-notify-interval must be at least 100ms, is "
              + watchProgressInterval.toMillis()
              + "ms");
    }
  }

  private static void check(String flag, Duration time) {
    if (time.isNegative() || time.compareTo(LONGEST) > 0) {
      throw new ConfigException(flag + " must be from 0 to 100 years, is " + time);
    }
  }

  /** The same with another {@link #maxConcurrentStreams}. */
  public ClientSettings withMaxConcurrentStreams(int streams) {
    return new ClientSettings(
        streams,
        keepAliveMinTime,
        keepAliveInterval,
        keepAliveTimeout,
        watchProgressInterval,
        slowRequest,
        access);
  }

  /** The same with another {@link #keepAliveMinTime}. */
  public ClientSettings withKeepAliveMinTime(Duration time) {
    return new ClientSettings(
        maxConcurrentStreams,
        time,
        keepAliveInterval,
        keepAliveTimeout,
        watchProgressInterval,
        slowRequest,
        access);
  }

  /** The same with another {@link #keepAliveInterval}. */
  public ClientSettings withKeepAliveInterval(Duration interval) {
    return new ClientSettings(
        maxConcurrentStreams,
        keepAliveMinTime,
        interval,
        keepAliveTimeout,
        watchProgressInterval,
        slowRequest,
        access);
  }

  /** The same with another {@link #keepAliveTimeout}. */
  public ClientSettings withKeepAliveTimeout(Duration timeout) {
    return new ClientSettings(
        maxConcurrentStreams,
        keepAliveMinTime,
        keepAliveInterval,
        timeout,
        watchProgressInterval,
        slowRequest,
        access);
  }

  /** The same with another {@link #watchProgressInterval}. */
  public ClientSettings withWatchProgressInterval(Duration interval) {
    return new ClientSettings(
        maxConcurrentStreams,
        keepAliveMinTime,
        keepAliveInterval,
        keepAliveTimeout,
        interval,
        slowRequest,
        access);
  }

  /** The same with another {@link #slowRequest}. */
  public ClientSettings withSlowRequest(Duration time) {
    return new ClientSettings(
        maxConcurrentStreams,
        keepAliveMinTime,
        keepAliveInterval,
        keepAliveTimeout,
        watchProgressInterval,
        time,
        access);
  }

  /** The same with another {@link #access}. */
  public ClientSettings withAccess(AccessPolicy policy) {
    return new ClientSettings(
        maxConcurrentStreams,
        keepAliveMinTime,
        keepAliveInterval,
        keepAliveTimeout,
        watchProgressInterval,
        slowRequest,
        policy);
  }
}
