package dev.jangada.raft;

import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The consensus algorithm of one node: fed with messages, ticks and requests, drained with {@link
 * #ready()}.
 *
 * <p>This class is a function, not a server; the design is told in the overview of this package.
 * {@link RaftInvariants} are checked after every input.
 *
 * <p>Not thread-safe: one thread at a time, or one event loop. If a method throws, an invariant is
 * broken and the object must not be used any more.
 */
public final class Raft {

  private final long id;
  private final RaftConfig config;
  private final RandomGenerator random;
  private final RaftLog log;

  private RaftTracer tracer = RaftTracer.NONE;
  private Role role = new Role.Follower(0);

  /** What was checked last, and what will be checked next. */
  private Moment before = new Moment();

  private Moment now = new Moment();

  private long term;
  private long vote;

  /** What of term and vote has been handed out to be written. */
  private HardState handedOut;

  /** The latest term known to be on disk. */
  private long durableTerm;

  /** Receipts for writes that are under way, and how long the oldest has been awaited. */
  private int writesUnderWay;

  private int stalledTicks;

  /** Ticks since the election timer was reset; on a leader, since the last check of the quorum. */
  private int electionElapsed;

  private int electionTimeout;
  private int heartbeatElapsed;

  /**
   * Ticks since this node last heard from a leader, no further than an election timeout. It goes on
   * counting when the node learns of a newer term: a lease of the older term's leader still relies
   * on the loyalty that this node has shown.
   */
  private int leaderSilence;

  private final Outbox out;
  private final LinearizableReads reads;

  /** The configuration that the last {@link #ready()} told of, or the first one. */
  private Membership toldMembership;

  /** The index up to which the log was cut off since the last {@link #ready()}, 0 if it was not. */
  private long discardUpTo;

  /** The snapshot that is being installed in place of the log. */
  private @Nullable SnapshotMetadata installing;

  private boolean installationHandedOut;

  private final UnappliedWindow unapplied;

  /**
   * Creates a node's core in the follower role.
   *
   * @param config its settings
   * @param hardState term and vote as read back from disk
   * @param recovered its log as read back from disk
   * @param applied index up to which its state machine has kept the effects, or was restored from a
   *     snapshot; everything up to it is taken to be committed
   * @param random where election timeouts come from
   * @throws InvariantViolation if the state machine is ahead of the log or behind its beginning, or
   *     the log ahead of the term: they do not belong together
   */
  public Raft(
      RaftConfig config,
      HardState hardState,
      RecoveredLog recovered,
      long applied,
      RandomGenerator random) {
    this.id = config.id();
    this.config = config;
    this.random = random;
    this.log = new RaftLog(recovered, config.initialMembership(), applied, config.maxCachedBytes());
    this.out = new Outbox(id);
    this.reads = new LinearizableReads(config, log, out);
    this.toldMembership = log.membership();
    this.unapplied = new UnappliedWindow(config.maxUnappliedBytes());
    this.term = hardState.term();
    this.vote = hardState.vote();
    this.handedOut = hardState;
    this.durableTerm = term;
    // A restarted node has forgotten when it last heard from a leader; where leases rely on that,
    // it must have been just now.
    this.leaderSilence = config.leaseReads() ? 0 : config.electionTimeoutTicks();
    resetElectionTimer();
    RaftInvariants.checkState(before.set(id, term, vote, role, leader(), log, installing));
  }

  /** Sets who is told what happens inside. */
  public void traceTo(RaftTracer newTracer) {
    tracer = newTracer;
  }

  // ---------------------------------------------------------------------------------------------
  // Inputs
  // ---------------------------------------------------------------------------------------------

  /**
   * Tells the time for lease reads, which is all it is used for. A time before one already told is
   * ignored.
   *
   * @param monotonicNanos reading of a monotonic clock, no earlier than anything that was fed in
   *     after the last call
   */
  public void observeTime(long monotonicNanos) {
    reads.observeTime(monotonicNanos);
  }

  /**
   * How many more ticks it takes, without any other input, until one of them makes this node do
   * something; at least 1. Whoever runs many nodes in virtual time can pass over the others and
   * make up for them before the next input.
   */
  public int ticksUntilDue() {
    if (!(role instanceof Role.Leader leader)) {
      return Math.max(1, electionTimeout - electionElapsed);
    }
    int due = Math.min(leader.ticksUntilDue(config), config.heartbeatTicks() - heartbeatElapsed);
    due = Math.min(due, config.electionTimeoutTicks() - electionElapsed);
    return Math.max(
        1, writesUnderWay > 0 ? Math.min(due, config.electionTimeoutTicks() - stalledTicks) : due);
  }

  /** Lets one unit of time pass. */
  public void tick() {
    Role before = role;
    if (leaderSilence < config.electionTimeoutTicks()) {
      leaderSilence++;
    }
    if (writesUnderWay > 0) {
      stalledTicks++;
    }
    if (role instanceof Role.Leader leader) {
      tickLeader(leader);
    } else {
      electionElapsed++;
      if (electionElapsed >= electionTimeout) {
        campaign();
      }
    }
    // A tick that leaves the role as it was has only counted.
    if (role != before) {
      checkInvariants();
    }
  }

  private void tickLeader(Role.Leader leader) {
    heartbeatElapsed++;
    if (heartbeatElapsed >= config.heartbeatTicks()) {
      heartbeatElapsed = 0;
      leader.followers.heartbeatDue();
      if (config.leaseReads()) {
        reads.beginRound(leader);
      }
    }
    leader.followers.tick();
    if (diskIsStalled() && !isOnlyVoter()) {
      // Heartbeats alone would keep a leader in office that can no longer commit with its own disk.
      becomeFollower(term, 0, "own disk hangs");
      return;
    }
    if (leader.transferee != 0 && ++leader.transferElapsed >= config.electionTimeoutTicks()) {
      leader.transferee = 0;
      continueChange(leader);
    }
    electionElapsed++;
    if (electionElapsed >= config.electionTimeoutTicks()) {
      electionElapsed = 0;
      // Asked in any case: who is there matters for snapshots, too.
      boolean heard = leader.followers.heardFromMajority();
      if (config.checkQuorum() && !heard) {
        becomeFollower(term, 0, "lost contact with the majority");
      }
    }
  }

  private boolean diskIsStalled() {
    return stalledTicks >= config.electionTimeoutTicks();
  }

  /** Whether nobody else could lead in place of this node. */
  private boolean isOnlyVoter() {
    return log.membership().votersBut(id).isEmpty();
  }

  /**
   * Starts an election now, in the pre-vote form where that is configured; unless this node leads
   * already or has no vote, it installs a snapshot, its disk hangs, or lease reads are on and it
   * heard from a leader less than an election timeout ago, who may rely on that. Who alone has a
   * vote goes on with the election that it is in, and waits for its disk as long as that takes.
   */
  public void campaign() {
    if (role instanceof Role.Leader || (config.leaseReads() && holdsOnToLeader())) {
      return;
    }
    resetElectionTimer();
    if (!log.maybeVoter(id)) {
      if (leader() != 0) {
        becomeFollower(term, 0, "no campaign: not a voter");
      }
    } else if (installing != null) {
      becomeFollower(term, 0, "no campaign: a snapshot is being installed");
    } else if (role instanceof Role.Candidate && isOnlyVoter()) {
      return; // All that it lacks is its own disk.
    } else if (diskIsStalled() && !isOnlyVoter()) {
      becomeFollower(term, 0, "no campaign: own disk hangs");
    } else if (config.preVote()) {
      askForPreVotes();
    } else {
      becomeCandidate(false, "election timeout");
    }
    checkInvariants();
  }

  /**
   * Appends a command to the log if this node leads.
   *
   * @return where it is in the log, or why it is in none
   */
  public ProposeResult propose(Proposal proposal) {
    ProposeResult result =
        role instanceof Role.Leader leader
            ? appendProposal(leader, proposal)
            : new ProposeResult.Refused(Refusal.NOT_LEADER);
    checkInvariants();
    return result;
  }

  private ProposeResult appendProposal(Role.Leader leader, Proposal proposal) {
    Refusal refusal = leader.objection(proposal, config);
    if (refusal != null) {
      return new ProposeResult.Refused(refusal);
    }
    Entry entry = Entry.command(log.last() + 1, term, proposal);
    log.append(entry);
    leader.uncommittedBytes += entry.weight();
    return new ProposeResult.Accepted(entry.index(), entry.term());
  }

  /**
   * Hands proposals to the leader, which may be this node. Those that are turned down come back in
   * {@link Ready#refused()}; those of which nothing is heard may or may not have entered the log.
   *
   * @param proposals proposals of this node, at least one
   */
  public void forward(List<Proposal> proposals) {
    if (role instanceof Role.Leader leader) {
      takeForwarded(leader, id, proposals);
    } else if (leader() != 0) {
      out.sendNow.add(new Message.Forward(id, leader(), term, List.copyOf(proposals)));
    } else {
      List<Long> sequences = proposals.stream().map(Proposal::sequence).toList();
      out.refused.add(new Message.ForwardRefused(id, id, term, sequences, Refusal.NOT_LEADER));
    }
    checkInvariants();
  }

  /**
   * Asks for an index at which a linearizable read is safe; the outcome is in {@link
   * Ready#reads()}. If this node does not know the leader, or stops knowing it, the outcome is
   * {@link ReadState#FAILED}; if a message is lost there is none, and the caller asks again in
   * time.
   *
   * @param readId identifies the request; never used before by this node, in this life or an
   *     earlier one
   */
  public void readIndex(long readId) {
    reads.ask(role, term, readId);
    checkInvariants();
  }

  /**
   * Starts to hand the leadership to a follower: refuses proposals, waits until the follower has
   * the whole log, and tells it to campaign. Given up after an election timeout.
   *
   * @return false if this node does not lead, or {@code to} is not another voter
   */
  public boolean transferLeadership(long to) {
    if (!(role instanceof Role.Leader leader)) {
      return false;
    }
    Progress progress = leader.followers.progress(to);
    if (progress == null || !log.membership().isVoter(to)) {
      return false;
    }
    leader.transferee = to;
    leader.transferElapsed = 0;
    maybeSendTimeoutNow(leader, progress);
    checkInvariants();
    return true;
  }

  /** Notes that the writes of a {@link Ready}, and of all before it, are durable. */
  public void persisted(Persisted receipt) {
    Invariant.check(writesUnderWay > 0, "receipt %s is for no write that was asked for", receipt);
    writesUnderWay--;
    stalledTicks = 0;
    // A receipt from an earlier term says nothing about the log of this one: see Persisted.
    if (receipt.term() == term) {
      durableTerm = term;
      boolean advanced = log.persisted(receipt.last());
      switch (role) {
        case Role.Leader leader when advanced -> {
          maybeCommit(leader);
          continueChange(leader);
        }
        case Role.Candidate candidate -> countVote(candidate, id, true);
        case Role.Leader leader -> {}
        case Role.Follower follower -> {}
        case Role.PreCandidate candidate -> {}
      }
    }
    checkInvariants();
  }

  /** Notes that the state machine has applied everything up to an index. */
  public void applied(long index) {
    log.applied(index);
    unapplied.free(index);
    checkInvariants();
  }

  // ---------------------------------------------------------------------------------------------
  // Snapshots (paper, section 7)
  // ---------------------------------------------------------------------------------------------

  /**
   * Cuts off the beginning of the log. What is cut off must be found again after a crash, in the
   * state machine or in a stored snapshot.
   *
   * <p>Followers that still need what is cut off get a snapshot instead, and from where it ends the
   * log: whoever calls this keeps enough entries for those that are only a little behind, and those
   * after a snapshot that is under way, because otherwise one snapshot will follow on another
   * without end.
   *
   * <p>Nothing is cut off as long as it is not known who the members were at that index: a node
   * that joined has that from the first configuration that it was sent. Whoever needs what is cut
   * off gets a snapshot, which must say who they are.
   *
   * @param index the last entry to be cut off, applied and durable here; may be cut off already
   * @return the index up to which the log is cut off now
   */
  public long compact(long index) {
    if (index > log.base().index() && log.membershipAt(index).isKnown()) {
      log.compactTo(index);
      discardUpTo = index;
      if (role instanceof Role.Leader leader) {
        leader.followers.logCutOff(log.base());
      }
    }
    checkInvariants();
    return log.base().index();
  }

  /**
   * Notes that a snapshot has arrived from a leader, completely, and is stored durably.
   *
   * @param snapshot the last entry whose effects are in it, and the configuration after that
   * @return whether it will be installed, as {@link Ready#install()} says; if not, because another
   *     one is being installed, or this node has what is in it, it can be deleted
   */
  public boolean snapshotReceived(SnapshotMetadata snapshot) {
    EntryId last = snapshot.last();
    Invariant.check(last.term() <= term, "snapshot %s comes from after term %s", last, term);
    if (installing != null || role instanceof Role.Leader) {
      return false;
    }
    boolean needed = last.index() > log.committed() && !log.has(last);
    if (needed) {
      installing = snapshot;
      endCampaign("a snapshot is being installed");
    } else {
      // In a log that has the snapshot's last entry, all entries up to there are what the snapshot
      // was made of: they are committed and can be applied as they are.
      log.commit(Math.max(last.index(), log.committed()));
      if (!log.maybeVoter(id)) {
        endCampaign("not a voter");
      }
      acknowledgeCommitted();
    }
    checkInvariants();
    return needed;
  }

  /**
   * Ends the campaign that this node may have begun while the snapshot was being stored. Without
   * what it now knows to be committed it cannot win, and who has a vote may have changed as well.
   */
  private void endCampaign(String reason) {
    if (role instanceof Role.PreCandidate || role instanceof Role.Candidate) {
      becomeFollower(term, 0, "no campaign: " + reason);
    }
  }

  /**
   * Notes that the snapshot of {@link Ready#install()} is installed: the state machine has its
   * state and the log on disk is empty after it, both durably. Nothing that was handed out to be
   * applied before may be reported any more.
   */
  public void snapshotInstalled(EntryId last) {
    SnapshotMetadata snapshot = installing;
    if (snapshot == null || !last.equals(snapshot.last()) || !installationHandedOut) {
      throw new InvariantViolation(
          last + " is said to be installed, but " + snapshot + " is to be");
    }
    log.restore(last, snapshot.membership());
    unapplied.free(last.index());
    installing = null;
    installationHandedOut = false;
    discardUpTo = 0;
    acknowledgeCommitted();
    checkInvariants();
  }

  /**
   * Tells how it went with a snapshot that {@link Ready#snapshotsWanted()} asked for. Whether it
   * was of use is told by the follower alone; if that says nothing, the snapshot is asked for
   * again: a failed one after an election timeout, one that has arrived when there was time to
   * install it.
   *
   * @param ok whether the follower has received all of it
   */
  public void snapshotSent(long peer, boolean ok) {
    if (role instanceof Role.Leader leader) {
      Progress progress = leader.followers.progress(peer);
      if (progress != null) {
        progress.snapshotEnded(
            config.electionTimeoutTicks() * (ok ? Progress.INSTALLATION_TIMEOUTS : 1));
      }
    }
    checkInvariants();
  }

  private void handleSnapshotChunk(Message.SnapshotChunk m) {
    heardFromLeader(m);
    out.snapshotMessages.add(m);
  }

  private void handleSnapshotAck(Message.SnapshotAck m) {
    if (role instanceof Role.Leader leader && leader.heard(m.from(), 0) != null) {
      out.snapshotMessages.add(m);
    }
  }

  /**
   * Takes in a message from another node. Anything may come, in any order and more than once; what
   * makes no sense is dropped.
   */
  public void step(Message message) {
    if (message.to() != id) {
      tracer.dropped(message, "meant for another node");
    } else if (message.from() == id) {
      tracer.dropped(message, "sender is not another node");
    } else if (log.membershipAt(log.committed()).isRemoved(message.from())) {
      // Whoever does not know of its removal cannot disturb those who do (dissertation, 4.2.3).
      tracer.dropped(message, "sender was removed");
    } else if (message.term() < term) {
      stepOlderTerm(message);
    } else if (message.term() == term || adoptTerm(message)) {
      dispatch(message);
    }
    checkInvariants();
  }

  // ---------------------------------------------------------------------------------------------
  // Terms
  // ---------------------------------------------------------------------------------------------

  /** Answers requests of an older term so that their sender learns the newer one. */
  private void stepOlderTerm(Message message) {
    switch (message) {
      case Message.PreVoteRequest m ->
          out.sendNow.add(new Message.PreVoteResponse(id, m.from(), term, false));
      case Message.VoteRequest m ->
          out.sendNow.add(new Message.VoteResponse(id, m.from(), term, false));
      case Message.AppendRequest m -> out.sendNow.add(new Message.StaleTerm(id, m.from(), term));
      case Message.SnapshotChunk m -> out.sendNow.add(new Message.StaleTerm(id, m.from(), term));
      case Message.Forward m -> refuseForward(m, Refusal.NOT_LEADER);
      case Message.ReadIndexRequest m ->
          out.sendNow.add(new Message.ReadIndexResponse(id, m.from(), term, m.id(), 0));
      case Message.ForwardRefused m -> out.refused.add(m);
      case Message.PreVoteResponse m -> {}
      case Message.VoteResponse m -> {}
      case Message.AppendAccepted m -> {}
      case Message.AppendRejected m -> {}
      case Message.StaleTerm m -> {}
      case Message.TimeoutNow m -> {}
      case Message.ReadIndexResponse m -> {}
      case Message.SnapshotAck m -> {}
    }
  }

  /**
   * Takes over the term of a message from a later one (paper, section 5.1), unless the message is
   * only a question about that term, or an attempt to vote out a leader that this node hears.
   *
   * @return whether the message is to be handled
   */
  private boolean adoptTerm(Message message) {
    switch (message) {
      case Message.PreVoteRequest m -> {
        return true;
      }
      case Message.PreVoteResponse m when m.granted() -> {
        return true;
      }
      case Message.VoteRequest m when !m.transfer() && holdsOnToLeader() -> {
        tracer.dropped(message, "a leader may be alive");
        return false;
      }
      case Message.AppendRequest m -> becomeFollower(m.term(), m.from(), "leader of a newer term");
      case Message.SnapshotChunk m -> becomeFollower(m.term(), m.from(), "leader of a newer term");
      default -> becomeFollower(message.term(), 0, "newer term");
    }
    return true;
  }

  /**
   * Whether this node is sure that there is a leader, and so helps nobody to depose it
   * (dissertation, sections 4.2.3 and 6.4.1).
   */
  private boolean holdsOnToLeader() {
    if (!config.checkQuorum()) {
      return false;
    }
    if (role instanceof Role.Leader) {
      return true;
    }
    return leaderSilence < config.electionTimeoutTicks();
  }

  private void dispatch(Message message) {
    switch (message) {
      case Message.PreVoteRequest m -> handlePreVoteRequest(m);
      case Message.PreVoteResponse m -> handlePreVoteResponse(m);
      case Message.VoteRequest m -> handleVoteRequest(m);
      case Message.VoteResponse m -> handleVoteResponse(m);
      case Message.AppendRequest m -> handleAppendRequest(m);
      case Message.AppendAccepted m -> handleAppendAccepted(m);
      case Message.AppendRejected m -> handleAppendRejected(m);
      case Message.StaleTerm m -> {}
      case Message.TimeoutNow m -> handleTimeoutNow(m);
      case Message.Forward m -> handleForward(m);
      case Message.ForwardRefused m -> out.refused.add(m);
      case Message.ReadIndexRequest m -> reads.handleRequest(role, term, m);
      case Message.ReadIndexResponse m -> reads.handleResponse(role, m);
      case Message.SnapshotChunk m -> handleSnapshotChunk(m);
      case Message.SnapshotAck m -> handleSnapshotAck(m);
    }
  }

  // ---------------------------------------------------------------------------------------------
  // Roles
  // ---------------------------------------------------------------------------------------------

  /** The only place where a node takes another role. */
  private void become(Role next, String reason) {
    RaftRole from = role.kind();
    Invariant.check(
        from.mayBecome(next.kind()), "a %s cannot become a %s (%s)", from, next.kind(), reason);
    reads.abandon(role, term);
    role = next;
    tracer.roleChanged(from, next.kind(), term, leader(), reason);
  }

  /** The vote is kept within a term: it was given, and another one must not be. */
  private void becomeFollower(long newTerm, long newLeader, String reason) {
    if (newTerm > term) {
      term = newTerm;
      vote = HardState.NO_VOTE;
    }
    if (role instanceof Role.Leader || newLeader != 0) {
      resetElectionTimer();
    }
    become(new Role.Follower(newLeader), reason);
  }

  private void askForPreVotes() {
    Membership membership = log.membership();
    if (role instanceof Role.Candidate candidate) {
      become(candidate.asking(membership), "election timeout; its votes still count");
    } else {
      become(new Role.PreCandidate(new Role.Tally(membership)), "election timeout");
    }
    for (long peer : membership.votersBut(id)) {
      out.sendNow.add(new Message.PreVoteRequest(id, peer, term + 1, log.lastId()));
    }
    countPreVote(id, true);
  }

  private void becomeCandidate(boolean transfer, String reason) {
    term++;
    vote = id;
    resetElectionTimer();
    become(new Role.Candidate(log.membership()), reason);
    // After this node's own log and term are durable: whoever votes for it relies on that log, and
    // a late answer may reach it after a restart. Its own vote counts from then on, too.
    for (long peer : log.membership().votersBut(id)) {
      out.sendAfterPersist.add(new Message.VoteRequest(id, peer, term, log.lastId(), transfer));
    }
  }

  /**
   * Takes up office. Whoever has voted for this node was there in this term: without that, a leader
   * whose first answers are late would step down at the first check of the quorum.
   */
  private void becomeLeader(Role.Tally votes) {
    Invariant.check(
        installing == null, "%s won term %s without the committed %s", id, term, installing);
    Role.Leader leader = new Role.Leader(config, term, log);
    for (Progress progress : leader.followers.all()) {
      if (votes.isGrantedBy(progress.id)) {
        progress.heard();
      }
    }
    electionElapsed = 0;
    heartbeatElapsed = 0;
    become(leader, "won the election");
    out.withdrawPreVotes();
    if (config.noop()) {
      Entry noop = Entry.noop(log.last() + 1, term);
      log.append(noop);
      leader.uncommittedBytes += noop.weight();
    }
  }

  /** A new random wait for each timer, so that split votes do not repeat (paper, section 5.2). */
  private void resetElectionTimer() {
    electionElapsed = 0;
    electionTimeout = config.electionTimeoutTicks() + random.nextInt(config.electionTimeoutTicks());
  }

  // ---------------------------------------------------------------------------------------------
  // Elections
  // ---------------------------------------------------------------------------------------------

  private boolean isUpToDate(EntryId candidateLast) {
    return candidateLast.compareTo(log.lastId()) >= 0;
  }

  private void handlePreVoteRequest(Message.PreVoteRequest m) {
    boolean granted = m.term() > term && !holdsOnToLeader() && isUpToDate(m.last());
    out.sendNow.add(new Message.PreVoteResponse(id, m.from(), granted ? m.term() : term, granted));
  }

  private void handlePreVoteResponse(Message.PreVoteResponse m) {
    if (!m.granted() || m.term() == term + 1) {
      countPreVote(m.from(), m.granted());
    }
  }

  private void countPreVote(long voter, boolean granted) {
    Role.Tally preVotes = role.preVotes();
    if (preVotes == null) {
      return;
    }
    switch (preVotes.count(voter, granted)) {
      case WON -> becomeCandidate(false, "won the pre-vote");
      case LOST -> become(role.withoutPreVotes(), "lost the pre-vote");
      case PENDING -> {}
    }
  }

  private void handleVoteRequest(Message.VoteRequest m) {
    // The term may have come to this node before the request did, while it still owes the leader of
    // an earlier term its loyalty.
    boolean loyal = !m.transfer() && holdsOnToLeader();
    boolean free = vote == HardState.NO_VOTE && leader() == 0 && !loyal;
    if ((free || vote == m.from()) && isUpToDate(m.last())) {
      vote = m.from();
      resetElectionTimer();
      if (role instanceof Role.PreCandidate) {
        becomeFollower(term, 0, "voted for another candidate");
      }
      out.sendAfterPersist.add(new Message.VoteResponse(id, m.from(), term, true));
    } else {
      out.sendNow.add(new Message.VoteResponse(id, m.from(), term, false));
    }
  }

  private void handleVoteResponse(Message.VoteResponse m) {
    if (role instanceof Role.Candidate candidate) {
      countVote(candidate, m.from(), m.granted());
    }
  }

  private void countVote(Role.Candidate candidate, long voter, boolean granted) {
    switch (candidate.votes.count(voter, granted)) {
      case WON -> becomeLeader(candidate.votes);
      case LOST -> become(candidate.withoutVotes(), "lost the election");
      case PENDING -> {}
    }
  }

  private void handleTimeoutNow(Message.TimeoutNow m) {
    if (role instanceof Role.Follower follower
        && follower.leader == m.from()
        && installing == null
        && log.maybeVoter(id)
        && !diskIsStalled()) {
      becomeCandidate(true, "told to by the leader");
    }
  }

  // ---------------------------------------------------------------------------------------------
  // Replication: the follower
  // ---------------------------------------------------------------------------------------------

  private void heardFromLeader(Message m) {
    Invariant.check(
        !(role instanceof Role.Leader), "%s and %s both lead term %s", id, m.from(), term);
    leaderSilence = 0;
    if (leader() == m.from()) {
      resetElectionTimer();
    } else {
      becomeFollower(term, m.from(), "heard from the leader");
    }
  }

  private void handleAppendRequest(Message.AppendRequest m) {
    heardFromLeader(m);
    EntryId previous = m.previous();
    if (installing != null) {
      // This log is about to be replaced; an answer shows that this node is alive.
      acceptAppend(m.from(), log.committed(), m.readRound(), true);
      return;
    }
    boolean beginsBeforeLog = previous.index() <= log.base().index();
    if (!beginsBeforeLog && !log.has(previous)) {
      rejectAppend(m);
      return;
    }
    log.reconcile(m.entries());
    // Only what this request vouches for: the rest of this log may be another leader's.
    long verified = previous.index() + m.entries().size();
    long commit = Math.min(m.commit(), verified);
    if (commit > log.committed()) {
      log.commit(commit);
    }
    if (!m.answered()) {
      return;
    }
    // What is committed the leader has, too: it need not be compared, nor could what was cut off.
    acceptAppend(
        m.from(),
        beginsBeforeLog ? Math.max(verified, log.committed()) : verified,
        m.readRound(),
        m.entries().isEmpty());
  }

  /** Says from where on the leader has to look (paper, end of section 5.3). */
  private void rejectAppend(Message.AppendRequest m) {
    long index = m.previous().index();
    long conflictTerm = index <= log.last() ? log.term(index) : 0;
    long conflictIndex = log.conflictIndex(index);
    out.sendNow.add(
        new Message.AppendRejected(
            id, m.from(), term, index, conflictTerm, conflictIndex, m.readRound()));
  }

  /**
   * Acknowledges at once what is durable already, and all that was verified once that is.
   * Heartbeats and read rounds thus never wait for the disk.
   *
   * @param verified index up to which this log equals the leader's
   * @param atOnce whether to tell what is durable now rather than wait until all that was verified
   *     is
   */
  private void acceptAppend(long leader, long verified, long readRound, boolean atOnce) {
    if (durableTerm == term && (atOnce || verified <= log.durable())) {
      out.sendNow.add(
          new Message.AppendAccepted(
              id, leader, term, Math.min(verified, log.durable()), readRound));
      return;
    }
    out.acceptAfterPersist(new Message.AppendAccepted(id, leader, term, verified, readRound));
  }

  /** Tells the leader how far its log is known to be here without being asked. */
  private void acknowledgeCommitted() {
    if (role instanceof Role.Follower follower && follower.leader != 0) {
      acceptAppend(follower.leader, log.committed(), 0, false);
    }
  }

  // ---------------------------------------------------------------------------------------------
  // Replication: the leader
  // ---------------------------------------------------------------------------------------------

  private void handleAppendAccepted(Message.AppendAccepted m) {
    if (!(role instanceof Role.Leader leader)) {
      return;
    }
    if (m.match() > log.last()) {
      tracer.dropped(m, "acknowledges entries that were never sent");
      return;
    }
    Progress progress = leader.heard(m.from(), m.readRound());
    if (progress == null) {
      return;
    }
    boolean advanced = m.match() > progress.match;
    progress.accepted(m.match(), log.base());
    progress.measureRound(log.last());
    if (advanced) {
      // One more that has what is committed already changes nothing.
      if (progress.match > log.committed()) {
        maybeCommit(leader);
      }
      maybeSendTimeoutNow(leader, progress);
    }
    reads.confirm(leader);
    continueChange(leader);
  }

  private void handleAppendRejected(Message.AppendRejected m) {
    if (!(role instanceof Role.Leader leader)) {
      return;
    }
    Progress progress = leader.heard(m.from(), m.readRound());
    if (progress == null) {
      return;
    }
    if (m.previousIndex() <= progress.match) {
      // Late, or from a node that lost what it had acknowledged. Asking it again at once would go
      // round in circles; the next heartbeat asks soon enough.
      tracer.dropped(m, "refuses what it has acknowledged before");
    } else if (!progress.isSuperseded(m.previousIndex())) {
      long guess = log.guess(m.conflictTerm(), m.conflictIndex());
      progress.becomeProbe(Math.min(guess, m.previousIndex()), log.base());
    }
    reads.confirm(leader);
  }

  /**
   * Advances the commit index to what a majority has on disk, if the leader's own term reaches that
   * far: an entry of an earlier term is never committed by counting its replicas (paper, section
   * 5.4.2 and Figure 8).
   */
  private void maybeCommit(Role.Leader leader) {
    long index = leader.followers.reachedByMajority(log.durable(), progress -> progress.match);
    if (index <= log.committed() || log.term(index) != term) {
      return;
    }
    for (long i = Math.max(log.committed() + 1, leader.firstIndex); i <= index; i++) {
      leader.uncommittedBytes -= log.weight(i);
    }
    log.commit(index);
  }

  private void maybeSendTimeoutNow(Role.Leader leader, Progress progress) {
    if (leader.transferee == progress.id && progress.match == log.last()) {
      leader.leaseForfeited = true;
      out.sendNow.add(new Message.TimeoutNow(id, progress.id, term));
    }
  }

  // ---------------------------------------------------------------------------------------------
  // Membership (dissertation, chapter 4)
  // ---------------------------------------------------------------------------------------------

  /**
   * Changes who belongs to the cluster, if this node leads it: all of the changes together, and by
   * way of a joint configuration where the voters change by more than one. One change at a time:
   * the next one is taken when this one is committed and, if it is joint, left.
   *
   * @param changes at least one
   * @return where the new configuration is in the log, or why it is not
   */
  public ChangeResult changeMembership(List<MembershipChange> changes) {
    ChangeResult result =
        role instanceof Role.Leader leader
            ? appendChange(leader, changes)
            : new ChangeResult.Refused(ChangeRefusal.NOT_LEADER);
    checkInvariants();
    return result;
  }

  private ChangeResult appendChange(Role.Leader leader, List<MembershipChange> changes) {
    return switch (Reconfiguration.decide(leader, log, changes)) {
      case Reconfiguration.Plan.Refused refused -> new ChangeResult.Refused(refused.reason());
      case Reconfiguration.Plan.Next next -> {
        appendConfiguration(leader, next.membership());
        yield new ChangeResult.Accepted(log.last(), term);
      }
    };
  }

  private void appendConfiguration(Role.Leader leader, Membership next) {
    Entry entry = Entry.configuration(log.last() + 1, term, next);
    log.append(entry);
    leader.uncommittedBytes += entry.weight();
    leader.followers.reconfigure(next, entry.index());
    leader.reads.forgetLease();
    // Fewer voters may have confirmed already what more of them had not.
    reads.confirm(leader);
  }

  /**
   * Takes the next step of a committed change that nobody has to ask for: leaves a joint
   * configuration, whoever has begun it; makes a learner a voter that was to become one; and, if
   * this leader has no vote any more, ends its leadership (section 4.2.2).
   */
  private void continueChange(Role.Leader leader) {
    Configuration now = log.configuration();
    if (now.index() > log.committed() || !leader.hasCommittedInItsTerm()) {
      return;
    }
    if (!now.membership().isVoter(id)) {
      Progress successor = leader.followers.successor(now.membership());
      if (successor != null) {
        out.sendNow.add(new Message.TimeoutNow(id, successor.id, term));
      }
      becomeFollower(term, 0, "no longer a voter");
    } else if (leader.transferee == 0) {
      Membership next = Reconfiguration.successor(now.membership(), leader.followers::isCaughtUp);
      if (next != null) {
        appendConfiguration(leader, next);
      }
    }
  }

  // ---------------------------------------------------------------------------------------------
  // Forwarded proposals
  // ---------------------------------------------------------------------------------------------

  private void handleForward(Message.Forward m) {
    if (role instanceof Role.Leader leader) {
      takeForwarded(leader, m.from(), m.proposals());
    } else {
      refuseForward(m, Refusal.NOT_LEADER);
    }
  }

  private void takeForwarded(Role.Leader leader, long from, List<Proposal> proposals) {
    for (Proposal proposal : proposals) {
      if (appendProposal(leader, proposal) instanceof ProposeResult.Refused(Refusal reason)) {
        out.refuse(
            new Message.ForwardRefused(id, from, term, List.of(proposal.sequence()), reason));
      }
    }
  }

  private void refuseForward(Message.Forward m, Refusal reason) {
    List<Long> sequences = m.proposals().stream().map(Proposal::sequence).toList();
    out.refuse(new Message.ForwardRefused(id, m.from(), term, sequences, reason));
  }

  // ---------------------------------------------------------------------------------------------
  // Outputs
  // ---------------------------------------------------------------------------------------------

  /** Whether {@link #ready()} would return anything to do. */
  public boolean hasReady() {
    return !out.isEmpty()
        || discardUpTo != 0
        || !log.membership().equals(toldMembership)
        || (installing != null && !installationHandedOut)
        || hardStateChanged()
        || log.hasUnwritten()
        || canApply()
        || (role instanceof Role.Leader leader && leader.owes());
  }

  private boolean canApply() {
    return log.hasUnapplied() && !unapplied.isFull() && installing == null;
  }

  private boolean hardStateChanged() {
    return term != handedOut.term() || vote != handedOut.vote();
  }

  /** Takes out all there is to do now. May be called again before it is done. */
  public Ready ready() {
    if (role instanceof Role.Leader leader) {
      if (leader.reads.hasWaiting()) {
        reads.beginRound(leader);
      }
      for (Progress progress : leader.followers.all()) {
        leader.replication.send(progress, out);
      }
    }
    HardState hardState = null;
    if (hardStateChanged()) {
      hardState = new HardState(term, vote);
      handedOut = hardState;
    }
    List<Entry> append = log.takeUnwritten();
    Persisted receipt = null;
    if (hardState != null || !append.isEmpty()) {
      receipt = new Persisted(term, log.lastId());
      writesUnderWay++;
    }
    List<Entry> apply = List.of();
    if (canApply()) {
      apply = log.takeUnapplied(config.maxApplyBytes());
      unapplied.add(apply);
    }
    Membership membership = log.membership().equals(toldMembership) ? null : log.membership();
    toldMembership = log.membership();
    SnapshotMetadata install = installationHandedOut ? null : installing;
    installationHandedOut = installing != null;
    Ready ready = out.handOver(hardState, append, receipt, discardUpTo, apply, membership, install);
    discardUpTo = 0;
    return ready;
  }

  // ---------------------------------------------------------------------------------------------
  // State
  // ---------------------------------------------------------------------------------------------

  /** This node's id. */
  public long id() {
    return id;
  }

  /** The current term. */
  public long term() {
    return term;
  }

  /** Whether this node leads, as far as it knows. */
  public boolean isLeader() {
    return role instanceof Role.Leader;
  }

  /** The leader of the current term, 0 while unknown. */
  public long leader() {
    return switch (role) {
      case Role.Leader leader -> id;
      case Role.Follower follower -> follower.leader;
      case Role.PreCandidate candidate -> 0;
      case Role.Candidate candidate -> 0;
    };
  }

  /** The index of the last entry known to be committed. */
  public long committed() {
    return log.committed();
  }

  /** What a snapshot of the state after an applied entry must say of itself. */
  public SnapshotMetadata snapshotMetadata(long index) {
    return new SnapshotMetadata(log.id(index), log.membershipAt(index));
  }

  /** The configuration in force: the latest in the log, committed or not. */
  public Membership membership() {
    return log.membership();
  }

  /** A picture of the whole state. */
  public RaftStatus status() {
    return new Moment().set(id, term, vote, role, leader(), log, installing).status(role);
  }

  private void checkInvariants() {
    RaftInvariants.checkState(now.set(id, term, vote, role, leader(), log, installing));
    RaftInvariants.checkTransition(before, now);
    Moment checked = now;
    now = before;
    before = checked;
  }
}
