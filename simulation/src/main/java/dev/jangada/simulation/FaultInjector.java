package dev.jangada.simulation;

import dev.jangada.node.Outcome;
import dev.jangada.node.RaftException;
import dev.jangada.raft.RaftStatus;
import dev.jangada.simulation.trace.Trace;
import dev.jangada.simulation.trace.TraceEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.random.RandomGenerator;

/** Makes things go wrong at random moments, one fault upon the other, until it is stopped. */
final class FaultInjector {

  private static final Outcome.Transfer NOBODY =
      new Outcome.Transfer() {
        @Override
        public void transferred() {}

        @Override
        public void failed(RaftException failure) {}
      };

  private final EventQueue time;
  private final RandomGenerator random;
  private final Trace trace;
  private final SimulationConfig config;
  private final SimulatedNetwork network;
  private final List<SimulatedNode> nodes;
  private final Application application;
  private final List<Fault> faults;
  private boolean stopped;
  private long injected;

  FaultInjector(
      EventQueue time,
      RandomGenerator random,
      Trace trace,
      SimulationConfig config,
      SimulatedNetwork network,
      List<SimulatedNode> nodes,
      Application application) {
    this.time = time;
    this.random = random;
    this.trace = trace;
    this.config = config;
    this.network = network;
    this.nodes = nodes;
    this.application = application;
    this.faults = new ArrayList<>(config.faults());
  }

  long injected() {
    return injected;
  }

  void begin() {
    if (!faults.isEmpty()) {
      nextFault();
    }
    nextCheckpoint();
  }

  /** Ends all faults: everything runs and is as fast as it can be. */
  void stopAndHeal() {
    stopped = true;
    if (trace.isOn()) {
      trace.add(0, new TraceEvent.FaultEnded(0));
    }
    network.heal();
    for (SimulatedNode node : nodes) {
      node.slowDisk(1);
      node.resume();
      // A disk that was told to fail at a later operation forgets that, too.
      node.disk().restart();
      node.start();
    }
  }

  private void nextFault() {
    time.after(
        SimulatedNetwork.exponential(random, config.meanFaultNanos()),
        () -> {
          if (!stopped) {
            inject(faults.get(random.nextInt(faults.size())));
            nextFault();
          }
        });
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

  private void inject(Fault fault) {
    injected++;
    SimulatedNode node = anyNode();
    long outage = SimulatedNetwork.exponential(random, config.meanOutageNanos());
    if (trace.isOn()) {
      String name = fault.name().toLowerCase(Locale.ROOT).replace('_', '-');
      trace.add(0, new TraceEvent.FaultBegan(name, concerned(fault, node), outage, ""));
    }
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
        node.disk().losePowerAt(node.disk().operations() + 1 + random.nextInt(10));
        startAfter(outage, node);
      }
      case BLACKOUT -> {
        for (SimulatedNode each : nodes) {
          each.losePower("loses its power");
          startAfter(SimulatedNetwork.exponential(random, config.meanOutageNanos()), each);
        }
      }
      case PAUSE -> node.pause(outage);
      case PARTITION -> {
        int group = random.nextInt(1 << nodes.size());
        cut(outage, (from, to) -> ((group >> (from - 1)) & 1) != ((group >> (to - 1)) & 1));
      }
      case LEADER_ISOLATION -> {
        int leader = leader();
        cut(outage, (from, to) -> from == leader || to == leader);
      }
      case ONE_WAY_PARTITION -> {
        // A quarter of the links.
        long half = random.nextLong();
        long links = half & random.nextLong();
        int size = nodes.size();
        cut(outage, (from, to) -> ((links >> ((from - 1) * size + to - 1)) & 1) == 1);
      }
      case CLOG -> network.clog(node.number(), anyNode().number(), outage);
      case SLOW_DISK -> {
        node.slowDisk(2 + random.nextInt(100));
        time.after(outage, () -> node.slowDisk(1));
      }
      case DISK_FAILURE -> {
        node.disk().failAt(node.disk().operations() + 1 + random.nextInt(10));
        startAfter(outage, node);
      }
      case LEADERSHIP_TRANSFER -> {
        int leader = leader();
        if (leader != 0) {
          nodes.get(leader - 1).transferLeadership(node.id(), NOBODY);
        }
      }
    }
  }

  /** Whom a fault concerns, as far as that is known before it happens; empty for all. */
  private List<Long> concerned(Fault fault, SimulatedNode node) {
    return switch (fault) {
      case CRASH, POWER_LOSS, POWER_LOSS_WHILE_WRITING, PAUSE, CLOG, SLOW_DISK, DISK_FAILURE ->
          List.of(node.id());
      case LEADER_ISOLATION, LEADERSHIP_TRANSFER -> {
        int leader = leader();
        yield leader == 0 ? List.of() : List.of(nodes.get(leader - 1).id());
      }
      case BLACKOUT, PARTITION, ONE_WAY_PARTITION -> List.of();
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
