package dev.jangada.simulation;

import dev.jangada.kv.bytes.MalformedEncodingException;
import dev.jangada.kv.command.AdvanceLeaseClockResponse;
import dev.jangada.kv.command.ResultCodec;
import dev.jangada.node.request.StartResult;
import dev.jangada.raft.Entry;
import dev.jangada.raft.EntryId;
import dev.jangada.simulation.check.KeyValueModel.Reply;
import dev.jangada.simulation.check.KeyValueModel.Request;
import dev.jangada.simulation.check.KeyValueModel.TimeIsUp;
import dev.jangada.simulation.check.Operation;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A client that was told that its lease is granted, or kept alive, may count on it for its whole
 * time from when it asked, measured by whichever clock in the cluster is the fastest at any moment.
 * And when all is well, a lease that nobody keeps alive ends no more than two seconds late.
 */
final class LeasesEndInTime implements Property {

  /** How late a lease may end, by what users are told. */
  private static final long LATEST_NANOS = 2_000_000_000L;

  /** No clock is slower, when nothing makes it drift. */
  private static final double SLOWEST = 0.97;

  /** How much longer than the two seconds it may take to elect a leader after all. */
  private static final long ELECTION_NANOS = 2_000_000_000L;

  private final LeaseBook book;
  private final FastestClock clock = new FastestClock();

  /** When entries that end leases were put into a leader's log. */
  private final Map<EntryId, Long> proposed =
      new TreeMap<>(Comparator.comparingLong(EntryId::index).thenComparingLong(EntryId::term));

  /** By lease: for how long it was granted, in seconds. */
  private final Map<Long, Long> ttls = new TreeMap<>();

  /** By lease: what the fastest clock has to say when it ends. */
  private final Map<Long, Double> promises = new TreeMap<>();

  /** By lease that has ended by itself: what the fastest clock said. */
  private final Map<Long, Double> ends = new TreeMap<>();

  /** By lease: when it began anew. */
  private final Map<Long, Long> renewed = new TreeMap<>();

  private final List<Operation<Request, Reply>> endings = new ArrayList<>();
  private long looked;
  private long calmSince = Long.MAX_VALUE;

  LeasesEndInTime(LeaseBook book) {
    this.book = book;
  }

  /** A client was told that its lease, granted before, was kept alive. */
  void keptAlive(long lease, long askedAt) {
    promised(lease, ttls.getOrDefault(lease, 0L), askedAt);
  }

  /** A client was told that its lease lasts for so long from when it asked. */
  void promised(long lease, long ttlSeconds, long askedAt) {
    ttls.put(lease, ttlSeconds);
    double until = clock.at(askedAt) + ttlSeconds * 1e9;
    if (promises.merge(lease, until, Math::max) == until && ends.containsKey(lease)) {
      check(lease, until, ends.get(lease));
    }
  }

  /** The ends of leases as operations, in the order in which they happened. */
  List<Operation<Request, Reply>> endings() {
    return endings;
  }

  @Override
  public void started(ObservedNode node) {
    clockChanged(node);
  }

  @Override
  public void clockChanged(ObservedNode node) {
    clock.changed(node.number(), node.clockRate(), node.now());
  }

  @Override
  public void proposed(ObservedNode node, byte[] command, StartResult where) {
    proposed.put(new EntryId(where.index(), where.term()), node.now());
  }

  @Override
  public void applied(ObservedNode node, Entry entry, byte[] result) {
    book.enter(entry, result);
    if (entry.index() <= looked) {
      return;
    }
    looked = entry.index();
    Long at = proposed.remove(entry.id());
    LeaseBook.Page page = book.after(entry.index());
    if (page.since() != entry.index()) {
      return;
    }
    if (page.renewed() != 0) {
      renewed.put(page.renewed(), node.now());
    }
    if (!page.timeIsUp().isEmpty()) {
      long proposedAt = at == null ? 0 : at;
      for (long lease : page.timeIsUp()) {
        ends.put(lease, clock.at(proposedAt));
        check(lease, promises.getOrDefault(lease, 0.0), clock.at(proposedAt));
      }
      endings.add(
          Operation.completed(
              0,
              new TimeIsUp(page.timeIsUp()),
              new Reply(revision(result), true, null),
              proposedAt,
              node.now()));
    }
    checkNoneIsLate(page, node.now());
  }

  private void check(long lease, double promised, double end) {
    // A microsecond for what is lost by rounding.
    require(
        end >= promised - 1_000,
        "lease %d ended %.3f ms before its time, by the fastest clock",
        lease,
        (promised - end) / 1e6);
  }

  @Override
  public void calm(long now) {
    calmSince = now;
  }

  private void checkNoneIsLate(LeaseBook.Page page, long now) {
    if (calmSince == Long.MAX_VALUE) {
      return;
    }
    page.leases()
        .forEach((id, held) -> {
          long began = Math.max(calmSince, renewed.getOrDefault(id, 0L));
          long due = began + (long) ((held.ttlSeconds() * 1e9 + LATEST_NANOS) / SLOWEST);
          require(
              now <= due + ELECTION_NANOS,
              "lease %d of %d s began anew at %d ms and is still there",
              id,
              held.ttlSeconds(),
              began / 1_000_000);
        });
  }

  private static long revision(byte[] result) {
    try {
      if (ResultCodec.decode(result) instanceof AdvanceLeaseClockResponse advance) {
        return advance.revision();
      }
    } catch (MalformedEncodingException e) {
      throw new AssertionError("the store answers with rubbish", e);
    }
    throw new AssertionError("leases ended by what does not let time pass");
  }
}
