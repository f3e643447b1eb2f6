package dev.jangada.simulation;

import dev.jangada.node.request.Outcome;
import dev.jangada.node.request.RaftException;
import dev.jangada.raft.Membership;
import dev.jangada.raft.MembershipChange;
import dev.jangada.raft.RaftStatus;
import dev.jangada.simulation.trace.Trace;
import dev.jangada.simulation.trace.TraceEvent;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;

/** Makes things go wrong as planned, one fault upon the other, until it is stopped. */
final class FaultInjector {

  /** How long a trace says that something lasts which only happens: its smallest step. */
  private static final long MOMENT_NANOS = 1_000;

  private static final Outcome.Transfer NOBODY =
      new Outcome.Transfer() {
        @Override
        public void transferred() {}

        @Override
        public void failed(RaftException failure) {}
      };

  private static final Outcome.Change NOBODY_EITHER =
      new Outcome.Change() {
        @Override
        public void changed(Membership membership) {}

        @Override
        public void failed(RaftException failure) {}
      };

  private final EventQueue time;
  private final RandomGenerator random;
  private final Trace trace;
  private final SimulationConfig config;
  private final List<PlannedFault> plan;
  private final SimulatedNetwork network;
  private final List<SimulatedNode> nodes;
  private final Application application;
  private final Map<Fault, Long> injected = new EnumMap<>(Fault.class);
  private boolean stopped;
  private long refusedRottenLogs;

  FaultInjector(
      EventQueue time,
      RandomGenerator random,
      Trace trace,
      SimulationConfig config,
      List<PlannedFault> plan,
      SimulatedNetwork network,
      List<SimulatedNode> nodes,
      Application application) {
    this.time = time;
    this.random = random;
    this.trace = trace;
    this.config = config;
    this.plan = plan;
    this.network = network;
    this.nodes = nodes;
    this.application = application;
  }

  /** How many faults of each kind have happened. */
  Map<Fault, Long> injected() {
    return injected;
  }

  /** How often a node did not start because its log was damaged. */
  long refusedRottenLogs() {
    return refusedRottenLogs;
  }

  void begin() {
    await(0);
    nextCheckpoint();
  }

  /** Ends all faults: everything runs and is as fast as it can be. */
  void stopAndHeal() {
    stopped = true;
    if (trace.isOn()) {
      trace.add(0, new TraceEvent.FaultEnded(0));
    }
    network.heal();
    for (SimulatedNode node : nodesInUse()) {
      node.slowDisk(1);
      node.hangSyncsUntil(0);
      node.disk().setCapacity(Long.MAX_VALUE);
      node.steadyClock();
      node.resume();
      // A disk that was told to fail at a later operation forgets that, too.
      node.disk().restart();
      node.start();
      startOnceMore(node, time.now() + config.recoveryNanos() / 2);
    }
  }

  /**
   * Starts a node again that stops because of what its disk did before: what failed in the
   * preparation of a file, or during a sync that hung, comes to light later.
   */
  private void startOnceMore(SimulatedNode node, long until) {
    time.after(
        config.recoveryNanos() / 10,
        () -> {
          if (!node.isRunning()) {
            node.start();
          } else if (time.now() < until) {
            startOnceMore(node, until);
          }
        });
  }

  private void await(int next) {
    if (next < plan.size()) {
      PlannedFault planned = plan.get(next);
      time.after(
          planned.atNanos() - time.now(),
          () -> {
            if (!stopped) {
              inject(planned);
              await(next + 1);
            }
          });
    }
  }

  private void nextCheckpoint() {
    time.after(
        SimulatedNetwork.exponential(random, config.meanFaultNanos()),
        () -> {
          SimulatedNode node = anyNode();
          if (node.isRunning()) {
            application.checkpoint(node.number());
          }
          if (!stopped) {
            nextCheckpoint();
          }
        });
  }

  private void inject(PlannedFault planned) {
    Fault fault = planned.fault();
    injected.merge(fault, 1L, Long::sum);
    RandomGenerator chance = new SplittableRandom(planned.seed());
    List<SimulatedNode> inUse = nodesInUse();
    SimulatedNode node = inUse.get(chance.nextInt(inUse.size()));
    long outage = planned.lastsNanos();
    if (trace.isOn()) {
      trace.add(
          0,
          new TraceEvent.FaultBegan(
              fault.label(),
              concerned(fault, node),
              isMomentary(fault) ? MOMENT_NANOS : outage,
              "#" + planned.number()));
    }
    switch (fault) {
      case CRASH, POWER_LOSS, POWER_LOSS_WHILE_WRITING, BLACKOUT, PAUSE, CLOCK_DRIFT ->
          disturbNode(fault, node, outage, chance);
      case PARTITION,
          PARTIAL_PARTITION,
          ONE_WAY_PARTITION,
          LEADER_ISOLATION,
          CLOG,
          LOSS,
          DUPLICATION,
          DELAY ->
          disturbNetwork(fault, node, outage, chance);
      case SLOW_DISK, HANGING_SYNC, DISK_FAILURE, FULL_DISK, BIT_ROT ->
          disturbDisk(fault, node, outage, chance);
      case LEADERSHIP_TRANSFER -> {
        int leader = leader();
        if (leader != 0) {
          nodes.get(leader - 1).transferLeadership(node.id(), NOBODY);
        }
      }
      case SNAPSHOT -> node.takeSnapshot();
      case MEMBERSHIP -> changeMembership(chance);
    }
  }

  private static boolean isMomentary(Fault fault) {
    return switch (fault) {
      case LEADERSHIP_TRANSFER, SNAPSHOT, MEMBERSHIP -> true;
      default -> false;
    };
  }

  private void changeMembership(RandomGenerator chance) {
    int leader = leader();
    RaftStatus status = leader == 0 ? null : nodes.get(leader - 1).status();
    if (status == null) {
      return;
    }
    Membership now = status.membership();
    // To take a removed one in again is refused, if it is asked for.
    boolean anybody = chance.nextInt(5) == 0;
    List<Long> newcomers =
        nodes.stream()
            .map(SimulatedNode::id)
            .filter(id -> now.member(id) == null && (anybody || !now.isRemoved(id)))
            .toList();
    List<MembershipChange> changes = RandomChange.draw(chance, now, newcomers);
    if (changes.isEmpty()) {
      return;
    }
    if (trace.isOn()) {
      String all = changes.stream().map(this::inWords).collect(Collectors.joining(", "));
      trace.add(0, new TraceEvent.Note(nodes.get(leader - 1).name() + " is asked to " + all));
    }
    for (MembershipChange change : changes) {
      if (newcomers.contains(change.id())) {
        find(change.id()).start();
      }
    }
    nodes.get(leader - 1).changeMembership(changes, NOBODY_EITHER);
  }

  private String inWords(MembershipChange change) {
    String name = find(change.id()).name();
    return switch (change) {
      case MembershipChange.AddVoter add -> "add " + name + " as a voter";
      case MembershipChange.AddLearner add ->
          "add " + name + " as a learner" + (add.promote() ? " and promote it then" : "");
      case MembershipChange.Promote promote -> "promote " + name;
      case MembershipChange.Demote demote -> "demote " + name;
      case MembershipChange.Remove remove -> "remove " + name;
      case MembershipChange.Move move -> "move " + name;
      case MembershipChange.Identify identify -> "identify " + name;
    };
  }

  private SimulatedNode find(long id) {
    return nodes.stream().filter(node -> node.id() == id).findFirst().orElseThrow();
  }

  private List<SimulatedNode> nodesInUse() {
    return nodes.stream().filter(SimulatedNode::isInUse).toList();
  }

  private void disturbNode(Fault fault, SimulatedNode node, long outage, RandomGenerator chance) {
    switch (fault) {
      case CRASH -> {
        node.crash("crashes");
        startAfter(outage, node);
      }
      case POWER_LOSS -> {
        node.losePower("loses its power");
        startAfter(outage, node);
      }
      case POWER_LOSS_WHILE_WRITING -> {
        node.disk().losePowerAt(node.disk().operations() + 1 + chance.nextInt(10));
        startAfter(outage, node);
      }
      case BLACKOUT -> {
        for (SimulatedNode each : nodesInUse()) {
          each.losePower("loses its power");
          startAfter(SimulatedNetwork.exponential(chance, config.meanOutageNanos()), each);
        }
      }
      case PAUSE -> node.pause(outage);
      case CLOCK_DRIFT -> {
        // Leases are promised to hold while clocks drift apart by less than a tenth.
        double most = config.raft().leaseReads() ? 0.04 : 0.6;
        node.driftClock(1 + (chance.nextDouble() * 2 - 1) * most);
        time.after(outage, node::steadyClock);
      }
      default -> throw new AssertionError(fault);
    }
  }

  private void disturbNetwork(
      Fault fault, SimulatedNode node, long outage, RandomGenerator chance) {
    int size = nodes.size();
    switch (fault) {
      case PARTITION -> {
        int group = chance.nextInt(1 << size);
        cut(outage, (from, to) -> ((group >> (from - 1)) & 1) != ((group >> (to - 1)) & 1));
      }
      case PARTIAL_PARTITION -> {
        // Half of the pairs.
        long pairs = chance.nextLong();
        cut(
            outage,
            (from, to) ->
                ((pairs >> ((Math.min(from, to) - 1) * size + Math.max(from, to) - 1)) & 1) == 1);
      }
      case ONE_WAY_PARTITION -> {
        // A quarter of the links.
        long half = chance.nextLong();
        long links = half & chance.nextLong();
        cut(outage, (from, to) -> ((links >> ((from - 1) * size + to - 1)) & 1) == 1);
      }
      case LEADER_ISOLATION -> {
        int leader = leader();
        cut(outage, (from, to) -> from == leader || to == leader);
      }
      case CLOG -> network.clog(node.number(), 1 + chance.nextInt(size), outage);
      case LOSS -> disturb(outage, new SimulatedNetwork.Disturbance(10 + chance.nextInt(60), 0, 0));
      case DUPLICATION ->
          disturb(outage, new SimulatedNetwork.Disturbance(0, 50, 1 + chance.nextInt(20_000_000)));
      case DELAY ->
          disturb(outage, new SimulatedNetwork.Disturbance(0, 0, 1 + chance.nextInt(500_000_000)));
      default -> throw new AssertionError(fault);
    }
  }

  private void disturbDisk(Fault fault, SimulatedNode node, long outage, RandomGenerator chance) {
    switch (fault) {
      case SLOW_DISK -> {
        node.slowDisk(2 + chance.nextInt(100));
        time.after(outage, () -> node.slowDisk(1));
      }
      case HANGING_SYNC -> node.hangSyncsUntil(time.now() + outage);
      case DISK_FAILURE -> {
        node.disk().failAt(node.disk().operations() + 1 + chance.nextInt(10));
        startAfter(outage, node);
      }
      case FULL_DISK -> {
        node.disk().setCapacity(node.disk().usedBytes() + chance.nextInt(1 << 12));
        time.after(outage, () -> node.disk().setCapacity(Long.MAX_VALUE));
        startAfter(outage, node);
      }
      case BIT_ROT -> {
        if (node.refusesBitRot(chance)) {
          refusedRottenLogs++;
        }
        startAfter(outage, node);
      }
      default -> throw new AssertionError(fault);
    }
  }

  /** Whom a fault concerns, as far as that is known before it happens; empty for all. */
  private List<Long> concerned(Fault fault, SimulatedNode node) {
    return switch (fault) {
      case LEADER_ISOLATION, LEADERSHIP_TRANSFER, MEMBERSHIP -> {
        int leader = leader();
        yield leader == 0 ? List.of() : List.of(nodes.get(leader - 1).id());
      }
      case BLACKOUT, PARTITION, PARTIAL_PARTITION, ONE_WAY_PARTITION, LOSS, DUPLICATION, DELAY ->
          List.of();
      default -> List.of(node.id());
    };
  }

  private void startAfter(long nanos, SimulatedNode node) {
    time.after(
        nanos,
        () -> {
          node.start();
          if (!node.isRunning() && !stopped) {
            startAfter(config.meanOutageNanos(), node);
          }
        });
  }

  private void cut(long nanos, SimulatedNetwork.Cut cut) {
    network.add(cut);
    time.after(nanos, () -> network.remove(cut));
  }

  private void disturb(long nanos, SimulatedNetwork.Disturbance disturbance) {
    network.add(disturbance);
    time.after(nanos, () -> network.remove(disturbance));
  }

  private SimulatedNode anyNode() {
    return nodes.get(random.nextInt(nodes.size()));
  }

  /** The number of the node that leads in the highest term; 0 if none leads. */
  private int leader() {
    int leader = 0;
    long term = -1;
    for (SimulatedNode node : nodes) {
      RaftStatus status = node.status();
      if (status != null && status.leader() == node.id() && status.term() > term) {
        leader = node.number();
        term = status.term();
      }
    }
    return leader;
  }
}
