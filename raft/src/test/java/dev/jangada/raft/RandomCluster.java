package dev.jangada.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.stream.LongStream;

/**
 * A cluster in which everything that may go wrong does, decided by one seed: messages are lost,
 * repeated and overtaken; links are cut in one direction or both; disks write late and report
 * later; nodes crash, lose what was not durable, pause, and come back. After every step it checks
 * what Raft promises (paper, Figure 3), and at the end, with all faults gone, that work goes on.
 */
final class RandomCluster {
  private static final int ELECTION_TICKS = 10;
  private static final int MAX_NODES = 9;
  private static final long TICK_NANOS = 10_000_000;

  private record Place(long index, long term) {}

  private record Link(long from, long to) {}

  private record Before(long term, Entry entry) {}

  private final Random random;
  private final List<RandomNode> nodes = new ArrayList<>();
  private final List<Message> network = new ArrayList<>();
  private final List<Runnable> later = new ArrayList<>();
  private final Set<Link> cut = new HashSet<>();
  private boolean faulty = true;
  private final int lossPercent;
  private final int diskPercent;
  private final int crashPermille;
  private final int cutPermille;
  private final int tickPermille;

  /** Nobody says where a clock begins. */
  private long nowNanos;

  private long sequence;

  // What has been seen, over all lives of all nodes.
  private final Map<Long, Long> leaders = new HashMap<>();
  private final Map<Place, Before> entries = new HashMap<>();
  private final List<Entry> committed = new ArrayList<>();
  private final Set<Long> committedSequences = new HashSet<>();
  private final Set<Long> refused = new HashSet<>();
  int snapshotsSent;
  int snapshotsInstalled;
  private final int compactPermille;
  private final int changePermille;
  private final boolean isDefended;
  private final BiFunction<Long, Membership, RaftConfig> newConfig;

  /** Those that are committed, and the first one. */
  private final List<Configuration> configurations = new ArrayList<>();

  int changes;
  int jointConfigurations;
  private final Map<Long, Long> pendingReads = new HashMap<>();
  int readsServed;

  RandomCluster(long seed) {
    random = new Random(seed);
    nowNanos = random.nextInt(-1000, 1000) * TICK_NANOS;
    // Where the members change a lot, the rest is quieter: otherwise few changes come to an end.
    boolean isRestless = random.nextInt(3) == 0;
    lossPercent = random.nextInt(isRestless ? 2 : 4) * 5;
    diskPercent = 20 + random.nextInt(80);
    crashPermille = random.nextInt(isRestless ? 2 : 4);
    cutPermille = random.nextInt(isRestless ? 2 : 4);
    tickPermille = 5 + random.nextInt(60);
    compactPermille = random.nextInt(100);
    changePermille = isRestless ? 300 : random.nextInt(2) * 100;
    int size = 1 + random.nextInt(5);
    Membership initial = Membership.ofVoters(LongStream.rangeClosed(1, size).boxed().toList());
    configurations.add(new Configuration(0, initial));
    boolean checkQuorum = random.nextInt(4) > 0;
    boolean leases = checkQuorum && random.nextBoolean();
    boolean preVote = random.nextInt(3) > 0;
    isDefended = preVote || checkQuorum;
    boolean noop = random.nextInt(4) > 0;
    int inflight = 1 + random.nextInt(5);
    long appendBytes = 1L + random.nextInt(400);
    long cachedBytes = 1L + random.nextInt(1000);
    newConfig =
        (id, membership) -> {
          RaftConfig.Builder config =
              RaftConfig.builder(id, membership)
                  .electionTimeoutTicks(ELECTION_TICKS)
                  .heartbeatTicks(1 + random.nextInt(3))
                  .preVote(preVote)
                  .checkQuorum(checkQuorum)
                  .noop(noop)
                  .maxInflightAppends(inflight)
                  .maxAppendBytes(appendBytes)
                  .maxCachedBytes(cachedBytes)
                  .maxUnappliedBytes(300)
                  .maxUncommittedBytes(2000);
          if (leases) {
            // A follower's first tick may come at once after it heard from the leader.
            config.leaseReads((ELECTION_TICKS - 2) * TICK_NANOS);
          }
          return config.build();
        };
    for (long id : initial.voters()) {
      nodes.add(new RandomNode(newConfig.apply(id, initial), random, this));
    }
  }

  long nowNanos() {
    return nowNanos;
  }

  int committed() {
    return committed.size();
  }

  int terms() {
    return leaders.size();
  }

  // ---------------------------------------------------------------------------------------------
  // What happens
  // ---------------------------------------------------------------------------------------------

  void run(int steps) {
    for (int i = 0; i < steps; i++) {
      step();
      check();
    }
  }

  private void step() {
    RandomNode node = nodes.get(random.nextInt(nodes.size()));
    if (node.raft == null && random.nextInt(100) == 0) {
      node.restart();
    }
    int what = random.nextInt(1000);
    if (what < tickPermille) {
      passTime();
    } else if (what < 100) {
      request(node);
    } else if (what < 100 + crashPermille) {
      node.crash();
    } else if (what < 100 + crashPermille + cutPermille) {
      cutLinks(node);
    } else if (what < 120 + compactPermille) {
      node.compact();
    } else if (what < 450) {
      deliver();
    } else if (what < 700) {
      node.drain();
    } else if (what < 930) {
      if (random.nextInt(100) < diskPercent) {
        boolean busy = random.nextBoolean() ? node.write() : node.report();
        assertThat(busy).isIn(true, false);
      }
    } else if (random.nextInt(4) == 0) {
      assertThat(node.store()).isIn(true, false);
    } else if (!node.apply() && node.install()) {
      snapshotsInstalled++;
    }
  }

  /** A leader is asked for a snapshot: one chunk, of what it has applied or had a while ago. */
  void snapshotWanted(RandomNode leader, long peer) {
    Raft core = leader.raft;
    if (core != null) {
      RaftStatus status = core.status();
      long oldest = status.applied() - status.base().index();
      long age = random.nextBoolean() ? 0 : random.nextLong(oldest + 1);
      SnapshotMetadata snapshot = core.snapshotMetadata(status.applied() - age);
      Configuration inForce = new Configurations(configurations).at(snapshot.last().index());
      assertThat(snapshot.membership())
          .as("the members that node %s tells in its snapshot %s", leader.id, snapshot.last())
          .isEqualTo(inForce == null ? null : inForce.membership());
      send(
          new Message.SnapshotChunk(
              leader.id,
              peer,
              core.term(),
              snapshot.last(),
              snapshot.membership(),
              1,
              0,
              new byte[1]));
      snapshotsSent++;
      // That it is lost may be told long before it arrives after all.
      boolean ok = random.nextBoolean();
      later.add(() -> leader.feed(raft -> raft.snapshotSent(peer, ok)));
    }
  }

  void snapshotMessage(RandomNode node, Message message) {
    if (message instanceof Message.SnapshotChunk chunk) {
      node.receive(new SnapshotMetadata(chunk.last(), chunk.membership()));
    }
  }

  /** What a snapshot is made of. */
  List<Entry> committedUpTo(EntryId last) {
    List<Entry> covered = committed.subList(0, (int) last.index());
    assertThat(covered.getLast().id()).as("what a snapshot ends with").isEqualTo(last);
    return covered;
  }

  private void passTime() {
    nowNanos += TICK_NANOS;
    List<Runnable> due = List.copyOf(later);
    later.clear();
    due.forEach(Runnable::run);
    for (RandomNode node : nodes) {
      // A node may pause and lose ticks; it never has more than time has passed.
      if (!faulty || random.nextInt(10) > 0) {
        node.feed(Raft::tick);
      }
    }
  }

  private void request(RandomNode node) {
    int what = random.nextInt(100);
    if (random.nextInt(1000) < changePermille) {
      change(node);
    } else if (what < 40) {
      propose(node);
    } else if (what < 55) {
      node.feed(raft -> raft.forward(List.of(proposal(node), proposal(node))));
    } else if (what < 95) {
      read(node);
    } else if (what < 98) {
      long to = 1L + random.nextInt(nodes.size());
      node.feed(raft -> assertThat(raft.transferLeadership(to)).isIn(true, false));
    } else {
      node.feed(Raft::campaign);
    }
  }

  private Proposal proposal(RandomNode node) {
    return new Proposal(node.id, ++sequence, new byte[random.nextInt(40)]);
  }

  /** Asks for one to three changes at once, to old and new nodes. */
  private void change(RandomNode asked) {
    // Everybody else refuses.
    RandomNode node = nodes.stream().filter(RandomNode::leads).findFirst().orElse(asked);
    List<MembershipChange> wanted = new ArrayList<>();
    List<Long> added = new ArrayList<>();
    for (int count = 1 + random.nextInt(3) * random.nextInt(2); count > 0; count--) {
      long any = 1L + random.nextInt(nodes.size());
      long next = nodes.size() + added.size() + 1L;
      int what = next <= MAX_NODES ? random.nextInt(6) : 3 + random.nextInt(3);
      switch (what) {
        case 0 -> wanted.add(new MembershipChange.AddVoter(next, "a" + next));
        case 1, 2 -> wanted.add(new MembershipChange.AddLearner(next, "a" + next, what == 1));
        case 3 -> wanted.add(new MembershipChange.Remove(any));
        case 4 -> wanted.add(new MembershipChange.Promote(any));
        default -> wanted.add(new MembershipChange.Demote(any));
      }
      if (what < 3) {
        added.add(next);
      }
    }
    node.feed(raft -> {
      if (raft.changeMembership(wanted) instanceof ChangeResult.Accepted) {
        assertThat(raft.status().committed())
            .as("one at a time")
            .isLessThan(raft.status().last().index());
        for (long id : added) {
          nodes.add(new RandomNode(newConfig.apply(id, Membership.NONE), random, this));
        }
      }
    });
  }

  private void propose(RandomNode node) {
    Proposal proposal = proposal(node);
    node.feed(raft -> {
      if (raft.propose(proposal) instanceof ProposeResult.Refused) {
        refused(proposal.sequence());
      }
    });
  }

  private void read(RandomNode node) {
    if (node.raft != null) {
      long readId = ++sequence;
      pendingReads.put(readId, (long) committed.size());
      node.feed(raft -> raft.readIndex(readId));
    }
  }

  private void cutLinks(RandomNode node) {
    if (random.nextInt(3) == 0) {
      cut.clear();
      return;
    }
    for (RandomNode other : nodes) {
      if (random.nextBoolean()) {
        cut.add(new Link(node.id, other.id));
      }
      if (random.nextBoolean()) {
        cut.add(new Link(other.id, node.id));
      }
    }
  }

  void send(Message message) {
    if (network.size() < 300) {
      network.add(message);
    }
  }

  private void deliver() {
    if (network.isEmpty()) {
      return;
    }
    int position = faulty ? random.nextInt(Math.min(network.size(), 8)) : 0;
    Message message = network.remove(position);
    if (faulty && cut.contains(new Link(message.from(), message.to()))) {
      return;
    }
    if (faulty && random.nextInt(100) < lossPercent) {
      return;
    }
    if (faulty && random.nextInt(100) < 5 && !(message instanceof Message.Forward)) {
      network.add(message);
    }
    nodes.get((int) message.to() - 1).feed(raft -> raft.step(message));
  }

  /**
   * Ends all faults and demands progress: a leader, a write on every node, a read on every node.
   */
  void heal() {
    faulty = false;
    cut.clear();
    for (RandomNode node : nodes) {
      if (node.raft == null) {
        node.restart();
      }
    }
    nodes.forEach(RandomNode::compact);
    int goal = committed.size() + 3;
    for (int round = 0; round < 500; round++) {
      silenceStrangers();
      passTime();
      nodes.forEach(this::propose);
      settle();
      if (!isChanging() && members().stream().allMatch(node -> node.applied() >= goal)) {
        readEverywhere();
        return;
      }
    }
    throw new AssertionError("no progress after all faults are gone: " + describe());
  }

  /**
   * Without pre-votes, and without loyalty to a leader, nothing keeps a node from disturbing that
   * was about to be added by a change that came to nothing, or that was removed and does not know:
   * whoever configures it so has to switch such nodes off.
   */
  private void silenceStrangers() {
    if (!isDefended) {
      Set<Long> known = new HashSet<>(configurations.getLast().membership().ids());
      for (RandomNode member : members()) {
        if (member.raft != null) {
          known.addAll(member.raft.membership().ids());
        }
      }
      for (RandomNode node : nodes) {
        if (!known.contains(node.id)) {
          node.crash();
        } else if (node.raft == null) {
          node.restart();
        }
      }
    }
  }

  /** The members as of the last configuration that is committed. */
  private List<RandomNode> members() {
    Membership last = configurations.getLast().membership();
    return nodes.stream().filter(node -> last.member(node.id) != null).toList();
  }

  /** Whether there is a joint configuration, or one that is not committed, at a member. */
  private boolean isChanging() {
    return configurations.getLast().membership().isJoint()
        || members().stream()
            .anyMatch(node ->
                node.raft != null
                    && !node.raft.membership().equals(configurations.getLast().membership()));
  }

  private void readEverywhere() {
    for (int attempt = 0; attempt < 100; attempt++) {
      int before = readsServed;
      pendingReads.clear();
      silenceStrangers();
      members().forEach(this::read);
      settle();
      if (readsServed - before == members().size()) {
        return;
      }
      passTime();
      // Without a no-op, a new leader serves no read before a command.
      nodes.forEach(this::propose);
      settle();
    }
    throw new AssertionError("reads are not served after all faults are gone: " + describe());
  }

  private void settle() {
    boolean busy = true;
    while (busy) {
      busy = !network.isEmpty();
      deliver();
      for (RandomNode node : nodes) {
        busy |= node.drain();
        busy |= node.write();
        busy |= node.report();
        busy |= node.apply();
        busy |= node.store();
        busy |= node.install();
      }
      check();
    }
  }

  private String describe() {
    StringBuilder text = new StringBuilder();
    for (RandomNode node : nodes) {
      text.append('\n').append(node.raft == null ? node.id + " is down" : node.raft.status());
    }
    return text.toString();
  }

  // ---------------------------------------------------------------------------------------------
  // What must hold
  // ---------------------------------------------------------------------------------------------

  /** Log Matching: an entry's place and term decide what it is and which term stands before it. */
  void appended(Entry entry, List<Entry> log) {
    int index = (int) entry.index();
    Before now = new Before(index == 1 ? 0 : log.get(index - 2).term(), entry);
    Before seen = entries.putIfAbsent(new Place(entry.index(), entry.term()), now);
    if (seen != null) {
      assertThat(now).as("log matching at %s", entry.id()).isEqualTo(seen);
    }
  }

  /** State Machine Safety. */
  void applied(Entry entry) {
    assertThat(entry.index()).as("applied and committed").isLessThanOrEqualTo(committed.size());
    assertThat(entry).as("state machine safety").isEqualTo(committed.get((int) entry.index() - 1));
  }

  void refused(long refusedSequence) {
    refused.add(refusedSequence);
    assertThat(committedSequences).as("refused").doesNotContain(refusedSequence);
  }

  void readAnswered(long node, ReadState read) {
    Long known = pendingReads.remove(read.id());
    if (!faulty && known == null) {
      return; // asked before the faults ended
    }
    assertThat(known).as("read %s of node %s is answered once", read.id(), node).isNotNull();
    if (known != null && read.index() != ReadState.FAILED) {
      readsServed++;
      assertThat(read.index())
          .as("read %s of node %s sees what was committed before it", read.id(), node)
          .isGreaterThanOrEqualTo(known);
    }
  }

  private void check() {
    for (RandomNode node : nodes) {
      Raft raft = node.raft;
      if (raft != null && raft.isLeader()) {
        checkLeader(node, raft.term());
      }
      // Otherwise the core has changed its log and said so to nobody yet.
      if (raft != null && raft.status().last().equals(node.last())) {
        checkCommitted(node, raft.committed());
      }
    }
  }

  /** Those that were in force at the leader that committed an entry: at the entry or after it. */
  private List<Membership> possibleConfigurations(RandomNode node, long index) {
    Configurations all = new Configurations();
    all.appended(0, configurations.getFirst().membership());
    for (Entry entry : node.view) {
      if (entry.type() == EntryType.CONFIGURATION) {
        all.appended(entry.index(), entry.membership());
      }
    }
    all.compactedTo(index);
    return all.all().stream().map(Configuration::membership).toList();
  }

  /** Election Safety and Leader Completeness. */
  private void checkLeader(RandomNode node, long term) {
    Long first = leaders.putIfAbsent(term, node.id);
    if (first != null) {
      assertThat(node.id).as("election safety in term %s", term).isEqualTo(first);
      return;
    }
    for (Entry entry : committed) {
      assertThat(node.view.size())
          .as("leader completeness in term %s", term)
          .isGreaterThanOrEqualTo((int) entry.index());
      assertThat(node.view.get((int) entry.index() - 1))
          .as("leader completeness in term %s", term)
          .isEqualTo(entry);
    }
  }

  /** What one node calls committed is on a majority of disks, and the same for all. */
  void checkCommitted(RandomNode node, long index) {
    int seen = (int) Math.min(index, node.view.size());
    for (int i = committed.size(); i < seen; i++) {
      Entry entry = node.view.get(i);
      int position = i;
      Set<Long> copies = new HashSet<>();
      for (RandomNode other : nodes) {
        if (other.disk.size() > position && other.disk.get(position).equals(entry)) {
          copies.add(other.id);
        }
      }
      assertThat(possibleConfigurations(node, position + 1L))
          .as("%s calls %s committed, durable on %s", node.id, entry, copies)
          .anyMatch(membership ->
              new VoterSets(membership).outcome(copies, Set.of()) == Quorum.Outcome.WON);
      committed.add(entry);
      if (entry.type() == EntryType.CONFIGURATION) {
        configurations.add(new Configuration(entry.index(), entry.membership()));
        changes++;
        jointConfigurations += entry.membership().isJoint() ? 1 : 0;
      }
      if (entry.type() == EntryType.COMMAND) {
        assertThat(committedSequences.add(entry.sequence()))
            .as("%s is committed once", entry)
            .isTrue();
        assertThat(refused).as("refused and yet committed").doesNotContain(entry.sequence());
      }
    }
    for (int i = Math.max(0, seen - 3); i < seen; i++) {
      assertThat(node.view.get(i)).as("committed").isEqualTo(committed.get(i));
    }
  }
}
