package dev.jangada.node;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jangada.node.membership.RunningCluster;
import dev.jangada.node.request.RaftException;
import dev.jangada.node.request.StartResult;
import dev.jangada.node.transport.ConnectionSecurity;
import dev.jangada.node.transport.NettyTransport;
import dev.jangada.node.transport.TestPorts;
import dev.jangada.node.transport.Transport;
import dev.jangada.raft.ChangeRefusal;
import dev.jangada.raft.Entry;
import dev.jangada.raft.HardState;
import dev.jangada.raft.Member;
import dev.jangada.raft.Membership;
import dev.jangada.raft.MembershipChange;
import dev.jangada.raft.Proposal;
import dev.jangada.raft.RaftStatus;
import dev.jangada.raft.StateMachine;
import dev.jangada.storage.FileDisk;
import dev.jangada.storage.WalConfig;
import dev.jangada.storage.WriteAheadLog;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Nodes with real logs and real connections, whose cluster changes. */
class RaftNodeMembershipTest {
  private static final String HOST = "127.0.0.1";
  private static final long PATIENCE_SECONDS = 60;

  /** Of a member that is added. */
  private static final long FOUR = 0x4444;

  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path directory;

  private final List<Peer> peers = new ArrayList<>();
  private final Map<String, RaftNode> nodes = new TreeMap<>();
  private final Map<String, SnapshotMachine> machines = new TreeMap<>();

  @AfterEach
  void closeAll() {
    nodes.values().forEach(RaftNode::close);
  }

  @Test
  void aMemberThatIsAddedCatchesUpAndVotes() throws Exception {
    start(1);
    for (int i = 0; i < 100; i++) {
      submit("n1", "before " + i);
    }
    Peer fourth = new Peer("n4", HOST, freePort());

    change("n1", new MembershipChange.AddLearner(FOUR, fourth.address(), true));
    submit("n1", "while it is away");
    join(fourth, FOUR);
    await("n1", membership -> membership.isVoter(FOUR));
    submit("n4", "by the new one");

    assertThat(machine("n1").awaitCommands(102)).isEqualTo(machine("n4").awaitCommands(102));
    // Of two voters both are needed.
    stop("n4");
    assertThatThrownBy(() -> node("n1").submit(bytes("alone"), Duration.ofSeconds(1)).get())
        .hasCauseInstanceOf(RaftException.class);
  }

  @Test
  void anyMemberTakesAChangeAndTellsWhatTheLeaderRefuses() throws Exception {
    start(3);
    for (String name : List.of("n1", "n2", "n3")) {
      long id = MemberId.of("jangada", "added by " + name);
      Membership made = change(name, new MembershipChange.AddLearner(id, HOST + ":9", false));

      assertThat(made.member(id)).isNotNull();
      assertThatThrownBy(() -> change(name, new MembershipChange.Promote(id)))
          .cause()
          .isInstanceOfSatisfying(
              RaftException.class,
              failure ->
                  assertThat(failure.changeRefusal()).isEqualTo(ChangeRefusal.NOT_CAUGHT_UP));
      assertThat(change(name, new MembershipChange.Remove(id)).isRemoved(id)).isTrue();
    }
  }

  @Test
  void aRemovedMemberStopsAndDoesNotComeBack() throws Exception {
    start(3);
    submit("n1", "together");
    RaftNode removed = node("n3");

    change("n1", new MembershipChange.Remove(removed.memberId()));

    assertExpelled(removed, Transport.Expulsion.REMOVED);
    stop("n3");
    submit("n1", "without it");
    assertExpelled(startAgain("n3"), Transport.Expulsion.REMOVED);
  }

  @Test
  void aLeaderThatIsRemovedHandsOnAndStops() throws Exception {
    start(3);
    submit("n1", "together");
    RaftNode leader =
        nodes.values().stream()
            .filter(node -> node.status().leader() == node.memberId())
            .findFirst()
            .orElseThrow();

    Membership made =
        leader
            .changeMembership(List.of(new MembershipChange.Remove(leader.memberId())))
            .get(PATIENCE_SECONDS, TimeUnit.SECONDS);

    assertThat(made.isRemoved(leader.memberId())).isTrue();
    assertExpelled(leader, Transport.Expulsion.REMOVED);
    for (String name : List.copyOf(nodes.keySet())) {
      if (node(name) != leader) {
        submit(name, "by " + name);
      }
    }
  }

  @Test
  void aMemberThatLostItsLogIsNotTakenForTheOneItWas() throws Exception {
    start(3);
    submit("n1", "acknowledged");
    await(
        "n1",
        membership -> membership.members().stream().allMatch(member -> member.incarnation() != 0));
    stop("n3");
    delete(directory.resolve("n3"));

    RaftNode wiped = startAgain("n3");

    assertExpelled(wiped, Transport.Expulsion.LOST_LOG);
    assertThat(machine("n3").commands()).isEmpty();
    submit("n1", "by the others");
  }

  @Test
  void aMemberThatMovesIsFoundAtItsNewAddress() throws Exception {
    start(3);
    submit("n1", "here");
    stop("n3");
    long id = MemberId.of("jangada", "n3");
    Peer moved = new Peer("n3", HOST, freePort());

    Membership made = change("n1", new MembershipChange.Move(id, moved.address()));
    peers.set(2, moved);
    startAgain("n3");
    submit("n3", "there");

    assertThat(Objects.requireNonNull(made.member(id)).address()).isEqualTo(moved.address());
    assertThat(machine("n3").awaitCommands(2)).containsExactly("here", "there");
  }

  @Test
  void aClusterThatIsMovedAsAWholeFindsItselfAndPutsItDown() throws Exception {
    start(3);
    submit("n1", "here");
    await(
        "n1",
        membership -> membership.members().stream().allMatch(member -> member.incarnation() != 0));
    for (String name : List.of("n1", "n2", "n3")) {
      stop(name);
    }
    peers.replaceAll(peer -> new Peer(peer.id(), HOST, freePort()));

    for (String name : List.of("n1", "n2", "n3")) {
      startAgain(name);
    }
    submit("n2", "there");

    List<String> addresses = peers.stream().map(Peer::address).toList();
    await(
        "n3",
        membership ->
            membership.members().stream().map(Member::address).toList().containsAll(addresses));
    assertThat(machine("n3").awaitCommands(2)).containsExactly("here", "there");
  }

  @Test
  void aMemberThatWasAwayWhileAllOthersWereReplacedFindsTheNewOnes() throws Exception {
    start(3);
    submit("n1", "first");
    stop("n3");
    Peer fourth = new Peer("n4", HOST, freePort());
    Peer fifth = new Peer("n5", HOST, freePort());
    long five = 0x5555;

    change("n1", new MembershipChange.AddLearner(FOUR, fourth.address(), true));
    join(fourth, FOUR);
    await("n1", membership -> membership.isVoter(FOUR));
    change("n1", new MembershipChange.AddLearner(five, fifth.address(), true));
    join(fifth, five);
    await("n1", membership -> membership.isVoter(five));
    change("n4", new MembershipChange.Remove(MemberId.of("jangada", "n1")));
    change("n5", new MembershipChange.Remove(MemberId.of("jangada", "n2")));
    stop("n1");
    stop("n2");
    submit("n4", "second");
    // It knows of n1 and n2 only, both of which are gone.
    startAgain("n3");
    submit("n3", "third");

    assertThat(machine("n3").awaitCommands(3)).containsExactly("first", "second", "third");
  }

  @Test
  void whoAsksIsToldWhoBelongsToTheCluster() throws Exception {
    start(3);
    Peer second = peers.get(1);
    RunningCluster cluster =
        RunningCluster.ask(
                ConnectionSecurity.NONE, second.host(), second.port(), Duration.ofSeconds(60))
            .get();

    assertThat(cluster.clusterId()).isEqualTo(node("n2").clusterId());
    assertThat(cluster.membership().members())
        .extracting(Member::address)
        .containsExactlyInAnyOrderElementsOf(peers.stream().map(Peer::address).toList());
  }

  @Test
  void whoUsesANodeAnswersWhoUsesAnother() throws Exception {
    start(2);
    submit("n1", "together");
    long second = node("n2").memberId();
    Duration timeout = Duration.ofSeconds(60);

    assertThatThrownBy(() -> node("n1").ask(second, bytes("?"), timeout).get())
        .hasCauseInstanceOf(IOException.class);
    node("n2")
        .answerWith(question ->
            CompletableFuture.completedFuture(bytes(new String(question, UTF_8) + "!")));
    assertThat(node("n1").ask(second, bytes("well"), timeout).get()).isEqualTo(bytes("well!"));
    assertThatThrownBy(() -> node("n1").ask(FOUR, bytes("?"), timeout).get())
        .hasCauseInstanceOf(IOException.class);
  }

  @Test
  void askingWhereNobodyListensFailsWithTheAddress() throws Exception {
    int port = freePort();

    assertThatThrownBy(() ->
            RunningCluster.ask(ConnectionSecurity.NONE, HOST, port, Duration.ofSeconds(60)).get())
        .isInstanceOf(ExecutionException.class)
        .hasMessageContaining(HOST + ":" + port);
  }

  @Test
  void aMemberThatIsForcedToGoOnAloneKeepsAllItHasAndRefusesTheOthers() throws Exception {
    start(3);
    submit("n1", "acknowledged");
    await(
        "n1",
        membership -> membership.members().stream().allMatch(member -> member.incarnation() != 0));
    stop("n2");
    stop("n3");
    // Appended if n1 leads, and else nowhere: nobody can know whether it was committed.
    StartResult pending = node("n1").start(bytes("pending"));
    stop("n1");

    force("n1", new SnapshotMachine());
    startAgain("n1");
    submit("n1", "alone");

    assertThat(machine("n1").commands())
        .isEqualTo(
            pending.isLeader()
                ? List.of("acknowledged", "pending", "alone")
                : List.of("acknowledged", "alone"));
    assertThat(node("n1").membership().ids()).containsExactly(node("n1").memberId());
    assertThat(node("n1").membership().removed())
        .containsExactlyInAnyOrder(MemberId.of("jangada", "n2"), MemberId.of("jangada", "n3"));
    // Together they would be a majority of what they know.
    RaftNode second = startAgain("n2");
    RaftNode third = startAgain("n3");
    assertExpelled(second, Transport.Expulsion.REMOVED);
    assertExpelled(third, Transport.Expulsion.REMOVED);
    submit("n1", "still alone");

    Peer fourth = new Peer("n4", HOST, freePort());
    change("n1", new MembershipChange.AddLearner(FOUR, fourth.address(), true));
    join(fourth, FOUR);
    await("n1", membership -> membership.isVoter(FOUR));
    submit("n4", "together");
    List<String> all = machine("n1").awaitCommands(pending.isLeader() ? 5 : 4);
    assertThat(machine("n4").awaitCommands(all.size())).isEqualTo(all);
  }

  @Test
  void nobodyIsForcedToGoOnAloneWhileAnotherMemberRuns() throws Exception {
    start(3);
    submit("n1", "together");
    stop("n1");

    assertThatThrownBy(() -> force("n1", new SnapshotMachine()))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("still runs");

    startAgain("n1");
    submit("n1", "as before");
    assertThat(node("n1").membership().members()).hasSize(3);
  }

  @Test
  void aMemberThatDecidesAloneAlreadyIsLeftAsItIs() throws Exception {
    start(1);
    Peer fourth = new Peer("n4", HOST, freePort());
    change("n1", new MembershipChange.AddLearner(FOUR, fourth.address(), false));
    submit("n1", "command");
    stop("n1");

    force("n1", new SnapshotMachine());

    startAgain("n1");
    submit("n1", "another");
    // The command's future may be done a moment before the node tells who belongs to it.
    await("n1", membership -> membership.ids().contains(FOUR));
    assertThat(node("n1").membership().ids())
        .containsExactlyInAnyOrder(MemberId.of("jangada", "n1"), FOUR);
  }

  @Test
  void nothingIsForcedWithoutDataOrByOneThatWasRemoved() throws Exception {
    peers.add(new Peer("n1", HOST, freePort()));
    assertThatThrownBy(() -> force("n1", new SnapshotMachine()))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("no data of a member");
    assertThat(directory.resolve("n1")).doesNotExist();

    long self = MemberId.of("jangada", "n1");
    writeLog("n1", new Membership(List.of(Member.voter(FOUR, HOST + ":1")), List.of(self)));
    assertThatThrownBy(() -> force("n1", new SnapshotMachine()))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("was removed from the cluster");
  }

  @Test
  void aMachineWhoseStateIsInTheLogAloneIsNotForced() throws Exception {
    peers.add(new Peer("n1", HOST, freePort()));
    Membership before = Membership.of(List.of(voter("n1"), voter("n2")));
    writeLog("n1", before);

    assertThatThrownBy(() -> force("n1", new RecordingMachine()))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("does not support snapshots");

    assertThat(lastMembership("n1")).isEqualTo(before);
    startAgain("n1");
  }

  @Test
  void aMemberWhoseForcingWasCutShortStartsOnlyOnceThatIsDone() throws Exception {
    Peer own = new Peer("n1", HOST, freePort());
    peers.add(own);
    long self = MemberId.of("jangada", "n1");
    writeLog("n1", Membership.of(List.of(Member.voter(self, own.address()), voter("n2"))));

    assertThatThrownBy(() ->
            force(
                "n1",
                new SnapshotMachine() {
                  @Override
                  public void flush() {
                    // By now it has applied what n2 may never have heard of.
                    throw new IllegalStateException("the disk is full");
                  }
                }))
        .hasMessage("the disk is full");

    assertThatThrownBy(() -> startAgain("n1"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("n1")
        .hasMessageContaining("cut short");
    assertThat(StorageReport.of(directory.resolve("n1")).facts())
        .anyMatch(fact -> fact.contains("cut short"));

    force("n1", new SnapshotMachine());
    startAgain("n1");
    submit("n1", "alone");
    assertThat(machine("n1").commands()).containsExactly("kept", "alone");
  }

  @ParameterizedTest
  @EnumSource(Member.Standing.class)
  void aMemberOfAnyStandingIsAloneAfterItWasForced(Member.Standing standing) throws Exception {
    Peer own = new Peer("n1", HOST, freePort());
    peers.add(own);
    long self = MemberId.of("jangada", "n1");
    // Nothing answers at these addresses, and n2 has none.
    Member other = new Member(9, Member.Standing.DEMOTED, HOST + ":" + freePort(), 0);
    writeLog(
        "n1",
        new Membership(
            Membership.of(
                    List.of(
                        new Member(self, standing, own.address(), 0),
                        other,
                        Member.voter(MemberId.of("jangada", "n2"), "")))
                .members(),
            List.of(8L)));

    force("n1", new SnapshotMachine());
    startAgain("n1");
    submit("n1", "alone");

    assertThat(machine("n1").commands()).containsExactly("kept", "alone");
    Membership now = node("n1").membership();
    assertThat(now.voters()).containsExactly(self);
    assertThat(now.members()).hasSize(1);
    assertThat(now.removed()).containsExactlyInAnyOrder(8L, 9L, MemberId.of("jangada", "n2"));
  }

  private static Member voter(String name) {
    return Member.voter(MemberId.of("jangada", name), "");
  }

  /** A stopped member's log that ends with a configuration and a command. */
  private void writeLog(String name, Membership membership) throws IOException {
    try (FileDisk disk = FileDisk.open(directory.resolve(name).resolve("wal"));
        WriteAheadLog log = WriteAheadLog.open(disk, walConfig(name))) {
      Proposal proposal = new Proposal(9, 1, bytes("kept"));
      log.append(
          new HardState(3, HardState.NO_VOTE),
          List.of(
              Entry.noop(1, 1),
              Entry.configuration(2, 2, membership),
              Entry.command(3, 3, proposal)));
    }
  }

  private Membership lastMembership(String name) throws IOException {
    try (FileDisk disk = FileDisk.open(directory.resolve(name).resolve("wal"));
        WriteAheadLog log = WriteAheadLog.open(disk, walConfig(name))) {
      return log.configurations().getLast().membership();
    }
  }

  private static WalConfig walConfig(String name) {
    return WalConfig.of(MemberId.ofCluster("jangada"), MemberId.of("jangada", name))
        .withSegmentBytes(256 << 10);
  }

  private void force(String name, StateMachine machine) throws IOException {
    RaftNode.builder()
        .peers(peers)
        .id(name)
        .dataDirectory(directory.resolve(name))
        .stateMachine(machine)
        .logSegmentBytes(256 << 10)
        .forceNewCluster(ConnectionSecurity.NONE);
  }

  private void start(int size) throws IOException {
    for (int i = 1; i <= size; i++) {
      peers.add(new Peer("n" + i, HOST, freePort()));
    }
    for (int i = 1; i <= size; i++) {
      startAgain("n" + i);
    }
    awaitAllReachable(size);
  }

  /** Until then a leader refuses what would leave it with too few of those whom it has heard. */
  private void awaitAllReachable(int size) {
    long began = System.nanoTime();
    while (nodes.values().stream()
        .map(node -> node.status().followers())
        .noneMatch(followers ->
            followers.size() == size - 1
                && followers.stream().allMatch(RaftStatus.FollowerStatus::reachable))) {
      assertThat(System.nanoTime() - began)
          .as("nanoseconds without a leader that hears all others")
          .isLessThan(TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS));
      LockSupport.parkNanos(1_000_000);
    }
  }

  private RaftNode startAgain(String name) throws IOException {
    return started(name, RaftNode.builder().peers(peers));
  }

  private void join(Peer peer, long id) throws IOException {
    started(
        peer.id(),
        RaftNode.builder()
            .peers(List.of(peer))
            .identity(new NodeIdentity(nodes.values().iterator().next().clusterId(), id)));
  }

  private RaftNode started(String name, RaftNodeBuilder builder) throws IOException {
    SnapshotMachine machine = new SnapshotMachine();
    RaftNode node =
        builder
            .id(name)
            .dataDirectory(directory.resolve(name))
            .stateMachine(machine)
            .heartbeatInterval(Duration.ofMillis(50))
            .electionTimeout(Duration.ofSeconds(1))
            .requestTimeout(Duration.ofSeconds(60))
            .logSegmentBytes(256 << 10)
            .transport(NettyTransport::open)
            .start();
    nodes.put(name, node);
    machines.put(name, machine);
    return node;
  }

  private void stop(String name) {
    node(name).close();
    nodes.remove(name);
  }

  private RaftNode node(String name) {
    return Objects.requireNonNull(nodes.get(name), name);
  }

  private SnapshotMachine machine(String name) {
    return Objects.requireNonNull(machines.get(name), name);
  }

  private void submit(String name, String command) throws Exception {
    node(name).submit(bytes(command)).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  private Membership change(String name, MembershipChange... changes) throws Exception {
    return node(name).changeMembership(List.of(changes)).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  private void await(String name, Predicate<Membership> wanted) throws Exception {
    CompletableFuture<Membership> seen = new CompletableFuture<>();
    node(name)
        .addMembershipListener(membership -> {
          if (wanted.test(membership)) {
            seen.complete(membership);
          }
        });
    seen.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  private static void assertExpelled(RaftNode node, Transport.Expulsion why) {
    assertThatThrownBy(() -> node.whenStopped().get(PATIENCE_SECONDS, TimeUnit.SECONDS))
        .cause()
        .isInstanceOfSatisfying(ExpelledException.class, e -> assertThat(e.why()).isEqualTo(why))
        .hasMessageContaining("empty data directory");
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  private static void delete(Path tree) throws IOException {
    try (Stream<Path> paths = Files.walk(tree)) {
      for (Path path : paths.sorted((a, b) -> b.compareTo(a)).toList()) {
        Files.delete(path);
      }
    }
  }

  private static int freePort() {
    try {
      return TestPorts.free(1).getFirst();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
