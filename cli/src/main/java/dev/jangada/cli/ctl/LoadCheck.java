package dev.jangada.cli.ctl;

import dev.jangada.etcd.api.etcdserverpb.PutResponse;
import io.grpc.Channel;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;

/**
 * Writes at a steady rate for a while, and judges what came of it by etcd's measure: at least nine
 * tenths of the rate, nobody waiting for more than half a second, little variation.
 *
 * <p>A write's time counts from when it was due, so that those that could not even be sent count as
 * slow. What was written is deleted in the end.
 */
final class LoadCheck {

  private static final int VALUE_BYTES = 1024;
  private static final double LEAST_SHARE = 0.9;
  private static final double MOST_SECONDS = 0.5;
  private static final double MOST_DEVIATION_SECONDS = 0.1;
  private static final int SIGNIFICANT_DIGITS = 3;

  /**
   * What is asked of the cluster.
   *
   * @param clients how many writes may be under way
   * @param writesPerSecond how many are due
   */
  record Load(int clients, int writesPerSecond) {}

  /** One thing that was looked at. */
  record Finding(boolean passed, String text) {}

  private final Connection connection;
  private final CheckKeys keys;
  private final Load load;
  private final int seconds;
  private final Histogram latencies = new ConcurrentHistogram(SIGNIFICANT_DIGITS);

  LoadCheck(Connection connection, String prefix, Load load, int seconds) {
    this.connection = connection;
    this.keys = new CheckKeys(connection, prefix);
    this.load = load;
    this.seconds = seconds;
  }

  /**
   * Runs it.
   *
   * @throws CtlException if there are keys already that would be deleted, or if nobody answers
   */
  List<Finding> run() throws InterruptedException {
    keys.requireNone();
    try {
      double took = write();
      return judge(took);
    } finally {
      var unused = keys.delete();
    }
  }

  /** Writes; returns how many seconds it took. */
  private double write() throws InterruptedException {
    Channel channel = connection.channel();
    Semaphore free = new Semaphore(load.clients());
    long interval = TimeUnit.SECONDS.toNanos(1) / load.writesPerSecond();
    long start = System.nanoTime();
    long end = start + TimeUnit.SECONDS.toNanos(seconds);
    for (long due = start; due < end; due += interval) {
      long wait = due - System.nanoTime();
      if (wait > 0) {
        TimeUnit.NANOSECONDS.sleep(wait);
      }
      // When the cluster does not keep up, the time it was given still is all there is.
      if (!free.tryAcquire(end - System.nanoTime(), TimeUnit.NANOSECONDS)) {
        break;
      }
      put(channel, due, free);
    }
    free.acquire(load.clients());
    return (System.nanoTime() - start) / 1e9;
  }

  private void put(Channel channel, long due, Semaphore free) {
    keys.put(
        channel,
        VALUE_BYTES,
        seconds,
        new StreamObserver<PutResponse>() {
          @Override
          public void onNext(PutResponse response) {
            latencies.recordValue(Math.max(0, System.nanoTime() - due));
          }

          @Override
          public void onError(Throwable failure) {
            free.release();
          }

          @Override
          public void onCompleted() {
            free.release();
          }
        });
  }

  private List<Finding> judge(double took) {
    long perSecond = Math.round(latencies.getTotalCount() / took);
    boolean fast = perSecond >= load.writesPerSecond() * LEAST_SHARE;
    double slowest = latencies.getMaxValue() / 1e9;
    double deviation = latencies.getStdDeviation() / 1e9;
    return List.of(
        finding(
            fast,
            fast ? "Throughput is %d writes/s" : "Throughput too low: %d writes/s",
            perSecond),
        finding(
            slowest <= MOST_SECONDS,
            slowest <= MOST_SECONDS
                ? "Slowest request took %fs"
                : "Slowest request took too long: %fs",
            slowest),
        finding(
            deviation <= MOST_DEVIATION_SECONDS,
            deviation <= MOST_DEVIATION_SECONDS ? "Stddev is %fs" : "Stddev too high: %fs",
            deviation));
  }

  private static Finding finding(boolean passed, String format, Object value) {
    return new Finding(passed, String.format(Locale.ROOT, format, value));
  }
}
