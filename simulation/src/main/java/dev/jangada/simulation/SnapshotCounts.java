package dev.jangada.simulation;

import dev.jangada.raft.Message;
import java.util.Map;
import java.util.TreeMap;

/** What has been done with snapshots on a node, in all its lives. */
final class SnapshotCounts {

  /** Snapshots of its own machine that it has stored. */
  long saved;

  /** Snapshots that it has begun to send to another node. */
  long begun;

  /** Snapshots that another node has received from it. */
  long sent;

  /** Snapshots whose sending went on where an earlier attempt had got. */
  long resumed;

  /** Snapshots of another node that have replaced the state of its machine. */
  long installed;

  /** Times that its log was cut. */
  long cuts;

  /** By receiver: where the piece after the first one begins if nothing was there before. */
  private final Map<Long, Long> afterFirst = new TreeMap<>();

  Simulation.Snapshots report() {
    return new Simulation.Snapshots(saved, begun, sent, resumed, installed, cuts);
  }

  void begun(long to) {
    begun++;
    afterFirst.put(to, -1L);
  }

  void sending(Message.SnapshotChunk chunk) {
    Long expected = afterFirst.get(chunk.to());
    if (expected == null) {
      return;
    }
    if (chunk.offset() == 0) {
      afterFirst.put(chunk.to(), (long) chunk.data().length);
    } else {
      afterFirst.remove(chunk.to());
      if (chunk.offset() != expected) {
        resumed++;
      }
    }
  }
}
