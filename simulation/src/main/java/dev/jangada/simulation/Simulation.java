package dev.jangada.simulation;

import dev.jangada.raft.Member;
import dev.jangada.raft.Membership;
import dev.jangada.raft.RaftConfig;
import dev.jangada.raft.RaftStatus;
import dev.jangada.simulation.check.LinearizabilityChecker;
import dev.jangada.simulation.check.Operation;
import dev.jangada.simulation.check.Verdict;
import dev.jangada.simulation.trace.Trace;
import dev.jangada.simulation.trace.TraceEvent;
import dev.jangada.simulation.trace.TraceSink;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * Puts a replicated state machine through crashes, partitions and bad disks, and judges what its
 * clients saw.
 *
 * <p>A run is a function of its configuration and its seed: one thread, one queue of events in
 * virtual time, no clock. What runs in it is what runs in production, {@link
 * dev.jangada.node.driver.RaftDriver} and {@link dev.jangada.storage.WriteAheadLog}; what surrounds
 * them is simulated: threads, time, the network, the disks.
 *
 * <p>It has two phases. In the first, faults of the configured kinds happen at random while clients
 * work, and every {@link Property} is checked at every event. Then everything is healed, and every
 * node must serve again within the configured time. At the end all state machines must have the
 * same state, and the clients' history must be linearizable.
 *
 * <pre>{@code
 * new Simulation(SimulationConfig.usual(), seed, node -> new MyMachine(), new MyWorkload()).run();
 * }</pre>
 */
public final class Simulation {

  /**
   * What a run that went well was like.
   *
   * @param virtualNanos how long it took in virtual time
   * @param events how many events there were
   * @param faultsByKind how many faults of each kind were injected
   * @param refusedLogs how many times a node refused to start because its log was damaged
   * @param starts how often a node started, the first times included
   * @param terms how many terms had a leader
   * @param committed how many entries were committed
   * @param configurations how many of them changed the membership
   * @param messages how many messages were sent
   * @param asked how many requests clients made
   * @param answered how many of them were answered
   * @param snapshots what was done with snapshots
   * @param undecided whether the search for an order of the clients' history was given up
   */
  public record Report(
      long virtualNanos,
      long events,
      Map<Fault, Long> faultsByKind,
      long refusedLogs,
      long starts,
      int terms,
      long committed,
      long configurations,
      long messages,
      long asked,
      long answered,
      Snapshots snapshots,
      boolean undecided) {

    /** Keeps a copy of the faults, in the order of their kinds. */
    public Report {
      faultsByKind = Collections.unmodifiableMap(new TreeMap<>(faultsByKind));
    }

    /** How many faults were injected. */
    public long faults() {
      return faultsByKind.values().stream().mapToLong(Long::longValue).sum();
    }
  }

  /**
   * What nodes did with snapshots.
   *
   * @param saved of their own machines, stored
   * @param begun to be sent to another node
   * @param sent and received by it
   * @param resumed where an earlier attempt had got
   * @param installed in place of the receiver's state
   * @param cuts how often a log was cut
   */
  public record Snapshots(
      long saved, long begun, long sent, long resumed, long installed, long cuts) {

    /** None at all. */
    public static final Snapshots NONE = new Snapshots(0, 0, 0, 0, 0, 0);

    /** These and others. */
    public Snapshots plus(Snapshots other) {
      return new Snapshots(
          saved + other.saved,
          begun + other.begun,
          sent + other.sent,
          resumed + other.resumed,
          installed + other.installed,
          cuts + other.cuts);
    }
  }

  private final SimulationConfig config;
  private final long seed;
  private final Judge<?, ?> judge;
  private final EventQueue time = new EventQueue();
  private final Trace trace;
  private final Application application;
  private final ElectionSafety electionSafety = new ElectionSafety();
  private final CommittedNeverLost committedNeverLost;
  private final AppliedAtMostOnce effects = new AppliedAtMostOnce();
  private final List<SimulatedNode> nodes = new ArrayList<>();
  private final SimulatedNetwork network;
  private final RandomGenerator faultRandom;
  private final Watchers watchers = new Watchers();
  private List<PlannedFault> plan;
  private long healsAt;

  /** The clients, and the judgement on what they saw: what knows of their types. */
  private record Judge<I, O>(Clients<I, O> clients, Workload<I, O> workload) {

    Verdict<I, O> verdict() {
      List<Operation<I, O>> history = new ArrayList<>(clients.history().operations());
      history.addAll(workload.unasked());
      return LinearizabilityChecker.check(workload.model(), history);
    }
  }

  /** Prepares a run without a trace. */
  public <I, O> Simulation(
      SimulationConfig config, long seed, Application application, Workload<I, O> workload) {
    this(config, seed, application, workload, null);
  }

  /**
   * Prepares a run.
   *
   * @param traceTo gets everything that happens, the same for the same run; null for no trace,
   *     which is many times as fast
   */
  public <I, O> Simulation(
      SimulationConfig config,
      long seed,
      Application application,
      Workload<I, O> workload,
      @Nullable TraceSink traceTo) {
    this.config = config;
    this.seed = seed;
    this.application = application;
    SplittableRandom random = new SplittableRandom(seed);
    int computers = config.computers();
    this.trace = new Trace(time::now, traceTo);
    this.network =
        new SimulatedNetwork(time, random.split(), trace, config.network(), nodes, computers);
    Membership founders = founders(config);
    this.committedNeverLost = new CommittedNeverLost(nodes, computers, founders);
    watchers.add(
        List.of(
            new IndexChain(),
            electionSafety,
            new LeadersAreElected(computers),
            new TermsAreCampaignedFor(raftConfig(config, 1), computers),
            new FollowersAreLoyal(raftConfig(config, 1), computers),
            new LeadersAreFit(raftConfig(config, 1), computers),
            new MatchIsTrue(nodes, computers),
            new LeadersCommitTheirTerm(computers),
            new LeadersSendAtOnce(raftConfig(config, 1)),
            new LogMatching(),
            committedNeverLost,
            new ChangesAreSafe(committedNeverLost, founders, config.nodes(), computers),
            new RemovedAreIgnored(committedNeverLost, computers),
            new AppliedInOrder(),
            effects,
            new PromisesAreDurable(),
            new OneVotePerTerm(),
            new NothingGoesBack(),
            new BoundedQueues(
                raftConfig(config, 1), config.clients(), config.snapshots().windowChunks())));
    watchers.add(workload.properties());
    this.plan = PlannedFault.plan(config, seed);
    this.healsAt = config.faultyNanos();
    SimulatedNode.Environment environment =
        new SimulatedNode.Environment(time, trace, application, watchers, config);
    DiskKeepsWhatWasSynced diskProperty = new DiskKeepsWhatWasSynced();
    for (int number = 1; number <= computers; number++) {
      nodes.add(
          new SimulatedNode(
              environment,
              number,
              raftConfig(config, number),
              random.split(),
              random.split(),
              network,
              diskProperty));
    }
    this.faultRandom = random.split();
    this.judge =
        new Judge<>(
            new Clients<>(
                time, random.split(), trace, config, nodes, workload, effects, committedNeverLost),
            workload);
  }

  private static Membership founders(SimulationConfig config) {
    return Membership.ofVoters(LongStream.rangeClosed(1, config.nodes()).boxed().toList());
  }

  private static RaftConfig raftConfig(SimulationConfig config, int number) {
    SimulationConfig.RaftSettings settings = config.raft();
    Membership initial = number <= config.nodes() ? founders(config) : Membership.NONE;
    RaftConfig.Builder builder =
        RaftConfig.builder(number, initial)
            .electionTimeoutTicks(settings.electionTimeoutTicks())
            .heartbeatTicks(settings.heartbeatTicks())
            .noop(settings.noop())
            .preVote(settings.preVote())
            .checkQuorum(settings.checkQuorum());
    if (settings.leaseReads()) {
      builder.leaseReads(settings.electionTimeoutTicks() * SimulatedNode.TICK_NANOS * 9 / 10);
    }
    if (settings.smallLimits()) {
      builder
          .maxUncommittedBytes(2_000)
          .maxAppendBytes(300)
          .maxInflightAppends(3)
          .maxInflightBytes(800)
          .maxApplyBytes(300)
          .maxUnappliedBytes(600)
          .maxCachedBytes(400);
    }
    return builder.build();
  }

  /** Has more properties watched, after those that every run has. Before {@link #run}. */
  public Simulation watching(Property... more) {
    watchers.add(List.of(more));
    return this;
  }

  /** The faults that are going to happen, drawn from the seed. */
  public List<PlannedFault> plan() {
    return plan;
  }

  /**
   * Leaves out all faults but those with these numbers. Before {@link #run}.
   *
   * @throws IllegalArgumentException if there is no fault with one of them
   */
  public Simulation onlyFaults(Set<Integer> numbers) {
    for (int number : numbers) {
      if (number < 1 || number > plan.size()) {
        throw new IllegalArgumentException(
            "no fault #" + number + ": there are #1 to #" + plan.size());
      }
    }
    plan = plan.stream().filter(fault -> numbers.contains(fault.number())).toList();
    return this;
  }

  /**
   * Ends all faults earlier than configured. Before {@link #run}.
   *
   * @param nanos when, in nanoseconds of virtual time; until then the run is the same
   */
  public Simulation healingAt(long nanos) {
    healsAt = Math.min(nanos, config.faultyNanos());
    return this;
  }

  /**
   * Runs to the end. Once.
   *
   * @throws SimulationFailure if anything went wrong
   */
  public Report run() {
    FaultInjector faults =
        new FaultInjector(time, faultRandom, trace, config, plan, network, nodes, application);
    try {
      nodes.subList(0, config.nodes()).forEach(SimulatedNode::start);
      judge.clients().begin();
      faults.begin();
      runUntil(healsAt);
      faults.stopAndHeal();
      if (!config.raft().checkQuorum()) {
        switchOffRemoved();
      }
      judge.clients().expectService();
      awaitService();
      judge.clients().stop();
      watchers.calm(time.now());
      awaitRest();
      compareMachines();
      judge.clients().settle();
      watchers.ended(members());
      return report(faults, judgeHistory());
    } catch (SimulationFailure failure) {
      throw failure;
    } catch (RuntimeException | Error failure) {
      if (trace.isOn()) {
        trace.add(0, new TraceEvent.Violated(failure.toString()));
      }
      throw new SimulationFailure(seed, time.now(), failure);
    }
  }

  /**
   * Stops, now and again, the nodes that were removed. One that was not told of it campaigns, and
   * where followers do not hold on to their leader it deposes one after the other, through a voter
   * that is new and has yet to hear who was removed (dissertation, section 4.2.3). On a real
   * network the members refuse its connections, and it stops; here there are no connections.
   */
  private void switchOffRemoved() {
    Membership membership = committedNeverLost.membership();
    for (SimulatedNode node : nodes) {
      if (membership.isRemoved(node.id())) {
        node.crash("was removed");
      }
    }
    time.after(config.recoveryNanos() / 10, this::switchOffRemoved);
  }

  private void runUntil(long end) {
    while (time.step(end)) {
      // Everything happens in the events.
    }
  }

  private void awaitService() {
    long end = time.now() + config.recoveryNanos();
    while (!members().stream().allMatch(judge.clients()::wasServedBy)) {
      if (!time.step(end)) {
        throw new AssertionError(
            "no progress: after "
                + config.recoveryNanos() / 1_000_000
                + " ms without a fault, not every member serves: "
                + statuses());
      }
    }
  }

  /**
   * Lets everything under way come to its end, and every node catch up. If the leadership changed
   * after the last request, a leader that appends no entry of its own leaves those of the one
   * before as they are until it has a command: it gets some.
   */
  private void awaitRest() {
    long end = time.now() + config.recoveryNanos();
    long requestAt = time.now() + config.recoveryNanos() / 4;
    while (!judge.clients().isIdle() || !areEqual()) {
      if (!config.raft().noop() && judge.clients().isIdle() && time.now() >= requestAt) {
        judge.clients().askOnceMore();
        requestAt = time.now() + config.recoveryNanos() / 20;
      }
      if (!time.step(end)) {
        throw new AssertionError(
            "no rest: after "
                + config.recoveryNanos() / 1_000_000
                + " ms without a request, the nodes differ: "
                + statuses());
      }
    }
  }

  /** Those that belong to the cluster, by the last configuration that is committed. */
  private List<SimulatedNode> members() {
    Membership membership = committedNeverLost.membership();
    return nodes.stream().filter(node -> membership.member(node.id()) != null).toList();
  }

  private boolean areEqual() {
    for (Member member : committedNeverLost.membership().members()) {
      if (member.standing().isTransitional() || member.standing() == Member.Standing.STAGING) {
        return false; // The leader has yet to do something about it.
      }
    }
    for (SimulatedNode node : members()) {
      RaftStatus status = node.status();
      if (status == null
          || status.applied() != committedNeverLost.size()
          || (config.raft().noop() && !application.isAtRest(node.number()))
          || status.last().index() != status.applied()) {
        return false;
      }
    }
    return true;
  }

  private List<@Nullable RaftStatus> statuses() {
    List<@Nullable RaftStatus> statuses = new ArrayList<>();
    nodes.forEach(node -> statuses.add(node.status()));
    return statuses;
  }

  private void compareMachines() {
    List<SimulatedNode> members = members();
    String first = application.digest(members.getFirst().number());
    for (SimulatedNode node : members) {
      String other = application.digest(node.number());
      if (!other.equals(first)) {
        throw new AssertionError(
            members.getFirst().name()
                + " and "
                + node.name()
                + " applied the same entries and have different states: "
                + first
                + " and "
                + other);
      }
    }
  }

  private boolean judgeHistory() {
    Verdict<?, ?> verdict = judge.verdict();
    if (verdict instanceof Verdict.Violation<?, ?>) {
      throw new AssertionError(verdict.toString());
    }
    return !verdict.isLinearizable();
  }

  private Report report(FaultInjector faults, boolean undecided) {
    return new Report(
        time.now(),
        time.executed(),
        faults.injected(),
        faults.refusedRottenLogs(),
        nodes.stream().mapToLong(SimulatedNode::starts).sum(),
        electionSafety.elections(),
        committedNeverLost.size(),
        committedNeverLost.changes(),
        network.sent(),
        judge.clients().asked(),
        judge.clients().answered(),
        nodes.stream()
            .map(node -> node.snapshots().report())
            .reduce(Snapshots.NONE, Snapshots::plus),
        undecided);
  }
}
