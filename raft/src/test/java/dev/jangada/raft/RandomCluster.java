package dev.jangada.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.LongStream;

/**
 * A cluster in which everything that may go wrong does, decided by one seed: messages are lost,
 * repeated and overtaken; links are cut in one direction or both; disks write late and report
 * later; nodes crash, lose what was not durable, pause, and come back. After every step it checks
 * what Raft promises (paper, Figure 3), and at the end, with all faults gone, that work goes on.
 */
final class RandomCluster {
  private static final int ELECTION_TICKS = 10;
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
  private long nowNanos = 1;
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
  private final Map<Long, Long> pendingReads = new HashMap<>();
  int readsServed;

  RandomCluster(long seed) {
    random = new Random(seed);
    lossPercent = random.nextInt(4) * 5;
    diskPercent = 20 + random.nextInt(80);
    crashPermille = random.nextInt(4);
    cutPermille = random.nextInt(4);
    tickPermille = 5 + random.nextInt(60);
    compactPermille = random.nextInt(100);
    int size = 1 + random.nextInt(5);
    List<Long> voters = LongStream.rangeClosed(1, size).boxed().toList();
    boolean checkQuorum = random.nextInt(4) > 0;
    boolean leases = checkQuorum && random.nextBoolean();
    boolean preVote = random.nextInt(3) > 0;
    boolean noop = random.nextInt(4) > 0;
    int inflight = 1 + random.nextInt(5);
    long appendBytes = 1L + random.nextInt(400);
    long cachedBytes = 1L + random.nextInt(1000);
    for (long id : voters) {
      RaftConfig.Builder config =
          RaftConfig.builder(id, voters)
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
      nodes.add(new RandomNode(config.build(), random, this));
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
    } else if (!node.apply() && node.install()) {
      snapshotsInstalled++;
    }
  }

  /** A leader is asked for a snapshot: one chunk, of what it has applied. */
  void snapshotWanted(RandomNode leader, long peer) {
    Raft core = leader.raft;
    if (core != null) {
      EntryId last = core.entryId(core.status().applied());
      send(new Message.SnapshotChunk(leader.id, peer, core.term(), last, 1, 0, new byte[1]));
      snapshotsSent++;
      // That it is lost may be told long before it arrives after all.
      boolean ok = random.nextBoolean();
      later.add(() -> leader.feed(raft -> raft.snapshotSent(peer, ok)));
    }
  }

  void snapshotMessage(RandomNode node, Message message) {
    if (message instanceof Message.SnapshotChunk chunk) {
      node.receive(chunk.last());
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
    if (what < 40) {
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
      passTime();
      nodes.forEach(this::propose);
      settle();
      if (nodes.stream().allMatch(node -> node.applied() >= goal)) {
        readEverywhere();
        return;
      }
    }
    throw new AssertionError("no progress after all faults are gone: " + describe());
  }

  private void readEverywhere() {
    for (int attempt = 0; attempt < 100; attempt++) {
      int before = readsServed;
      pendingReads.clear();
      nodes.forEach(this::read);
      settle();
      if (readsServed - before == nodes.size()) {
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
      long copies =
          nodes.stream()
              .filter(other -> other.disk.size() > position)
              .filter(other -> other.disk.get(position).equals(entry))
              .count();
      assertThat(copies)
          .as("%s calls %s committed, durable copies", node.id, entry)
          .isGreaterThanOrEqualTo(Quorum.majority(nodes.size()));
      committed.add(entry);
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
