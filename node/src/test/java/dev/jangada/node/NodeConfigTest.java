package dev.jangada.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.jangada.raft.RaftConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NodeConfigTest {
  private static final List<Peer> PEERS =
      List.of(new Peer("n1", "h1", 1), new Peer("n2", "h2", 2), new Peer("n3", "h3", 3));

  @TempDir Path directory;

  @Test
  void aTickIsATenthOfTheHeartbeatButNotLessThanAMillisecond() {
    assertThat(config(100, 500).tickInterval()).isEqualTo(Duration.ofMillis(10));
    assertThat(config(5, 50).tickInterval()).isEqualTo(Duration.ofMillis(1));
  }

  @Test
  void theCoreGetsTheTimesInTicks() {
    RaftConfig usual = config(100, 500).raftConfig();
    assertThat(usual.heartbeatTicks()).isEqualTo(10);
    assertThat(usual.electionTimeoutTicks()).isEqualTo(50);
    RaftConfig quick = config(5, 50).raftConfig();
    assertThat(quick.heartbeatTicks()).isEqualTo(5);
    assertThat(quick.electionTimeoutTicks()).isEqualTo(50);
  }

  @Test
  void aTimeoutIsNeverShorterThanAsked() {
    NodeConfig config = config(100, 500);

    assertThat(config.ticks(Duration.ofNanos(1))).isEqualTo(2);
    assertThat(config.ticks(Duration.ofMillis(10))).isEqualTo(2);
    assertThat(config.ticks(Duration.ofMillis(11))).isEqualTo(3);
    assertThat(config.ticks(Duration.ofSeconds(Long.MAX_VALUE))).isPositive();
  }

  @Test
  void memberIdsDependOnClusterAndNameAndAreTheSameEverywhere() {
    assertThat(MemberId.of("c", "n1")).isEqualTo(0x1ab9a7bbbcb74307L);
    assertThat(List.of(MemberId.of("c", "n2"), MemberId.of("d", "n1"), MemberId.ofCluster("c")))
        .doesNotHaveDuplicates()
        .doesNotContain(0L, MemberId.of("c", "n1"));
    // The parts are told apart.
    assertThat(MemberId.of("ab", "c")).isNotEqualTo(MemberId.of("a", "bc"));
  }

  @Test
  void aNodeThatIsNoPeerIsRefused() {
    assertRefused(builder().id("n4"), "do not contain this node, \"n4\"");
  }

  @Test
  void aPeerThatIsNamedTwiceIsRefused() {
    assertRefused(
        builder().peers(List.of(PEERS.get(0), new Peer("n1", "elsewhere", 9))),
        "peers name \"n1\" twice");
  }

  @Test
  void anElectionTimeoutOfLessThanTwoHeartbeatsIsRefused() {
    assertRefused(builder().heartbeatInterval(Duration.ofMillis(300)), "must be at least twice");
  }

  @Test
  void aHeartbeatOfLessThanAMillisecondIsRefused() {
    assertRefused(builder().heartbeatInterval(Duration.ofNanos(10)), "at least 1 ms");
  }

  @Test
  void leaseReadsWithoutCheckQuorumAreRefused() {
    assertRefused(builder().leaseReads(true).checkQuorum(false), "leaseReads needs checkQuorum");
  }

  @Test
  void pendingBytesWithoutRoomForOneCommandAreRefused() {
    assertRefused(builder().maxPendingBytes(1 << 20), "must have room for one command");
  }

  @Test
  void whatIsMissingIsNamed() {
    assertRefused(RaftNode.builder(), "id is not set");
    assertRefused(RaftNode.builder().id("n1"), "peers is empty");
    assertRefused(RaftNode.builder().id("n1").peers(PEERS), "stateMachine is not set");
    assertRefused(
        RaftNode.builder().id("n1").peers(PEERS).stateMachine(new RecordingMachine()),
        "dataDirectory is not set");
  }

  private RaftNodeBuilder builder() {
    return RaftNode.builder()
        .id("n1")
        .peers(PEERS)
        .dataDirectory(directory)
        .stateMachine(new RecordingMachine());
  }

  private static void assertRefused(RaftNodeBuilder builder, String why) {
    assertThatIllegalArgumentException().isThrownBy(builder::start).withMessageContaining(why);
  }

  private static NodeConfig config(long heartbeatMillis, long electionMillis) {
    return new NodeConfig(
        "n1",
        "c",
        null,
        PEERS,
        "h1",
        1,
        Duration.ofMillis(heartbeatMillis),
        Duration.ofMillis(electionMillis),
        Duration.ofSeconds(6),
        true,
        true,
        false,
        true,
        1 << 20,
        64 << 20,
        64 << 20,
        100_000,
        10_000);
  }
}
