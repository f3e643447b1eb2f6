package dev.jangada.raft;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The consensus algorithm of one node: fed with messages, ticks and requests, drained with {@link
 * #ready()}.
 *
 * <h2>Design</h2>
 *
 * <p>This class is a function, not a server. It starts no thread, reads no clock, touches no disk
 * and sends nothing; it says in a {@link Ready} what has to be written, sent and applied, and in
 * which order, and is told through {@link #persisted} and {@link #applied} what has been done. Time
 * comes as {@link #tick()}, chance from the seeded generator given to the constructor. The same
 * inputs therefore give the same outputs, in production as in a simulation.
 *
 * <p>What a node is, is a {@link Role} object that holds the state of that role and nothing else;
 * it is exchanged in exactly one place, {@link #become}. Inputs only change state; what is to be
 * sent to followers is decided when {@link #ready()} is called, so that everything that has
 * accumulated since the last call travels in one batch, and nothing ever waits for a timer.
 *
 * <p>Writing goes on beside everything else: several Readys may be under way. The leader sends
 * entries while its own disk still writes them, and counts itself among the majority only once they
 * are durable. Whatever a node promises to others (a granted vote, an accepted append, a request
 * for votes that tells the end of its log) is in {@link Ready#sendAfterPersist()}.
 *
 * <p>The rules come from the paper (Figure 2 and sections 5 to 8) and the dissertation: pre-vote
 * (9.6), leader stickiness and quorum check (4.2.3, 6.2), leadership transfer (3.10), linearizable
 * reads (6.4), pipelining (10.2.1). {@link RaftInvariants} are checked after every input.
 *
 * <p>Rejected: a fixed batching delay, which costs a lone client latency and gains a busy cluster
 * nothing over batching by accumulation; a heartbeat message of its own, which would carry the
 * commit index without the check of the log that an empty append makes; and applying entries that a
 * majority has but this node's own disk does not, which would let a state machine be ahead of its
 * log after a crash.
 *
 * <p>Not thread-safe: one thread at a time, or one event loop. If a method throws, an invariant is
 * broken and the object must not be used any more.
 */
public final class Raft {

  /**
   * How many reads a follower keeps in mind that the leader has not answered. Where messages are
   * lost, the oldest are given up rather than kept for as long as the leader stays.
   */
  static final int MAX_FORWARDED_READS = 1024;

  private final long id;
  private final RaftConfig config;
  private final RandomGenerator random;
  private final RaftLog log;

  private RaftTracer tracer = RaftTracer.NONE;
  private Role role = new Role.Follower(0);
  private RaftStatus lastChecked;

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

  private long nowNanos;

  private List<Message> sendNow = new ArrayList<>();
  private List<Message> sendAfterPersist = new ArrayList<>();
  private List<ReadState> reads = new ArrayList<>();
  private List<Message.ForwardRefused> refused = new ArrayList<>();

  private final UnappliedWindow unapplied;

  /**
   * Creates a node's core in the follower role.
   *
   * @param config its settings
   * @param hardState term and vote as read back from disk
   * @param recovered its log as read back from disk
   * @param applied index up to which its state machine has kept the effects; everything up to it is
   *     taken to be committed
   * @param random where election timeouts come from
   * @throws InvariantViolation if the state machine is ahead of the log, or the log ahead of the
   *     term: they do not belong together
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
    this.log = new RaftLog(recovered, applied, config.maxCachedBytes());
    this.unapplied = new UnappliedWindow(config.maxUnappliedBytes());
    this.term = hardState.term();
    this.vote = hardState.vote();
    this.handedOut = hardState;
    this.durableTerm = term;
    // A restarted node has forgotten when it last heard from a leader; where leases rely on that,
    // it
    // must have been just now.
    this.leaderSilence = config.leaseReads() ? 0 : config.electionTimeoutTicks();
    resetElectionTimer();
    this.lastChecked = status();
    RaftInvariants.checkState(lastChecked);
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
    if (monotonicNanos - nowNanos > 0) {
      nowNanos = monotonicNanos;
    }
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
    int due =
        Math.min(
            config.heartbeatTicks() - heartbeatElapsed,
            config.electionTimeoutTicks() - electionElapsed);
    if (writesUnderWay > 0) {
      due = Math.min(due, config.electionTimeoutTicks() - stalledTicks);
    }
    if (leader.transferee != 0) {
      due = Math.min(due, config.electionTimeoutTicks() - leader.transferElapsed);
    }
    return Math.max(1, due);
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
      for (Progress progress : leader.followers) {
        progress.heartbeatDue = true;
      }
      if (config.leaseReads()) {
        beginReadRound(leader);
      }
    }
    if (diskIsStalled()) {
      // Heartbeats alone would keep a leader in office that can no longer commit with its own disk.
      becomeFollower(term, 0, "own disk hangs");
      return;
    }
    if (leader.transferee != 0 && ++leader.transferElapsed >= config.electionTimeoutTicks()) {
      leader.transferee = 0;
    }
    electionElapsed++;
    if (electionElapsed >= config.electionTimeoutTicks()) {
      electionElapsed = 0;
      if (config.checkQuorum() && !heardFromMajority(leader)) {
        becomeFollower(term, 0, "lost contact with the majority");
      }
    }
  }

  private static boolean heardFromMajority(Role.Leader leader) {
    int active = 1;
    for (Progress progress : leader.followers) {
      if (progress.recentlyActive) {
        active++;
      }
      progress.recentlyActive = false;
    }
    return active >= Quorum.majority(leader.followers.size() + 1);
  }

  private boolean diskIsStalled() {
    return stalledTicks >= config.electionTimeoutTicks();
  }

  /**
   * Starts an election now, in the pre-vote form where that is configured; unless this node leads
   * already, its disk hangs, or lease reads are on and it heard from a leader less than an election
   * timeout ago, who may rely on that.
   */
  public void campaign() {
    if (role instanceof Role.Leader || (config.leaseReads() && holdsOnToLeader())) {
      return;
    }
    resetElectionTimer();
    if (diskIsStalled()) {
      becomeFollower(term, 0, "no campaign: own disk hangs");
    } else if (config.preVote()) {
      becomePreCandidate();
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
    if (proposal.data().length > config.maxEntryBytes()) {
      return new ProposeResult.Refused(Refusal.TOO_LARGE);
    }
    if (leader.transferee != 0) {
      return new ProposeResult.Refused(Refusal.TRANSFERRING);
    }
    if (leader.uncommittedBytes > 0
        && leader.uncommittedBytes + proposal.weight() > config.maxUncommittedBytes()) {
      return new ProposeResult.Refused(Refusal.TOO_MANY_UNCOMMITTED);
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
      sendNow.add(new Message.Forward(id, leader(), term, List.copyOf(proposals)));
    } else {
      List<Long> sequences = proposals.stream().map(Proposal::sequence).toList();
      refused.add(new Message.ForwardRefused(id, id, term, sequences, Refusal.NOT_LEADER));
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
    switch (role) {
      case Role.Leader leader -> addRead(leader, id, readId);
      case Role.Follower follower when follower.leader != 0 -> {
        if (follower.forwardedReads.size() >= MAX_FORWARDED_READS) {
          failRead(follower.forwardedReads.removeFirst());
        }
        follower.forwardedReads.add(readId);
        sendNow.add(new Message.ReadIndexRequest(id, follower.leader, term, readId));
      }
      case Role.Follower follower -> failRead(readId);
      case Role.PreCandidate candidate -> failRead(readId);
      case Role.Candidate candidate -> failRead(readId);
    }
    checkInvariants();
  }

  private void failRead(long readId) {
    reads.add(new ReadState(readId, ReadState.FAILED));
  }

  /**
   * Starts to hand the leadership to a follower: refuses proposals, waits until the follower has
   * the whole log, and tells it to campaign. Given up after an election timeout.
   *
   * @return false if this node does not lead, or {@code to} is not one of its followers
   */
  public boolean transferLeadership(long to) {
    if (!(role instanceof Role.Leader leader)) {
      return false;
    }
    Progress progress = leader.progress(to);
    if (progress == null) {
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
        case Role.Leader leader when advanced -> maybeCommit(leader);
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

  /**
   * Takes in a message from another node. Anything may come, in any order and more than once; what
   * makes no sense is dropped.
   */
  public void step(Message message) {
    if (message.to() != id) {
      tracer.dropped(message, "meant for another node");
    } else if (message.from() == id || !config.voters().contains(message.from())) {
      tracer.dropped(message, "sender is not another member");
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
          sendNow.add(new Message.PreVoteResponse(id, m.from(), term, false));
      case Message.VoteRequest m ->
          sendNow.add(new Message.VoteResponse(id, m.from(), term, false));
      case Message.AppendRequest m -> sendNow.add(new Message.StaleTerm(id, m.from(), term));
      case Message.Forward m -> refuseForward(m, Refusal.NOT_LEADER);
      case Message.ReadIndexRequest m ->
          sendNow.add(new Message.ReadIndexResponse(id, m.from(), term, m.id(), 0));
      case Message.ForwardRefused m -> refused.add(m);
      case Message.PreVoteResponse m -> {}
      case Message.VoteResponse m -> {}
      case Message.AppendAccepted m -> {}
      case Message.AppendRejected m -> {}
      case Message.StaleTerm m -> {}
      case Message.TimeoutNow m -> {}
      case Message.ReadIndexResponse m -> {}
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
      case Message.ForwardRefused m -> refused.add(m);
      case Message.ReadIndexRequest m -> handleReadIndexRequest(m);
      case Message.ReadIndexResponse m -> handleReadIndexResponse(m);
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
    abandonReads();
    role = next;
    tracer.roleChanged(from, next.kind(), term, leader(), reason);
  }

  /** Voids what this role was asked to read: whoever waits may ask the next leader. */
  private void abandonReads() {
    switch (role) {
      case Role.Leader leader -> {
        for (ReadRounds.Read read : leader.reads.abandon()) {
          answerRead(read, 0);
        }
      }
      case Role.Follower follower -> follower.forwardedReads.forEach(this::failRead);
      case Role.PreCandidate candidate -> {}
      case Role.Candidate candidate -> {}
    }
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

  private void becomePreCandidate() {
    Role.PreCandidate candidate = new Role.PreCandidate(config.voters().size());
    become(candidate, "election timeout");
    for (long peer : config.voters()) {
      if (peer != id) {
        sendNow.add(new Message.PreVoteRequest(id, peer, term + 1, log.lastId()));
      }
    }
    countPreVote(candidate, id, true);
  }

  private void becomeCandidate(boolean transfer, String reason) {
    term++;
    vote = id;
    resetElectionTimer();
    become(new Role.Candidate(config.voters().size()), reason);
    // After this node's own log and term are durable: whoever votes for it relies on that log, and
    // a late answer may reach it after a restart. Its own vote counts from then on, too.
    for (long peer : config.voters()) {
      if (peer != id) {
        sendAfterPersist.add(new Message.VoteRequest(id, peer, term, log.lastId(), transfer));
      }
    }
  }

  private void becomeLeader() {
    List<Progress> followers = new ArrayList<>();
    for (long peer : config.voters()) {
      if (peer != id) {
        followers.add(new Progress(peer, log.last() + 1, config));
      }
    }
    Role.Leader leader = new Role.Leader(followers, new ReadRounds(), log.last() + 1);
    electionElapsed = 0;
    heartbeatElapsed = 0;
    become(leader, "won the election");
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
    sendNow.add(new Message.PreVoteResponse(id, m.from(), granted ? m.term() : term, granted));
  }

  private void handlePreVoteResponse(Message.PreVoteResponse m) {
    if (role instanceof Role.PreCandidate candidate && (!m.granted() || m.term() == term + 1)) {
      countPreVote(candidate, m.from(), m.granted());
    }
  }

  private void countPreVote(Role.PreCandidate candidate, long voter, boolean granted) {
    switch (candidate.tally.count(voter, granted)) {
      case WON -> becomeCandidate(false, "won the pre-vote");
      case LOST -> becomeFollower(term, 0, "lost the pre-vote");
      case PENDING -> {}
    }
  }

  private void handleVoteRequest(Message.VoteRequest m) {
    boolean free = vote == m.from() || (vote == HardState.NO_VOTE && leader() == 0);
    if (free && isUpToDate(m.last())) {
      vote = m.from();
      resetElectionTimer();
      if (role instanceof Role.PreCandidate) {
        becomeFollower(term, 0, "voted for another candidate");
      }
      sendAfterPersist.add(new Message.VoteResponse(id, m.from(), term, true));
    } else {
      sendNow.add(new Message.VoteResponse(id, m.from(), term, false));
    }
  }

  private void handleVoteResponse(Message.VoteResponse m) {
    if (role instanceof Role.Candidate candidate) {
      countVote(candidate, m.from(), m.granted());
    }
  }

  private void countVote(Role.Candidate candidate, long voter, boolean granted) {
    switch (candidate.tally.count(voter, granted)) {
      case WON -> becomeLeader();
      case LOST -> becomeFollower(term, 0, "lost the election");
      case PENDING -> {}
    }
  }

  private void handleTimeoutNow(Message.TimeoutNow m) {
    if (role instanceof Role.Follower follower && follower.leader == m.from() && !diskIsStalled()) {
      becomeCandidate(true, "told to by the leader");
    }
  }

  // ---------------------------------------------------------------------------------------------
  // Replication: the follower
  // ---------------------------------------------------------------------------------------------

  private void handleAppendRequest(Message.AppendRequest m) {
    Invariant.check(
        !(role instanceof Role.Leader), "%s and %s both lead term %s", id, m.from(), term);
    leaderSilence = 0;
    if (leader() == m.from()) {
      resetElectionTimer();
    } else {
      becomeFollower(term, m.from(), "heard from the leader");
    }
    EntryId previous = m.previous();
    if (!log.has(previous)) {
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
    acceptAppend(m, verified);
  }

  /** Says from where on the leader has to look (paper, end of section 5.3). */
  private void rejectAppend(Message.AppendRequest m) {
    long index = m.previous().index();
    long conflictTerm = 0;
    long conflictIndex = log.last() + 1;
    if (index <= log.last()) {
      conflictTerm = log.term(index);
      conflictIndex = log.firstOfSameTerm(index);
    }
    sendNow.add(
        new Message.AppendRejected(
            id, m.from(), term, index, conflictTerm, conflictIndex, m.readRound()));
  }

  /**
   * Acknowledges at once what is durable already, and all that was verified once that is.
   * Heartbeats and read rounds thus never wait for the disk.
   */
  private void acceptAppend(Message.AppendRequest m, long verified) {
    boolean promisesNothingNew = durableTerm == term && verified <= log.durable();
    if (promisesNothingNew || (durableTerm == term && m.entries().isEmpty())) {
      sendNow.add(
          new Message.AppendAccepted(
              id, m.from(), term, Math.min(verified, log.durable()), m.readRound()));
      return;
    }
    // Appends that arrived together are written together: one acknowledgement serves for all.
    Message.AppendAccepted accepted =
        new Message.AppendAccepted(id, m.from(), term, verified, m.readRound());
    if (!sendAfterPersist.isEmpty()
        && sendAfterPersist.getLast() instanceof Message.AppendAccepted before
        && before.to() == accepted.to()
        && before.term() == accepted.term()) {
      sendAfterPersist.removeLast();
      accepted =
          new Message.AppendAccepted(
              id,
              m.from(),
              term,
              Math.max(before.match(), verified),
              Math.max(before.readRound(), m.readRound()));
    }
    sendAfterPersist.add(accepted);
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
    Progress progress = heard(leader, m.from(), m.readRound());
    if (progress == null) {
      return;
    }
    boolean advanced = m.match() > progress.match;
    if (advanced) {
      progress.match = m.match();
      progress.next = Math.max(progress.next, m.match() + 1);
    }
    switch (progress.mode) {
      case Progress.Probe probe -> progress.becomeReplicate();
      case Progress.Replicate replicate -> replicate.window.freeUpTo(progress.match);
    }
    if (advanced) {
      maybeCommit(leader);
      maybeSendTimeoutNow(leader, progress);
    }
    confirmReads(leader);
  }

  private void handleAppendRejected(Message.AppendRejected m) {
    if (!(role instanceof Role.Leader leader)) {
      return;
    }
    Progress progress = heard(leader, m.from(), m.readRound());
    if (progress == null) {
      return;
    }
    if (!isStale(progress, m)) {
      // The follower's last entry before the conflict that the leader could have, too.
      long lastOfConflictTerm = m.conflictTerm() == 0 ? 0 : log.lastOfTerm(m.conflictTerm());
      long guess = lastOfConflictTerm == 0 ? m.conflictIndex() : lastOfConflictTerm + 1;
      progress.becomeProbe(Math.min(guess, m.previousIndex()));
    }
    confirmReads(leader);
  }

  /** Whether a refusal speaks of an append that has been superseded since. */
  private boolean isStale(Progress progress, Message.AppendRejected m) {
    if (m.previousIndex() <= progress.match) {
      // Late, or from a node that lost what it had acknowledged. Asking it again at once would go
      // round in circles; the next heartbeat asks soon enough.
      tracer.dropped(m, "refuses what it has acknowledged before");
      return true;
    }
    return switch (progress.mode) {
      case Progress.Probe probe -> m.previousIndex() != progress.next - 1;
      case Progress.Replicate replicate -> m.previousIndex() >= progress.next;
    };
  }

  private static @Nullable Progress heard(Role.Leader leader, long from, long readRound) {
    Progress progress = leader.progress(from);
    if (progress != null && readRound <= leader.reads.current()) {
      progress.recentlyActive = true;
      progress.confirmedRound = Math.max(progress.confirmedRound, readRound);
      return progress;
    }
    return null;
  }

  /**
   * Advances the commit index to what a majority has on disk, if the leader's own term reaches that
   * far: an entry of an earlier term is never committed by counting its replicas (paper, section
   * 5.4.2 and Figure 8).
   */
  private void maybeCommit(Role.Leader leader) {
    long[] matches = new long[leader.followers.size() + 1];
    matches[0] = log.durable();
    for (int i = 1; i < matches.length; i++) {
      matches[i] = leader.followers.get(i - 1).match;
    }
    long index = Quorum.reachedByMajority(matches);
    if (index <= log.committed() || log.term(index) != term) {
      return;
    }
    for (long i = Math.max(log.committed() + 1, leader.firstIndex); i <= index; i++) {
      leader.uncommittedBytes -= log.weight(i);
    }
    log.commit(index);
  }

  /** Sends a follower what it lacks, as far as its window allows, or at least a sign of life. */
  private void replicate(Role.Leader leader, Progress progress) {
    boolean sent = false;
    switch (progress.mode) {
      case Progress.Probe probe -> {
        if (!probe.outstanding) {
          sendAppend(leader, progress, entriesFor(progress));
          probe.outstanding = true;
          sent = true;
        }
      }
      case Progress.Replicate replicate -> {
        while (progress.next <= log.last() && !replicate.window.isFull()) {
          List<Entry> entries = entriesFor(progress);
          sendAppend(leader, progress, entries);
          long weight = 0;
          for (Entry entry : entries) {
            weight += entry.weight();
          }
          progress.next += entries.size();
          replicate.window.add(progress.next - 1, weight);
          sent = true;
        }
      }
    }
    if (!sent && owesEmptyAppend(leader, progress)) {
      sendAppend(leader, progress, List.of());
    }
  }

  private boolean owesEmptyAppend(Role.Leader leader, Progress progress) {
    return progress.heartbeatDue
        || progress.sentRound < leader.reads.current()
        || (progress.mode instanceof Progress.Replicate && progress.sentCommit < log.committed());
  }

  private List<Entry> entriesFor(Progress progress) {
    return progress.next <= log.last()
        ? log.from(progress.next, config.maxAppendBytes())
        : List.of();
  }

  private void sendAppend(Role.Leader leader, Progress progress, List<Entry> entries) {
    progress.heartbeatDue = false;
    progress.sentRound = leader.reads.current();
    progress.sentCommit = log.committed();
    sendNow.add(
        new Message.AppendRequest(
            id,
            progress.id,
            term,
            log.id(progress.next - 1),
            entries,
            log.committed(),
            leader.reads.current()));
  }

  private void maybeSendTimeoutNow(Role.Leader leader, Progress progress) {
    if (leader.transferee == progress.id && progress.match == log.last()) {
      leader.leaseForfeited = true;
      sendNow.add(new Message.TimeoutNow(id, progress.id, term));
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
        answerRefused(
            new Message.ForwardRefused(id, from, term, List.of(proposal.sequence()), reason));
      }
    }
  }

  private void refuseForward(Message.Forward m, Refusal reason) {
    List<Long> sequences = m.proposals().stream().map(Proposal::sequence).toList();
    answerRefused(new Message.ForwardRefused(id, m.from(), term, sequences, reason));
  }

  private void answerRefused(Message.ForwardRefused answer) {
    if (answer.to() == id) {
      refused.add(answer);
    } else {
      sendNow.add(answer);
    }
  }

  // ---------------------------------------------------------------------------------------------
  // Linearizable reads
  // ---------------------------------------------------------------------------------------------

  private void handleReadIndexRequest(Message.ReadIndexRequest m) {
    if (role instanceof Role.Leader leader) {
      addRead(leader, m.from(), m.id());
    } else {
      sendNow.add(new Message.ReadIndexResponse(id, m.from(), term, m.id(), 0));
    }
  }

  private void handleReadIndexResponse(Message.ReadIndexResponse m) {
    if (role instanceof Role.Follower follower && follower.forwardedReads.remove(m.id())) {
      reads.add(new ReadState(m.id(), m.index() == 0 ? ReadState.FAILED : m.index()));
    }
  }

  private void addRead(Role.Leader leader, long requester, long readId) {
    if (holdsLease(leader)) {
      answerRead(new ReadRounds.Read(requester, readId), log.committed());
    } else {
      leader.reads.add(requester, readId);
    }
  }

  private boolean holdsLease(Role.Leader leader) {
    return config.leaseReads()
        && !leader.leaseForfeited
        && hasCommittedInItsTerm()
        && leader.reads.leaseHolds(nowNanos, config.leaseNanos());
  }

  /** Before that, a new leader does not know what is committed (dissertation, section 6.4). */
  private boolean hasCommittedInItsTerm() {
    return log.term(log.committed()) == term;
  }

  private void beginReadRound(Role.Leader leader) {
    if (hasCommittedInItsTerm()) {
      leader.reads.begin(log.committed(), nowNanos);
      // A cluster of one is its own majority.
      confirmReads(leader);
    }
  }

  private void confirmReads(Role.Leader leader) {
    long[] rounds = new long[leader.followers.size() + 1];
    rounds[0] = leader.reads.current();
    for (int i = 1; i < rounds.length; i++) {
      rounds[i] = leader.followers.get(i - 1).confirmedRound;
    }
    for (ReadRounds.Confirmed confirmed :
        leader.reads.confirmed(Quorum.reachedByMajority(rounds))) {
      answerRead(confirmed.read(), confirmed.index());
    }
  }

  /** Answers a read with its index, or with 0 if it failed. */
  private void answerRead(ReadRounds.Read read, long index) {
    if (read.requester() == id) {
      reads.add(new ReadState(read.id(), index == 0 ? ReadState.FAILED : index));
    } else {
      sendNow.add(new Message.ReadIndexResponse(id, read.requester(), term, read.id(), index));
    }
  }

  // ---------------------------------------------------------------------------------------------
  // Outputs
  // ---------------------------------------------------------------------------------------------

  /** Whether {@link #ready()} would return anything to do. */
  public boolean hasReady() {
    return !sendNow.isEmpty()
        || !sendAfterPersist.isEmpty()
        || !reads.isEmpty()
        || !refused.isEmpty()
        || hardStateChanged()
        || log.hasUnwritten()
        || (log.hasUnapplied() && !unapplied.isFull())
        || (role instanceof Role.Leader leader && owesFollowers(leader));
  }

  private boolean owesFollowers(Role.Leader leader) {
    if (leader.reads.hasWaiting() && hasCommittedInItsTerm()) {
      return true;
    }
    for (Progress progress : leader.followers) {
      boolean canSendEntries =
          switch (progress.mode) {
            case Progress.Probe probe -> !probe.outstanding;
            case Progress.Replicate replicate ->
                progress.next <= log.last() && !replicate.window.isFull();
          };
      if (canSendEntries || owesEmptyAppend(leader, progress)) {
        return true;
      }
    }
    return false;
  }

  private boolean hardStateChanged() {
    return term != handedOut.term() || vote != handedOut.vote();
  }

  /** Takes out all there is to do now. May be called again before it is done. */
  public Ready ready() {
    if (role instanceof Role.Leader leader) {
      if (leader.reads.hasWaiting()) {
        beginReadRound(leader);
      }
      for (Progress progress : leader.followers) {
        replicate(leader, progress);
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
    if (!unapplied.isFull()) {
      apply = log.takeUnapplied(config.maxApplyBytes());
      unapplied.add(apply);
    }
    Ready ready =
        new Ready(sendNow, hardState, append, sendAfterPersist, receipt, apply, reads, refused);
    sendNow = new ArrayList<>();
    sendAfterPersist = new ArrayList<>();
    reads = new ArrayList<>();
    refused = new ArrayList<>();
    checkInvariants();
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

  /** Whether this node leads the current term, as far as it knows. */
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

  /** A picture of the whole state. */
  public RaftStatus status() {
    long uncommittedBytes = 0;
    int pendingReads = 0;
    long transferee = 0;
    List<RaftStatus.FollowerStatus> followers = List.of();
    if (role instanceof Role.Leader leader) {
      uncommittedBytes = leader.uncommittedBytes;
      pendingReads = leader.reads.size();
      transferee = leader.transferee;
      followers = new ArrayList<>(leader.followers.size());
      for (Progress progress : leader.followers) {
        followers.add(followerStatus(progress));
      }
    }
    return new RaftStatus(
        id,
        term,
        vote,
        role.kind(),
        leader(),
        log.lastId(),
        log.durable(),
        log.committed(),
        log.applied(),
        uncommittedBytes,
        pendingReads,
        transferee,
        followers);
  }

  private static RaftStatus.FollowerStatus followerStatus(Progress progress) {
    InflightWindow window =
        progress.mode instanceof Progress.Replicate replicate ? replicate.window : null;
    return new RaftStatus.FollowerStatus(
        progress.id,
        progress.match,
        progress.next,
        window == null,
        window == null ? 0 : window.count(),
        window == null ? 0 : window.bytes(),
        progress.recentlyActive);
  }

  private void checkInvariants() {
    RaftStatus now = status();
    RaftInvariants.checkState(now);
    RaftInvariants.checkTransition(lastChecked, now);
    lastChecked = now;
  }
}
