package dev.jangada.raft;

/**
 * How a node comes by the index at which a read is linearizable, for itself and, while it leads,
 * for all others (dissertation, section 6.4). A follower asks the leader; the leader asks a
 * majority whether it still leads ({@link ReadRounds}), or relies on its lease.
 */
final class LinearizableReads {
  private final long id;
  private final RaftConfig config;
  private final RaftLog log;
  private final Outbox out;

  /** The latest time that was told, by a clock that may have begun anywhere, below zero too. */
  private long nowNanos;

  /** Whether any time was told. What was begun before that dates no lease. */
  private boolean isTimeKnown;

  LinearizableReads(RaftConfig config, RaftLog log, Outbox out) {
    this.id = config.id();
    this.config = config;
    this.log = log;
    this.out = out;
  }

  /** Takes a reading of a monotonic clock; one before the last is ignored. */
  void observeTime(long monotonicNanos) {
    if (!isTimeKnown || monotonicNanos - nowNanos > 0) {
      isTimeKnown = true;
      nowNanos = monotonicNanos;
    }
  }

  /** A read was asked for at this node. */
  void ask(Role role, long term, long readId) {
    switch (role) {
      case Role.Leader leader -> add(leader, id, readId);
      case Role.Follower follower when follower.leader != 0 -> {
        if (follower.forwardedReads.size() >= Role.Follower.MAX_FORWARDED_READS) {
          fail(follower.forwardedReads.removeFirst());
        }
        follower.forwardedReads.add(readId);
        out.sendNow.add(new Message.ReadIndexRequest(id, follower.leader, term, readId));
      }
      case Role.Follower follower -> fail(readId);
      case Role.PreCandidate candidate -> fail(readId);
      case Role.Candidate candidate -> fail(readId);
    }
  }

  private void fail(long readId) {
    out.reads.add(new ReadState(readId, ReadState.FAILED));
  }

  void handleRequest(Role role, long term, Message.ReadIndexRequest m) {
    if (role instanceof Role.Leader leader) {
      add(leader, m.from(), m.id());
    } else {
      out.sendNow.add(new Message.ReadIndexResponse(id, m.from(), term, m.id(), 0));
    }
  }

  void handleResponse(Role role, Message.ReadIndexResponse m) {
    if (role instanceof Role.Follower follower && follower.forwardedReads.remove(m.id())) {
      out.reads.add(new ReadState(m.id(), m.index() == 0 ? ReadState.FAILED : m.index()));
    }
  }

  private void add(Role.Leader leader, long requester, long readId) {
    if (holdsLease(leader)) {
      answer(leader.term, new ReadRounds.Read(requester, readId), log.committed());
    } else {
      leader.reads.add(requester, readId);
    }
  }

  private boolean holdsLease(Role.Leader leader) {
    return config.leaseReads()
        && !leader.leaseForfeited
        && leader.hasCommittedInItsTerm()
        && leader.reads.leaseHolds(nowNanos, config.leaseNanos());
  }

  /** Asks the others, with what is sent to them next, whether this node still leads. */
  void beginRound(Role.Leader leader) {
    if (leader.hasCommittedInItsTerm()) {
      leader.reads.begin(log.committed(), isTimeKnown, nowNanos);
      // A cluster of one is its own majority.
      confirm(leader);
    }
  }

  /** Answers the reads whose round a majority has confirmed. */
  void confirm(Role.Leader leader) {
    if (!leader.reads.isConfirming()) {
      return;
    }
    long round =
        leader.followers.reachedByMajority(
            leader.reads.current(), progress -> progress.confirmedRound);
    for (ReadRounds.Confirmed confirmed : leader.reads.confirmed(round)) {
      answer(leader.term, confirmed.read(), confirmed.index());
    }
  }

  /** Voids what a role was asked to read: whoever waits may ask the next leader. */
  void abandon(Role role, long term) {
    switch (role) {
      case Role.Leader leader -> {
        for (ReadRounds.Read read : leader.reads.abandon()) {
          answer(term, read, 0);
        }
      }
      case Role.Follower follower -> follower.forwardedReads.forEach(this::fail);
      case Role.PreCandidate candidate -> {}
      case Role.Candidate candidate -> {}
    }
  }

  /** Answers a read with its index, or with 0 if it failed. */
  private void answer(long term, ReadRounds.Read read, long index) {
    if (read.requester() == id) {
      out.reads.add(new ReadState(read.id(), index == 0 ? ReadState.FAILED : index));
    } else {
      out.sendNow.add(new Message.ReadIndexResponse(id, read.requester(), term, read.id(), index));
    }
  }
}
