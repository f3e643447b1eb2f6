package dev.jangada.server.http;

import java.net.SocketAddress;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts what came in at the clients' port, and tells of trouble with it: at most one line in ten
 * seconds for each kind, because strangers can provoke them as often as they like.
 *
 * <p>Safe for use by several threads.
 */
public final class PortStatistics {

  private static final Logger LOG = LoggerFactory.getLogger(PortStatistics.class);
  private static final long LOG_INTERVAL_NANOS = TimeUnit.SECONDS.toNanos(10);

  /** What became of connections and requests. */
  public enum Event {
    /** A connection that turned out to speak gRPC. */
    GRPC_CONNECTION,
    /** A connection that turned out to speak HTTP/1. */
    HTTP_CONNECTION,
    /** A request over HTTP/1, whatever it was for. */
    HTTP_REQUEST,
    /** A connection that did not show in time which protocol it speaks. */
    SILENT_CONNECTION,
    /** A connection that began with bytes of no protocol spoken here. */
    UNKNOWN_PROTOCOL,
    /** A client that wants TLS where there is none. */
    TLS_ON_PLAIN_PORT,
    /** A client that speaks in the clear where TLS is required. */
    PLAIN_ON_TLS_PORT,
    /** A TLS handshake that failed, for example because of a certificate. */
    TLS_HANDSHAKE_FAILED,
    /** A request over HTTP/1 that is malformed, or larger than it may be. */
    MALFORMED_REQUEST,
    /** A request over HTTP/1 in the clear for a host that this member does not go by. */
    OTHER_HOST,
    /** A request over HTTP/1, or the reading of its answer, that took too long. */
    SLOW_CLIENT,
    /**
     * A request that was not complete and was refused, because such requests hold too much memory
     * together.
     */
    CROWDED_OUT
  }

  private static final class Tally {
    final LongAdder count = new LongAdder();
    final AtomicLong heldBack = new AtomicLong();

    /** When the next line may be written, in the time of {@link System#nanoTime}. */
    final AtomicLong next = new AtomicLong(System.nanoTime());
  }

  private final Map<Event, Tally> tallies = new EnumMap<>(Event.class);

  /** Starts at zero. */
  public PortStatistics() {
    Arrays.stream(Event.values()).forEach(event -> tallies.put(event, new Tally()));
  }

  /** How often it has happened. */
  public long count(Event event) {
    return tally(event).count.sum();
  }

  void add(Event event) {
    tally(event).count.increment();
  }

  /** Counts trouble, and says what it was unless that was said a moment ago. */
  public void trouble(Event event, SocketAddress from, String what) {
    Tally tally = tally(event);
    tally.count.increment();
    long now = System.nanoTime();
    long next = tally.next.get();
    if (now - next < 0 || !tally.next.compareAndSet(next, now + LOG_INTERVAL_NANOS)) {
      tally.heldBack.incrementAndGet();
      return;
    }
    long heldBack = tally.heldBack.getAndSet(0);
    LOG.warn(
        "client refused: kind={} from={} reason=\"{}\" more-since-last-line={}",
        event.name().toLowerCase(java.util.Locale.ROOT),
        from,
        what,
        heldBack);
  }

  private Tally tally(Event event) {
    Tally tally = tallies.get(event);
    if (tally == null) {
      throw new IllegalStateException("no tally of " + event);
    }
    return tally;
  }
}
