package dev.jangada.simulation;

import dev.jangada.raft.MalformedMessageException;
import dev.jangada.raft.Message;
import dev.jangada.raft.MessageCodec;
import dev.jangada.simulation.trace.Trace;
import dev.jangada.simulation.trace.TraceEvent;
import dev.jangada.simulation.trace.TraceEvent.Fate;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * Loses, delays, duplicates and reorders messages between nodes, which it carries as bytes.
 * Forwarded proposals are never duplicated: that is what {@link
 * dev.jangada.node.transport.Transport} promises.
 */
final class SimulatedNetwork {

  /** Links that carry nothing while this is in force. */
  @FunctionalInterface
  interface Cut {
    boolean blocks(int from, int to);
  }

  private final EventQueue time;
  private final RandomGenerator random;
  private final Trace trace;
  private final List<SimulatedNode> nodes;
  private final List<Cut> cuts = new ArrayList<>();

  /** By sender and receiver: until when a link holds messages back, and its last arrival. */
  private final long[][] cloggedUntil;

  private final long[][] lastArrival;
  private SimulationConfig.Network config;
  private final List<Disturbance> disturbances = new ArrayList<>();
  private long sent;

  /**
   * What the network does worse for a while.
   *
   * @param lossPercent of messages that get lost on top of the usual ones
   * @param duplicationPercent likewise of those that arrive twice
   * @param meanDelayNanos mean of an additional delay
   */
  record Disturbance(int lossPercent, int duplicationPercent, long meanDelayNanos) {}

  SimulatedNetwork(
      EventQueue time,
      RandomGenerator random,
      Trace trace,
      SimulationConfig.Network config,
      List<SimulatedNode> nodes,
      int size) {
    this.time = time;
    this.random = random;
    this.trace = trace;
    this.config = config;
    this.nodes = nodes;
    this.cloggedUntil = new long[size + 1][size + 1];
    this.lastArrival = new long[size + 1][size + 1];
  }

  long sent() {
    return sent;
  }

  void add(Cut cut) {
    cuts.add(cut);
  }

  void remove(Cut cut) {
    cuts.remove(cut);
  }

  void add(Disturbance disturbance) {
    disturbances.add(disturbance);
  }

  void remove(Disturbance disturbance) {
    disturbances.remove(disturbance);
  }

  void clog(int from, int to, long nanos) {
    cloggedUntil[from][to] = Math.max(cloggedUntil[from][to], time.now() + nanos);
  }

  /** Takes every disturbance away; what is under way still arrives when it would have. */
  void heal() {
    cuts.clear();
    disturbances.clear();
    config = SimulationConfig.Network.HEALTHY;
    for (long[] links : cloggedUntil) {
      Arrays.fill(links, 0);
    }
  }

  void send(SimulatedNode from, Message message) {
    sent++;
    SimulatedNode to = find(message.to());
    long number = trace.isOn() ? trace.add(from.id(), new TraceEvent.MessageSent(message)) : 0;
    int lossPercent = config.lossPercent();
    int duplicationPercent = config.duplicationPercent();
    for (Disturbance disturbance : disturbances) {
      lossPercent += disturbance.lossPercent();
      duplicationPercent += disturbance.duplicationPercent();
    }
    boolean lost = random.nextInt(100) < lossPercent;
    if (lost || isCut(from.number(), to.number())) {
      dropped(number, message, lost ? Fate.LOST : Fate.CUT);
      return;
    }
    ByteBuffer bytes = ByteBuffer.allocate(MessageCodec.encodedSize(message));
    MessageCodec.encode(message, bytes);
    boolean twice =
        random.nextInt(100) < duplicationPercent && !(message instanceof Message.Forward);
    for (int i = 0; i < (twice ? 2 : 1); i++) {
      time.after(delay(from.number(), to.number()), () -> deliver(from, to, bytes, number));
    }
  }

  private void deliver(SimulatedNode from, SimulatedNode to, ByteBuffer bytes, long number) {
    Message message;
    try {
      message = MessageCodec.decode(bytes.duplicate().flip());
    } catch (MalformedMessageException e) {
      throw new AssertionError("a node cannot read what another one wrote", e);
    }
    if (isCut(from.number(), to.number())) {
      dropped(number, message, Fate.CUT);
    } else if (!to.isRunning()) {
      dropped(number, message, Fate.DOWN);
    } else {
      if (trace.isOn()) {
        trace.add(to.id(), new TraceEvent.MessageDelivered(number, message));
      }
      to.receive(message);
    }
  }

  private void dropped(long number, Message message, Fate fate) {
    if (trace.isOn()) {
      trace.add(message.to(), new TraceEvent.MessageDropped(number, message, fate));
    }
  }

  private long delay(int from, int to) {
    long arrival =
        Math.max(time.now(), cloggedUntil[from][to])
            + config.minDelayNanos()
            + exponential(random, config.meanJitterNanos());
    for (Disturbance disturbance : disturbances) {
      if (disturbance.meanDelayNanos() > 0) {
        arrival += exponential(random, disturbance.meanDelayNanos());
      }
    }
    if (config.inOrder()) {
      arrival = Math.max(arrival, lastArrival[from][to] + 1);
      lastArrival[from][to] = arrival;
    }
    return arrival - time.now();
  }

  private boolean isCut(int from, int to) {
    for (Cut cut : cuts) {
      if (cut.blocks(from, to)) {
        return true;
      }
    }
    return false;
  }

  private SimulatedNode find(long id) {
    for (SimulatedNode node : nodes) {
      if (node.id() == id) {
        return node;
      }
    }
    throw new AssertionError("a message to a node that does not exist: " + id);
  }

  /** A random time with the given mean, at most twenty times as long. */
  static long exponential(RandomGenerator random, long mean) {
    return Math.min(20 * mean, (long) (-mean * Math.log(1 - random.nextDouble())));
  }
}
