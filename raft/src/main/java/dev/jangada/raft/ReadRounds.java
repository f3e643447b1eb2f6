package dev.jangada.raft;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * A leader's pending linearizable reads (dissertation, section 6.4).
 *
 * <p>All reads that arrive between two Readys share a round: the leader notes its commit index,
 * sends the round's number with its next appends, and once a majority has echoed that number or a
 * later one, nobody else can have been leader when the round began, so that the noted index covers
 * every write that was acknowledged before the reads arrived. However many reads there are, a round
 * costs at most one message to each follower, and none where entries are on their way anyhow.
 *
 * <p>The time at which a round was begun also dates the lease: a majority that confirmed a round
 * will not elect another leader until an election timeout after it heard of that round, which was
 * not before the round was sent (section 6.4.1).
 */
final class ReadRounds {

  /** One read, asked for by this node or another. */
  record Read(long requester, long id) {}

  private record Round(
      long number, long index, boolean isDated, long beganNanos, List<Read> reads) {}

  private final List<Read> waiting = new ArrayList<>();
  private final ArrayDeque<Round> confirming = new ArrayDeque<>();
  private long current;
  private boolean leaseKnown;
  private long leaseBeganNanos;

  void add(long requester, long id) {
    waiting.add(new Read(requester, id));
  }

  boolean hasWaiting() {
    return !waiting.isEmpty();
  }

  /** Whether there is a round that no majority has confirmed yet. */
  boolean isConfirming() {
    return !confirming.isEmpty();
  }

  /** The number of the latest round; 0 before the first. */
  long current() {
    return current;
  }

  /**
   * Begins a round for all waiting reads, or for the lease alone if there are none.
   *
   * @param isDated whether the time is known
   */
  void begin(long committed, boolean isDated, long nowNanos) {
    current++;
    confirming.add(new Round(current, committed, isDated, nowNanos, List.copyOf(waiting)));
    waiting.clear();
  }

  /** A read whose index is known. */
  record Confirmed(Read read, long index) {}

  /** Ends all rounds that a majority has confirmed and returns their reads. */
  List<Confirmed> confirmed(long round) {
    if (confirming.isEmpty() || confirming.getFirst().number > round) {
      return List.of();
    }
    List<Confirmed> done = new ArrayList<>();
    while (!confirming.isEmpty() && confirming.getFirst().number <= round) {
      Round first = confirming.removeFirst();
      for (Read read : first.reads) {
        done.add(new Confirmed(read, first.index));
      }
      leaseKnown = first.isDated;
      leaseBeganNanos = first.beganNanos;
    }
    return done;
  }

  /** Whether a majority confirmed, less than this long ago, that this node leads. */
  boolean leaseHolds(long nowNanos, long leaseNanos) {
    return leaseKnown && nowNanos - leaseBeganNanos < leaseNanos;
  }

  /**
   * Ends the lease: another configuration is in force, whose majority has promised nothing. Two
   * changes on, it need not even share a voter with the one that did.
   */
  void forgetLease() {
    leaseKnown = false;
  }

  /** Gives up all reads and returns them. */
  List<Read> abandon() {
    List<Read> abandoned = new ArrayList<>();
    for (Round round : confirming) {
      abandoned.addAll(round.reads);
    }
    abandoned.addAll(waiting);
    confirming.clear();
    waiting.clear();
    return abandoned;
  }

  /** How many reads are pending. */
  int size() {
    int size = waiting.size();
    for (Round round : confirming) {
      size += round.reads.size();
    }
    return size;
  }
}
