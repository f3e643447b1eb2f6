package dev.jangada.server.upkeep;

import dev.jangada.server.upkeep.CompactionPolicy.KeepRevisions;
import dev.jangada.server.upkeep.CompactionPolicy.KeepTime;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Decides up to which revision the store is to be compacted, and when, as etcd does: to keep a
 * number of revisions, every five minutes; to keep those of a period, as often as the period is
 * long, but every hour at least.
 *
 * <p>Every member notes in time which revision was current when, whether it leads or not, so that a
 * new leader goes on where the one before was. A member that has started knows of no time before
 * its start: what is older goes when a period has passed.
 *
 * <p>Time is an argument, in nanoseconds of a monotonic clock. For one thread.
 */
final class CompactionSchedule {

  private static final Duration REVISION_INTERVAL = Duration.ofMinutes(5);
  private static final Duration LONGEST_INTERVAL = Duration.ofHours(1);

  /** How many notes are taken between two compactions: the finer, the more exact the period. */
  private static final int NOTES_PER_INTERVAL = 10;

  private final CompactionPolicy policy;
  private final long intervalNanos;

  /** Which revision was current when; the oldest first. The first one may be too old to matter. */
  private final Deque<Note> notes = new ArrayDeque<>();

  private long nextCompaction;

  private record Note(long nanos, long revision) {}

  CompactionSchedule(CompactionPolicy policy, long nowNanos) {
    this.policy = policy;
    this.intervalNanos =
        switch (policy) {
          case CompactionPolicy.Off off -> Long.MAX_VALUE;
          case KeepRevisions keep -> REVISION_INTERVAL.toNanos();
          case KeepTime keep ->
              (keep.period().compareTo(LONGEST_INTERVAL) < 0 ? keep.period() : LONGEST_INTERVAL)
                  .toNanos();
        };
    this.nextCompaction = nowNanos + intervalNanos;
  }

  /**
   * Takes note of the current revision, and says what is to be done. To be called more often than
   * ten times in the time between two compactions.
   *
   * @param leads whether this member leads: only then there is something to be done
   * @return the revision to compact to; 0 for nothing to do. Said again with every call until
   *     {@link #done}
   */
  long look(long nowNanos, boolean leads, long revision, long compactedRevision) {
    long target =
        switch (policy) {
          case CompactionPolicy.Off off -> 0;
          case KeepRevisions keep -> revision - keep.revisions();
          case KeepTime keep -> {
            note(nowNanos, revision);
            yield revisionAt(nowNanos - keep.period().toNanos());
          }
        };
    return leads && nowNanos - nextCompaction >= 0 && target > compactedRevision ? target : 0;
  }

  /** What was to be done has been, or need not be any more. */
  void done(long nowNanos) {
    nextCompaction = nowNanos + intervalNanos;
  }

  private void note(long nowNanos, long revision) {
    Note last = notes.peekLast();
    if (last == null || nowNanos - last.nanos() >= intervalNanos / NOTES_PER_INTERVAL) {
      notes.addLast(new Note(nowNanos, revision));
    }
  }

  /** The revision that was current at a time; 0 if that was before the first note. */
  private long revisionAt(long nanos) {
    long revision = 0;
    while (!notes.isEmpty() && notes.getFirst().nanos() - nanos <= 0) {
      Note old = notes.removeFirst();
      revision = old.revision();
      Note next = notes.peekFirst();
      if (next == null || next.nanos() - nanos > 0) {
        // Until the next one is old enough this is what is known.
        notes.addFirst(old);
        break;
      }
    }
    return revision;
  }
}
