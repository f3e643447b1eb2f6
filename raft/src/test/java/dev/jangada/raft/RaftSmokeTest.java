package dev.jangada.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RaftSmokeTest {
  static class Node {
    final Raft raft;
    final List<Entry> disk = new ArrayList<>();
    final List<Entry> applied = new ArrayList<>();

    Node(long id, List<Long> voters) {
      raft =
          new Raft(
              RaftConfig.builder(id, voters).build(),
              HardState.INITIAL,
              RecoveredLog.empty((from, to, max) -> disk.subList((int) from - 1, (int) to - 1)),
              0,
              new Random(id));
    }
  }

  @Test
  void randomLossyClusterAgrees() {
    for (int seed = 0; seed < 300; seed++) {
      Random random = new Random(seed);
      List<Long> voters = List.of(1L, 2L, 3L);
      List<Node> nodes = new ArrayList<>();
      for (long id : voters) {
        nodes.add(new Node(id, voters));
      }
      ArrayDeque<Message> network = new ArrayDeque<>();
      long sequence = 0;
      int committedTotal = 0;
      for (int step = 0; step < 6000; step++) {
        boolean calm = step > 4000;
        int what = random.nextInt(20);
        Node node = nodes.get(random.nextInt(3));
        if (what == 0) {
          for (Node n : nodes) {
            if (calm || random.nextInt(10) > 0) {
              n.raft.tick();
            }
          }
        } else if (what == 1) {
          node.raft.propose(new Proposal(node.raft.id(), ++sequence, new byte[10]));
          node.raft.readIndex(sequence);
        } else if (!network.isEmpty()) {
          int skip = calm ? 0 : random.nextInt(Math.min(4, network.size()));
          for (int i = 0; i < skip; i++) {
            network.addLast(network.removeFirst());
          }
          Message m = network.removeFirst();
          if (calm || random.nextInt(100) >= 3) {
            nodes.get((int) m.to() - 1).raft.step(m);
            if (!calm && random.nextInt(100) < 3 && !(m instanceof Message.Forward)) {
              network.addLast(m);
            }
          }
        }
        for (Node n : nodes) {
          while (n.raft.hasReady()) {
            Ready ready = n.raft.ready();
            network.addAll(ready.sendNow());
            for (Entry e : ready.append()) {
              while (n.disk.size() >= e.index()) {
                n.disk.removeLast();
              }
              n.disk.add(e);
            }
            network.addAll(ready.sendAfterPersist());
            if (ready.persisted() != null) {
              n.raft.persisted(ready.persisted());
            }
            n.applied.addAll(ready.apply());
            if (!ready.apply().isEmpty()) {
              n.raft.applied(ready.apply().getLast().index());
            }
          }
        }
        committedTotal = Math.max(committedTotal, node.applied.size());
      }
      int shared = nodes.stream().mapToInt(n -> n.applied.size()).min().orElse(0);
      for (int i = 0; i < shared; i++) {
        assertThat(nodes.get(1).applied.get(i)).isEqualTo(nodes.get(0).applied.get(i));
        assertThat(nodes.get(2).applied.get(i)).isEqualTo(nodes.get(0).applied.get(i));
      }
      assertThat(shared).as("seed %s", seed).isGreaterThan(20);
    }
  }
}
