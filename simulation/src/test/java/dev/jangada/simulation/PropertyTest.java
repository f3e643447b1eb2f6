package dev.jangada.simulation;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jangada.node.driver.LogWriter;
import dev.jangada.raft.Configuration;
import dev.jangada.raft.Entry;
import dev.jangada.raft.EntryId;
import dev.jangada.raft.HardState;
import dev.jangada.raft.Membership;
import dev.jangada.raft.Message;
import dev.jangada.raft.Proposal;
import dev.jangada.raft.RaftConfig;
import dev.jangada.raft.RaftRole;
import dev.jangada.raft.RaftStatus;
import dev.jangada.raft.SnapshotMetadata;
import dev.jangada.raft.StateMachine;
import dev.jangada.simulation.trace.Trace;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Each property is told of what must never happen, by nodes that do not run. */
class PropertyTest {

  private static final Membership VOTERS = Membership.ofVoters(List.of(1L, 2L, 3L));

  private final List<SimulatedNode> nodes = new ArrayList<>();

  PropertyTest() {
    SimulationConfig config = SimulationConfig.usual();
    EventQueue time = new EventQueue();
    Trace trace = Trace.OFF;
    SimulatedNode.Environment environment =
        new SimulatedNode.Environment(time, trace, new Registers.OnNodes(), new Watchers(), config);
    SimulatedNetwork network =
        new SimulatedNetwork(time, new SplittableRandom(1), trace, config.network(), nodes, 3);
    for (int number = 1; number <= 3; number++) {
      nodes.add(
          new SimulatedNode(
              environment,
              number,
              RaftConfig.builder(number, List.of(1L, 2L, 3L)).build(),
              new SplittableRandom(2),
              new SplittableRandom(3),
              network,
              new DiskKeepsWhatWasSynced()));
    }
  }

  @Test
  void twoLeadersInOneTermAreFound() {
    ElectionSafety property = new ElectionSafety();
    property.turned(node(1), status(1, 5, RaftRole.LEADER, 0));
    property.turned(node(1), status(1, 5, RaftRole.LEADER, 0));
    property.turned(node(2), status(2, 6, RaftRole.LEADER, 0));

    assertViolates(() -> property.turned(node(2), status(2, 5, RaftRole.LEADER, 0)), "leads after");
  }

  @Test
  void leaderWithoutMajorityOfVotesIsFound() {
    LeadersAreElected property = new LeadersAreElected(3);
    property.sent(node(2), new Message.VoteResponse(2, node(1).id(), 5, true));
    property.sent(node(3), new Message.VoteResponse(3, node(1).id(), 6, false));
    assertThatCode(() -> property.turned(node(1), status(1, 5, RaftRole.LEADER, 0)))
        .doesNotThrowAnyException();

    assertViolates(
        () -> property.turned(node(1), status(1, 6, RaftRole.LEADER, 0)),
        "leads term 6 of [1 2 3]");
  }

  @Test
  void leaderThatCommitsAnEarlierTermByCountingIsFound() {
    LeadersCommitTheirTerm property = new LeadersCommitTheirTerm(3);
    node(1)
        .writing(
            new LogWriter.Write(
                1, null, List.of(entry(1, 1, "a"), entry(2, 1, "b"), entry(3, 2, "c"))));
    property.turned(node(1), status(1, 2, RaftRole.FOLLOWER, 1));
    property.turned(node(1), status(1, 2, RaftRole.LEADER, 1));

    assertViolates(
        () -> property.turned(node(1), status(1, 2, RaftRole.LEADER, 2)), "has committed 2 of");
    assertThatCode(() -> property.turned(node(1), status(1, 2, RaftRole.LEADER, 3)))
        .doesNotThrowAnyException();
  }

  @Test
  void leaderThatKeepsEntriesForItselfIsFound() {
    LeadersSendAtOnce property =
        new LeadersSendAtOnce(
            RaftConfig.builder(1, List.of(1L, 2L, 3L)).maxInflightAppends(2).build());
    assertThatCode(
            () -> {
              property.turned(node(1), busy(0, List.of(follower(10, false, 0))));
              property.turned(node(1), busy(0, List.of(follower(9, false, 2))));
              property.turned(node(1), busy(0, List.of(follower(9, true, 0))));
            })
        .doesNotThrowAnyException();

    assertViolates(
        () -> property.turned(node(1), busy(0, List.of(follower(9, false, 1)))),
        "n1 has up to 9 and keeps from 9 on for itself");
  }

  private static RaftStatus.FollowerStatus follower(long next, boolean probing, int appends) {
    return new RaftStatus.FollowerStatus(
        2, 3, next, probing, false, appends, appends, true, true, true);
  }

  @Test
  void leaderWhoseBatchesDoNotGrowIsFound() {
    LeadersSendAtOnce property =
        new LeadersSendAtOnce(RaftConfig.builder(1, List.of(1L, 2L, 3L)).build());
    node(1)
        .writing(
            new LogWriter.Write(
                1, null, List.of(entry(1, 1, "a"), entry(2, 1, "b"), entry(3, 1, "c"))));
    for (int i = 0; i < 49; i++) {
      property.sent(node(1), append(entry(1, 1, "a")));
      property.sent(node(1), append(entry(3, 1, "c")));
    }
    assertThatCode(() -> property.ended(List.of())).doesNotThrowAnyException();
    property.sent(node(1), append(entry(2, 1, "b")));

    assertViolates(() -> property.ended(List.of()), "50 messages had one entry each");
    property.sent(node(1), append(entry(1, 1, "a"), entry(2, 1, "b")));
    assertThatCode(() -> property.ended(List.of())).doesNotThrowAnyException();
  }

  private static Message append(Entry... entries) {
    return new Message.AppendRequest(1, 2, 1, EntryId.NONE, List.of(entries), 0, 0, true);
  }

  @Test
  void readThatMissesWhatWasCommittedIsFound() {
    ReadsAreRecent property = new ReadsAreRecent();
    assertThatCode(() -> property.check(node(1), 7, 7)).doesNotThrowAnyException();

    assertViolates(() -> property.check(node(1), 6, 7), "7 was committed when it was asked for");
  }

  @Test
  void differentEntryOfSameIdIsFound() {
    LogMatching property = new LogMatching();
    write(property, node(1), null, entry(1, 1, "a"), entry(2, 2, "b"));
    write(property, node(2), null, entry(1, 1, "a"));

    assertViolates(() -> write(property, node(2), null, entry(2, 2, "c")), "elsewhere");
  }

  @Test
  void sameEntryAfterAnotherOneIsFound() {
    LogMatching property = new LogMatching();
    write(property, node(1), null, entry(1, 1, "a"), entry(2, 3, "b"));
    write(property, node(2), null, entry(1, 2, "x"));

    assertViolates(() -> write(property, node(2), null, entry(2, 3, "b")), "after term 2");
  }

  @Test
  void commitWithoutMajorityOnDiskIsFound() {
    CommittedNeverLost property = new CommittedNeverLost(nodes, nodes.size(), VOTERS);
    persist(node(1), entry(1, 1, "a"));
    node(2).writing(new LogWriter.Write(1, null, List.of(entry(1, 1, "a"))));

    assertViolates(
        () -> property.turned(node(1), status(1, 1, RaftRole.FOLLOWER, 1)),
        "only [n1] have on disk");
  }

  @Test
  void differentCommitIsFound() {
    CommittedNeverLost property = new CommittedNeverLost(nodes, nodes.size(), VOTERS);
    persist(node(1), entry(1, 1, "a"));
    persist(node(2), entry(1, 1, "a"));
    persist(node(3), entry(1, 2, "b"));
    property.turned(node(1), status(1, 1, RaftRole.FOLLOWER, 1));

    assertViolates(
        () -> property.turned(node(3), status(3, 2, RaftRole.FOLLOWER, 1)), "another node took");
  }

  @Test
  void laterLeaderWithoutCommittedEntryIsFound() {
    CommittedNeverLost property = new CommittedNeverLost(nodes, nodes.size(), VOTERS);
    persist(node(1), entry(1, 1, "a"));
    persist(node(2), entry(1, 1, "a"));
    property.turned(node(1), status(1, 1, RaftRole.FOLLOWER, 1));
    assertThatCode(() -> property.turned(node(3), status(3, 1, RaftRole.LEADER, 0)))
        .as("an election of a term before the commit was seen")
        .doesNotThrowAnyException();

    assertViolates(
        () -> property.turned(node(3), status(3, 2, RaftRole.LEADER, 0)), "leads term 2 with null");
  }

  @Test
  void entryAppliedTwiceOrOutOfOrderIsFound() {
    AppliedInOrder property = new AppliedInOrder();
    property.applied(node(1), entry(1, 1, "a"), new byte[0]);

    assertViolates(
        () -> property.applied(node(1), entry(1, 1, "a"), new byte[0]), "where 2 is due");
    assertViolates(
        () -> property.applied(node(2), entry(1, 1, "b"), new byte[0]), "another node applied");
  }

  @Test
  void otherAnswerToTheSameEntryIsFound() {
    AppliedInOrder property = new AppliedInOrder();
    property.applied(node(1), entry(1, 1, "a"), bytes("x"));
    assertThatCode(() -> property.applied(node(2), entry(1, 1, "a"), bytes("x")))
        .doesNotThrowAnyException();

    assertViolates(
        () -> property.applied(node(3), entry(1, 1, "a"), bytes("y")),
        "n3 answers 1@1 1 B by 79, another node by 78");
  }

  @Test
  void commandAppliedAtTwoIndicesIsFound() {
    AppliedAtMostOnce property = new AppliedAtMostOnce();
    property.sending(bytes("a"));
    property.applied(node(1), entry(1, 1, "a"), new byte[0]);
    property.applied(node(2), entry(1, 1, "a"), new byte[0]);

    assertViolates(
        () -> property.applied(node(1), entry(2, 1, "a"), new byte[0]), "was applied at 1 already");
    assertViolates(
        () -> property.applied(node(1), entry(2, 1, "b"), new byte[0]), "which nobody sent");
  }

  @Test
  void effectOfCommandThatFailedForCertainIsFound() {
    AppliedAtMostOnce property = new AppliedAtMostOnce();
    property.sending(bytes("a"));
    property.checkWithoutEffect(bytes("a"), "no leader");
    property.applied(node(1), entry(1, 1, "a"), new byte[0]);

    assertViolates(() -> property.checkWithoutEffect(bytes("a"), "no leader"), "failed without");
  }

  @Test
  void acknowledgementOfWhatIsNotOnDiskIsFound() {
    PromisesAreDurable property = new PromisesAreDurable();
    node(1).writing(new LogWriter.Write(1, new HardState(1, 2), List.of(entry(1, 1, "a"))));
    Message accepted = new Message.AppendAccepted(1, 2, 1, 1, 0);

    assertViolates(() -> property.sent(node(1), accepted), "has only 0 entries on disk");
    node(1)
        .synced(
            List.of(new LogWriter.Write(1, new HardState(1, 2), List.of(entry(1, 1, "a")))),
            List.of());
    assertThatCode(() -> property.sent(node(1), accepted)).doesNotThrowAnyException();
  }

  @Test
  void voteThatIsNotOnDiskIsFound() {
    PromisesAreDurable property = new PromisesAreDurable();
    Message vote = new Message.VoteResponse(1, 2, 4, true);

    assertViolates(() -> property.sent(node(1), vote), "has on disk");
    assertViolates(
        () -> property.sent(node(1), new Message.VoteRequest(1, 2, 4, EntryId.NONE, false)),
        "has on disk");
  }

  @Test
  void secondVoteInOneTermIsFound() {
    OneVotePerTerm property = new OneVotePerTerm();
    node(1).synced(List.of(new LogWriter.Write(1, new HardState(4, 2), List.of())), List.of());
    property.sent(node(1), new Message.VoteResponse(1, 2, 4, true));
    node(1).synced(List.of(new LogWriter.Write(2, new HardState(4, 3), List.of())), List.of());

    assertViolates(
        () -> property.sent(node(1), new Message.VoteResponse(1, 3, 4, true)), "has voted for 2");
  }

  @Test
  void termOrCommitThatGoesBackIsFound() {
    NothingGoesBack property = new NothingGoesBack();
    property.turned(node(1), status(1, 4, RaftRole.FOLLOWER, 2));

    assertViolates(() -> property.turned(node(1), status(1, 3, RaftRole.FOLLOWER, 2)), "went from");
    property.started(node(1));
    property.turned(node(1), status(1, 4, RaftRole.FOLLOWER, 2));
    assertViolates(() -> property.turned(node(1), status(1, 4, RaftRole.FOLLOWER, 1)), "went from");
  }

  @Test
  void voteThatIsChangedIsFound() {
    NothingGoesBack property = new NothingGoesBack();
    property.turned(node(1), voting(1, 4, 2));

    assertViolates(() -> property.turned(node(1), voting(1, 4, 3)), "changed its vote");
    property.started(node(1));
    property.turned(node(1), voting(1, 4, 0));
    assertThatCode(() -> property.turned(node(1), voting(1, 4, 3))).doesNotThrowAnyException();
    assertThatCode(() -> property.turned(node(1), voting(1, 5, 2))).doesNotThrowAnyException();
  }

  @Test
  void coreThatCountsEntriesItHasNotWrittenIsFound() {
    IndexChain property = new IndexChain();

    assertViolates(
        () -> property.turned(node(1), status(1, 4, RaftRole.FOLLOWER, 2)),
        "has entries up to 9, and has asked for 0 to be written");
  }

  @Test
  void leaderThatTakesMoreThanItsLimitIsFound() {
    RaftConfig limited =
        RaftConfig.builder(1, List.of(1L, 2L)).maxEntryBytes(10).maxUncommittedBytes(100).build();
    BoundedQueues property = new BoundedQueues(limited, 5, 4);

    assertThatCode(() -> property.turned(node(1), busy(110, List.of()))).doesNotThrowAnyException();
    assertViolates(
        () -> property.turned(node(1), busy(111, List.of())), "111 uncommitted bytes, and 100");
    RaftStatus.FollowerStatus follower =
        new RaftStatus.FollowerStatus(
            2, 1, 9, false, false, limited.maxInflightAppends() + 1, 5, true, true, true);
    assertViolates(
        () -> property.turned(node(1), busy(0, List.of(follower))), "too much on its way");
  }

  @Test
  void whatPilesUpInsideANodeIsFound() {
    RaftConfig limited =
        RaftConfig.builder(1, List.of(1L, 2L))
            .maxUncommittedBytes(1_000)
            .maxInflightBytes(1_000)
            .maxApplyBytes(100)
            .maxUnappliedBytes(300)
            .build();
    BoundedQueues property = new BoundedQueues(limited, 5, 4);

    assertThatCode(() -> property.turned(loaded(105, 3_000, 400, 28), busy(0, List.of())))
        .doesNotThrowAnyException();
    for (SimulatedProcess.Load load :
        List.of(
            new SimulatedProcess.Load(106, 0, 0, 0),
            new SimulatedProcess.Load(0, 3_001, 0, 0),
            new SimulatedProcess.Load(0, 0, 401, 0),
            new SimulatedProcess.Load(0, 0, 0, 29))) {
      assertViolates(
          () -> property.turned(loaded(load), busy(0, List.of())), "too much is waiting: " + load);
    }
  }

  @Test
  void syncedEntryThatIsGoneIsFound() {
    DiskKeepsWhatWasSynced property = new DiskKeepsWhatWasSynced();
    LogImage durable = image(new HardState(1, 2), entry(1, 1, "a"), entry(2, 1, "b"));
    LogImage shorter = image(new HardState(1, 2), entry(1, 1, "a"));

    assertViolates(() -> property.check(node(1), durable, shorter, List.of()), "had synced");
    LogWriter.Write replaced = new LogWriter.Write(1, null, List.of(entry(2, 2, "c")));
    assertThatCode(() -> property.check(node(1), durable, shorter, List.of(replaced)))
        .as("a write that was not synced may have replaced it")
        .doesNotThrowAnyException();
  }

  @Test
  void syncedVoteThatIsGoneIsFound() {
    DiskKeepsWhatWasSynced property = new DiskKeepsWhatWasSynced();
    LogImage durable = image(new HardState(3, 2));

    List<LogWriter.Write> voting = List.of(new LogWriter.Write(1, new HardState(4, 1), List.of()));
    assertViolates(
        () -> property.check(node(1), durable, image(new HardState(3, 0)), List.of()),
        "had synced");
    assertViolates(
        () -> property.check(node(1), durable, image(new HardState(2, 0)), voting), "had synced");
    assertThatCode(() -> property.check(node(1), durable, image(new HardState(4, 0)), voting))
        .doesNotThrowAnyException();
  }

  @Test
  void logThatLostMoreOfItsBeginningThanItWasToldIsFound() {
    DiskKeepsWhatWasSynced property = new DiskKeepsWhatWasSynced();
    Entry third = entry(3, 1, "c");
    LogImage durable = image(new HardState(1, 2), new EntryId(1, 1), entry(2, 1, "b"), third);
    LogImage cut = image(new HardState(1, 2), new EntryId(2, 1), third);
    LogImage whole =
        image(new HardState(1, 2), EntryId.NONE, entry(1, 1, "a"), entry(2, 1, "b"), third);
    LogWriter.Write discard = new LogWriter.Write(1, null, List.of(), 2, null);

    assertViolates(() -> property.check(node(1), durable, cut, List.of()), "finds it begins after");
    assertViolates(
        () -> property.check(node(1), durable, whole, List.of()), "finds it begins after");
    assertThatCode(() -> property.check(node(1), durable, cut, List.of(discard)))
        .doesNotThrowAnyException();
  }

  @Test
  void logMayBeEmptiedOnlyForASnapshotThatItDoesNotMatch() {
    DiskKeepsWhatWasSynced property = new DiskKeepsWhatWasSynced();
    LogImage durable = image(new HardState(3, 2), entry(1, 1, "a"), entry(2, 1, "b"));

    assertThatCode(() ->
            property.check(
                node(1), durable, image(new HardState(3, 2), new EntryId(9, 3)), List.of()))
        .as("the snapshot is ahead of it")
        .doesNotThrowAnyException();
    assertThatCode(() ->
            property.check(
                node(1), durable, image(new HardState(3, 2), new EntryId(2, 2)), List.of()))
        .as("the snapshot conflicts with it")
        .doesNotThrowAnyException();
    assertViolates(
        () ->
            property.check(
                node(1), durable, image(new HardState(3, 2), new EntryId(1, 1)), List.of()),
        "finds it begins after");
  }

  @Test
  void baseThatNobodyCommittedIsFound() {
    CommittedNeverLost property = new CommittedNeverLost(nodes, nodes.size(), VOTERS);
    persist(node(1), entry(1, 1, "a"));
    persist(node(2), entry(1, 1, "a"));
    property.turned(node(1), status(1, 1, RaftRole.LEADER, 1));

    node(3)
        .writing(
            new LogWriter.Write(
                1, null, List.of(), 0, new SnapshotMetadata(new EntryId(1, 1), Membership.NONE)));
    assertThatCode(() -> property.turned(node(3), status(3, 2, RaftRole.FOLLOWER, 1)))
        .doesNotThrowAnyException();
    property.started(node(3));
    node(3)
        .writing(
            new LogWriter.Write(
                2, null, List.of(), 0, new SnapshotMetadata(new EntryId(1, 2), Membership.NONE)));
    assertViolates(
        () -> property.turned(node(3), status(3, 2, RaftRole.FOLLOWER, 1)), "begins its log");
    node(3)
        .writing(
            new LogWriter.Write(
                3, null, List.of(), 0, new SnapshotMetadata(new EntryId(2, 2), Membership.NONE)));
    assertViolates(
        () -> property.turned(node(3), status(3, 2, RaftRole.FOLLOWER, 2)), "no more than 1");
  }

  @Test
  void stateThatNobodyHasHadIsFound() {
    AppliedInOrder property = new AppliedInOrder();
    property.applied(node(1), entry(1, 1, "a"), bytes("x"));
    property.applied(node(1), entry(2, 1, "b"), bytes("x"));
    property.restored(node(2), new EntryId(2, 1));

    assertViolates(() -> property.applied(node(2), entry(2, 1, "b"), bytes("x")), "3 is due");
    assertViolates(() -> property.restored(node(2), new EntryId(1, 1)), "which has applied 2");
    assertViolates(() -> property.restored(node(3), new EntryId(3, 1)), "no node has applied");
    assertViolates(() -> property.restored(node(3), new EntryId(2, 2)), "no node has applied");
  }

  private SimulatedNode node(int number) {
    return nodes.get(number - 1);
  }

  private static ObservedNode loaded(int requests, long unwritten, long unapplied, int tasks) {
    return loaded(new SimulatedProcess.Load(requests, unwritten, unapplied, tasks));
  }

  /** A node that runs, and in which so much is waiting. */
  private static ObservedNode loaded(SimulatedProcess.Load load) {
    return new ObservedNode() {
      @Override
      public int number() {
        return 1;
      }

      @Override
      public long id() {
        return 1;
      }

      @Override
      public boolean isRunning() {
        return true;
      }

      @Override
      public LogImage log() {
        return new LogImage();
      }

      @Override
      public LogImage durableLog() {
        return new LogImage();
      }

      @Override
      public long appliedAtStart() {
        return 0;
      }

      @Override
      public long clock() {
        return 0;
      }

      @Override
      public double clockRate() {
        return 1;
      }

      @Override
      public long now() {
        return 0;
      }

      @Override
      public @Nullable RaftStatus status() {
        return null;
      }

      @Override
      public SimulatedProcess.Load load() {
        return load;
      }

      @Override
      public @Nullable StateMachine stateMachine() {
        return null;
      }
    };
  }

  private static void write(
      Property property, SimulatedNode node, @Nullable HardState hardState, Entry... entries) {
    LogWriter.Write write = new LogWriter.Write(1, hardState, List.of(entries));
    property.writing(node, write);
    node.writing(write);
  }

  private static void persist(SimulatedNode node, Entry... entries) {
    LogWriter.Write write = new LogWriter.Write(1, null, List.of(entries));
    node.writing(write);
    node.synced(List.of(write), List.of());
  }

  private static LogImage image(HardState hardState, Entry... entries) {
    return image(hardState, EntryId.NONE, entries);
  }

  private static LogImage image(HardState hardState, EntryId base, Entry... entries) {
    LogImage image = new LogImage();
    image.reset(hardState, base, List.of(entries));
    return image;
  }

  private static Entry entry(long index, long term, String command) {
    return Entry.command(index, term, new Proposal(1, index, bytes(command)));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static RaftStatus status(long id, long term, RaftRole role, long committed) {
    long leader = role == RaftRole.LEADER ? id : 0;
    return status(id, term, leader, role, committed, 0, List.of());
  }

  private static RaftStatus voting(long id, long term, long vote) {
    return status(id, term, vote, RaftRole.FOLLOWER, 2, 0, List.of());
  }

  private static RaftStatus busy(long bytes, List<RaftStatus.FollowerStatus> followers) {
    return status(1, 4, 1, RaftRole.LEADER, 2, bytes, followers);
  }

  private static RaftStatus status(
      long id,
      long term,
      long vote,
      RaftRole role,
      long committed,
      long uncommittedBytes,
      List<RaftStatus.FollowerStatus> followers) {
    return new RaftStatus(
        id,
        term,
        vote,
        role,
        role == RaftRole.LEADER ? id : 0,
        EntryId.NONE,
        new EntryId(9, term),
        9,
        committed,
        committed,
        uncommittedBytes,
        0,
        0,
        new Configuration(0, VOTERS),
        followers);
  }

  private static void assertViolates(ThrowingCallable event, String message) {
    assertThatThrownBy(event).isInstanceOf(PropertyViolation.class).hasMessageContaining(message);
  }
}
