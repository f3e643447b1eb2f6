package dev.jangada.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** {@link RaftLog} and {@link TermRuns} beside a plain list that does the same the naive way. */
class RaftLogPropertyTest {

  /**
   * The naive log: all entries in a list, and what is on disk in another. What is cut off stays in
   * the lists, and must not be asked for.
   */
  private static final class Model {
    long base;
    final List<Entry> entries = new ArrayList<>();
    final List<Entry> disk = new ArrayList<>();
    final ArrayDeque<List<Entry>> writes = new ArrayDeque<>();
    long handedOut;
    long durable;
    long committed;
    long applying;

    long last() {
      return entries.size();
    }

    long term(long index) {
      return index == 0 ? 0 : entries.get((int) index - 1).term();
    }

    void reconcile(List<Entry> received) {
      for (Entry entry : received) {
        if (entry.index() <= last() && term(entry.index()) == entry.term()) {
          continue;
        }
        truncate(entry.index());
        entries.add(entry);
      }
    }

    private void truncate(long index) {
      if (index <= last()) {
        entries.subList((int) index - 1, entries.size()).clear();
        handedOut = Math.min(handedOut, index - 1);
        durable = Math.min(durable, index - 1);
      }
    }

    List<Entry> read(long from, long to, long maxBytes) {
      List<Entry> read = new ArrayList<>();
      long bytes = 0;
      assertThat(from).as("read").isGreaterThan(base);
      for (long index = from; index < to && bytes < maxBytes; index++) {
        read.add(disk.get((int) index - 1));
        bytes += read.getLast().weight();
      }
      return read;
    }
  }

  private static Entry entry(long index, long term, Random random) {
    return Entry.command(index, term, new Proposal(1, index, new byte[random.nextInt(50)]));
  }

  @Property(tries = 400)
  void behavesAsAPlainListWhateverTheOrderOfAppendsWritesAndReads(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 600) int maxCachedBytes) {
    Random random = new Random(seed);
    Model model = new Model();
    RaftLog log = recovered(model, random, maxCachedBytes);
    long term = 1 + model.term(model.last());
    for (int step = 0; step < 120; step++) {
      switch (random.nextInt(9)) {
        case 0 -> {
          Entry entry = entry(model.last() + 1, term, random);
          model.entries.add(entry);
          log.append(entry);
        }
        case 1 -> {
          List<Entry> received = fromAnotherLeader(model, ++term, random);
          model.reconcile(received);
          log.reconcile(received);
        }
        case 2 -> handOutWrite(model, log);
        case 3 -> finishWrite(model, log);
        case 4 -> {
          model.committed += random.nextInt((int) (model.last() - model.committed) + 1);
          log.commit(model.committed);
        }
        case 5 -> applySome(model, log, 1 + random.nextInt(300));
        case 6 -> compactSome(model, log, random);
        case 7 -> {
          // Far more seldom than the rest, which would have no time to go wrong.
          if (random.nextInt(10) == 0) {
            restore(model, log, ++term, random);
          }
        }
        default -> readSome(model, log, random);
      }
      compare(model, log, term);
    }
  }

  private static RaftLog recovered(Model model, Random random, int maxCachedBytes) {
    List<EntryId> starts = new ArrayList<>();
    long term = 0;
    for (int index = 1; index <= random.nextInt(12); index++) {
      if (term == 0 || random.nextInt(3) == 0) {
        term++;
        starts.add(new EntryId(index, term));
      }
      model.entries.add(entry(index, term, random));
    }
    model.disk.addAll(model.entries);
    model.handedOut = model.last();
    model.durable = model.last();
    EntryId last = model.entries.isEmpty() ? EntryId.NONE : model.entries.getLast().id();
    long applied = random.nextInt((int) model.last() + 1);
    model.committed = applied;
    model.applying = applied;
    return new RaftLog(
        new RecoveredLog(starts, last, model::read), Membership.NONE, applied, maxCachedBytes);
  }

  /** Some entries that this log has, perhaps, and then others of a newer term. */
  private static List<Entry> fromAnotherLeader(Model model, long term, Random random) {
    int room = (int) (model.last() - model.committed) + 1;
    long previous = model.committed + random.nextInt(room);
    long shared = previous + random.nextInt((int) (model.last() - previous) + 1);
    List<Entry> received = new ArrayList<>(model.entries.subList((int) previous, (int) shared));
    for (int i = random.nextInt(4); i > 0; i--) {
      received.add(entry(previous + received.size() + 1, term, random));
    }
    return received;
  }

  private static void handOutWrite(Model model, RaftLog log) {
    List<Entry> expected =
        List.copyOf(model.entries.subList((int) model.handedOut, (int) model.last()));
    assertThat(log.hasUnwritten()).isEqualTo(!expected.isEmpty());
    assertThat(log.takeUnwritten()).isEqualTo(expected);
    model.handedOut = model.last();
    if (!expected.isEmpty()) {
      model.writes.add(expected);
    }
  }

  /** Writes are done in order; entries that were replaced since do not count as durable. */
  private static void finishWrite(Model model, RaftLog log) {
    List<Entry> write = model.writes.poll();
    if (write == null) {
      return;
    }
    for (Entry entry : write) {
      model.disk.subList((int) entry.index() - 1, model.disk.size()).clear();
      model.disk.add(entry);
    }
    Entry last = write.getLast();
    boolean current = last.index() <= model.last() && model.term(last.index()) == last.term();
    boolean advances = current && last.index() > model.durable;
    assertThat(log.persisted(last.id())).isEqualTo(advances);
    if (advances) {
      model.durable = last.index();
    }
  }

  private static void applySome(Model model, RaftLog log, long maxBytes) {
    long limit = Math.min(model.committed, model.durable);
    assertThat(log.hasUnapplied()).isEqualTo(model.applying < limit);
    List<Entry> applied = log.takeUnapplied(maxBytes);
    assertThat(applied.isEmpty()).isEqualTo(model.applying >= limit);
    if (applied.isEmpty()) {
      return;
    }
    long last = model.applying + applied.size();
    assertThat(last).isLessThanOrEqualTo(limit);
    assertThat(applied).isEqualTo(model.entries.subList((int) model.applying, (int) last));
    model.applying = last;
    log.applied(last);
    assertThat(log.applied()).isEqualTo(last);
  }

  /** Cuts off some of what is applied and durable. */
  private static void compactSome(Model model, RaftLog log, Random random) {
    long limit = Math.min(model.applying, model.durable);
    model.base += random.nextInt((int) (limit - model.base) + 1);
    log.compactTo(model.base);
  }

  /** Everything is replaced by a snapshot that reaches further than what is committed. */
  private static void restore(Model model, RaftLog log, long term, Random random) {
    while (!model.writes.isEmpty()) {
      finishWrite(model, log);
    }
    EntryId snapshot = new EntryId(model.committed + 1 + random.nextInt(20), term);
    log.restore(snapshot, Membership.NONE);
    model.entries.clear();
    for (long index = 1; index <= snapshot.index(); index++) {
      model.entries.add(entry(index, term, random));
    }
    model.disk.clear();
    model.disk.addAll(model.entries);
    model.base = snapshot.index();
    model.handedOut = model.base;
    model.durable = model.base;
    model.committed = model.base;
    model.applying = model.base;
    assertThat(log.applied()).isEqualTo(snapshot.index());
  }

  private static void readSome(Model model, RaftLog log, Random random) {
    if (model.last() == model.base) {
      return;
    }
    long from = model.base + 1L + random.nextInt((int) (model.last() - model.base));
    List<Entry> read = log.from(from, 1 + random.nextInt(300));
    assertThat(read).isNotEmpty();
    assertThat(read).isEqualTo(model.entries.subList((int) from - 1, (int) from - 1 + read.size()));
  }

  private static void compare(Model model, RaftLog log, long newestTerm) {
    assertThat(log.base()).isEqualTo(new EntryId(model.base, model.term(model.base)));
    assertThat(log.lastId()).isEqualTo(new EntryId(model.last(), model.term(model.last())));
    assertThat(log.last()).isEqualTo(model.last());
    assertThat(log.durable()).isEqualTo(model.durable);
    assertThat(log.committed()).isEqualTo(model.committed);
    for (long index = model.base; index <= model.last(); index++) {
      long term = model.term(index);
      assertThat(log.term(index)).as("term of %s", index).isEqualTo(term);
      if (index > 0) {
        assertThat(log.has(new EntryId(index, term))).isTrue();
        assertThat(log.has(new EntryId(index, term + 1))).isFalse();
        long first = index;
        while (first > Math.max(1, model.base) && model.term(first - 1) == term) {
          first--;
        }
        assertThat(log.firstOfSameTerm(index))
            .as("first of the term at %s", index)
            .isEqualTo(first);
      }
    }
    assertThat(log.has(EntryId.NONE)).isEqualTo(model.base == 0);
    assertThat(log.has(new EntryId(model.last() + 1, newestTerm))).isFalse();
    for (long term = 1; term <= newestTerm; term++) {
      long last = 0;
      for (long index = Math.max(1, model.base); index <= model.last(); index++) {
        last = model.term(index) == term ? index : last;
      }
      assertThat(log.lastOfTerm(term)).as("last of term %s", term).isEqualTo(last);
    }
  }
}
