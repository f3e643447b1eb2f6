package dev.jangada.node;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.jangada.node.request.StartResult;
import dev.jangada.node.transport.TestPorts;
import dev.jangada.raft.Entry;
import dev.jangada.raft.EntryType;
import dev.jangada.raft.StateMachine;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The example of the README, as it stands there, on three nodes and real sockets. */
@Timeout(300)
class ReadmeExampleTest {

  /** A replicated counter: adds the number that a command holds, and answers with the sum. */
  static final class Counter implements StateMachine {
    private long sum;

    @Override
    public long appliedIndex() {
      return 0; // kept in memory only: a restarted node applies its log from the beginning
    }

    @Override
    public List<byte[]> apply(List<Entry> entries) {
      return entries.stream().map(this::apply).toList();
    }

    private byte[] apply(Entry entry) {
      if (entry.type() == EntryType.COMMAND) {
        sum += ByteBuffer.wrap(entry.data()).getLong();
      }
      return ByteBuffer.allocate(Long.BYTES).putLong(0, sum).array();
    }
  }

  @Test
  void threeNodesCount(@TempDir Path directory) throws Exception {
    List<Peer> peers = peers();
    try (RaftNode n1 = startNode("n1", peers, directory.resolve("n1"));
        RaftNode n2 = startNode("n2", peers, directory.resolve("n2"));
        RaftNode n3 = startNode("n3", peers, directory.resolve("n3"))) {
      byte[] five = ByteBuffer.allocate(Long.BYTES).putLong(0, 5).array();

      n1.submit(five).get(20, SECONDS);
      n2.submit(five).get(20, SECONDS);
      // On any node, and answered by that node's own state machine.
      byte[] sum = n3.submit(five).get(20, SECONDS);
      // From here on, reading the state of n1 is linearizable.
      n1.readIndex().get(20, SECONDS);
      // Or without waiting: the index, the term, and whether n2 leads at all.
      StartResult started = n2.start(five);

      assertThat(ByteBuffer.wrap(sum).getLong()).isEqualTo(15);
      assertThat(started.term()).isPositive();
    }
  }

  private static RaftNode startNode(String id, List<Peer> peers, Path directory) throws Exception {
    return RaftNode.builder()
        .id(id)
        .peers(peers)
        .dataDirectory(directory)
        .stateMachine(new Counter())
        .start();
  }

  /** Three peers at free ports of this machine. */
  private static List<Peer> peers() throws Exception {
    List<Integer> ports = TestPorts.free(3);
    return List.of(
        new Peer("n1", "localhost", ports.get(0)),
        new Peer("n2", "localhost", ports.get(1)),
        new Peer("n3", "localhost", ports.get(2)));
  }
}
