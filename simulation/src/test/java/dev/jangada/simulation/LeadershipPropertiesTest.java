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
import dev.jangada.raft.RaftConfig;
import dev.jangada.raft.RaftRole;
import dev.jangada.raft.RaftStatus;
import dev.jangada.raft.SnapshotMetadata;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** What must hold of those who lead and those who follow, told by nodes that do not run. */
class LeadershipPropertiesTest {

  private static final Membership VOTERS = Membership.ofVoters(List.of(1L, 2L, 3L));

  /** With an election timeout of ten ticks, and heartbeats every tick. */
  private static final RaftConfig CONFIG = RaftConfig.builder(1, List.of(1L, 2L, 3L)).build();

  private static final RaftConfig LEASES =
      RaftConfig.builder(1, List.of(1L, 2L, 3L)).leaseReads(90_000_000).build();

  private static final long TICK = SimulatedNode.TICK_NANOS;

  private final StillNode one = new StillNode(1);
  private final StillNode two = new StillNode(2);
  private final StillNode three = new StillNode(3);

  @Test
  void appendOrSnapshotOfWhoDoesNotLeadIsFound() {
    ElectionSafety property = new ElectionSafety();
    turn(property, one, status(1, 5, 1, RaftRole.LEADER, 1));
    assertHolds(() -> property.sent(one, append(1, 2, 5)));
    two.status = status(2, 6, 0, RaftRole.FOLLOWER, 0);
    assertViolates(() -> property.sent(two, append(2, 3, 6)), "n2 sends AppendRequest");
    Message chunk =
        new Message.SnapshotChunk(2, 3, 6, new EntryId(1, 1), Membership.NONE, 0, 0, new byte[0]);
    assertViolates(() -> property.sent(two, chunk), "n2 sends SnapshotChunk");
  }

  @Test
  void voteAgainstALeaderThatIsHeardIsFound() {
    FollowersAreLoyal property = new FollowersAreLoyal(CONFIG, 3);
    follow(property, two, 1, 5);
    two.clock += 9 * TICK - 2;
    assertViolates(() -> turn(property, two, status(2, 6, 3, RaftRole.FOLLOWER, 0)), "helps 3");
  }

  @Test
  void voteAgainstALeaderThatIsSilentIsAllowed() {
    FollowersAreLoyal property = new FollowersAreLoyal(CONFIG, 3);
    follow(property, two, 1, 5);
    two.clock += 10 * TICK;
    assertHolds(() -> turn(property, two, status(2, 6, 3, RaftRole.FOLLOWER, 0)));
  }

  @Test
  void voteForWhomTheLeaderTellsToCampaignIsAllowed() {
    FollowersAreLoyal property = new FollowersAreLoyal(CONFIG, 3);
    follow(property, two, 1, 5);
    property.received(three, new Message.TimeoutNow(1, 3, 5));
    assertHolds(() -> turn(property, two, status(2, 6, 3, RaftRole.FOLLOWER, 0)));
    assertViolates(() -> turn(property, two, status(2, 7, 3, RaftRole.FOLLOWER, 0)), "helps 3");
  }

  @Test
  void signOfLifeOfAnEarlierTermBindsNobody() {
    FollowersAreLoyal property = new FollowersAreLoyal(CONFIG, 3);
    property.started(two);
    property.received(two, append(1, 2, 4));
    turn(property, two, status(2, 5, 0, RaftRole.FOLLOWER, 0));
    assertHolds(() -> turn(property, two, status(2, 6, 3, RaftRole.FOLLOWER, 0)));
  }

  @Test
  void preVoteAgainstALeaderThatIsHeardIsFound() {
    FollowersAreLoyal property = new FollowersAreLoyal(CONFIG, 3);
    follow(property, two, 1, 5);
    assertHolds(() -> property.sent(two, new Message.PreVoteResponse(2, 3, 5, false)));
    assertViolates(() -> property.sent(two, new Message.PreVoteResponse(2, 3, 6, true)), "helps 3");
  }

  @Test
  void leaderThatHelpsToDeposeItselfIsFound() {
    FollowersAreLoyal property = new FollowersAreLoyal(CONFIG, 3);
    property.started(one);
    one.status = status(1, 5, 1, RaftRole.LEADER, 1);
    assertViolates(() -> property.sent(one, new Message.PreVoteResponse(1, 3, 6, true)), "leads");
  }

  @Test
  void voteSoonAfterARestartIsFoundWhereLeasesRelyOnIt() {
    FollowersAreLoyal usual = new FollowersAreLoyal(CONFIG, 3);
    FollowersAreLoyal leases = new FollowersAreLoyal(LEASES, 3);
    usual.started(two);
    leases.started(two);
    RaftStatus votes = status(2, 6, 3, RaftRole.FOLLOWER, 0);
    assertHolds(() -> turn(usual, two, votes));
    assertViolates(() -> turn(leases, two, votes), "helps 3");
  }

  @Test
  void termWithoutACandidateIsFound() {
    TermsAreCampaignedFor property = new TermsAreCampaignedFor(CONFIG, 3);
    property.sent(two, new Message.PreVoteResponse(2, 1, 1, true));
    turn(property, one, status(1, 1, 1, RaftRole.CANDIDATE, 0));
    turn(property, two, status(2, 1, 0, RaftRole.FOLLOWER, 0));
    assertViolates(
        () -> turn(property, two, status(2, 2, 0, RaftRole.FOLLOWER, 0)), "nobody was a candidate");
  }

  @Test
  void candidateThatNobodyWantsIsFound() {
    TermsAreCampaignedFor property = new TermsAreCampaignedFor(CONFIG, 3);
    property.sent(two, new Message.PreVoteResponse(2, 1, 3, true));
    property.sent(three, new Message.PreVoteResponse(3, 1, 4, false));
    assertViolates(
        () -> turn(property, one, status(1, 4, 1, RaftRole.CANDIDATE, 0)), "those of []");
  }

  @Test
  void candidateThatTheLeaderToldToCampaignNeedsNoPreVotes() {
    TermsAreCampaignedFor property = new TermsAreCampaignedFor(CONFIG, 3);
    property.received(one, new Message.TimeoutNow(2, 1, 3));
    assertHolds(() -> turn(property, one, status(1, 4, 1, RaftRole.CANDIDATE, 0)));
  }

  @Test
  void leaderThatHearsFromNoMajorityIsFound() {
    LeadersAreFit property = new LeadersAreFit(CONFIG, 3);
    RaftStatus leads = status(1, 5, 1, RaftRole.LEADER, 1);
    property.started(one);
    live(property, one, leads, 15);
    property.received(one, new Message.AppendAccepted(2, 1, 5, 0, 0));
    live(property, one, leads, 22);
    property.received(one, new Message.AppendAccepted(3, 1, 4, 0, 0));
    assertViolates(() -> live(property, one, leads, 4), "has heard from no majority");
  }

  @Test
  void timeInWhichAProcessStandsStillDoesNotCount() {
    LeadersAreFit property = new LeadersAreFit(CONFIG, 3);
    RaftStatus leads = status(1, 5, 1, RaftRole.LEADER, 1);
    property.started(one);
    live(property, one, leads, 15);
    one.clock += 1000 * TICK;
    assertHolds(() -> turn(property, one, leads));
  }

  @Test
  void leaderWhoseDiskHangsIsFound() {
    LeadersAreFit property = new LeadersAreFit(LEASES, 3);
    RaftStatus leads = status(1, 5, 1, RaftRole.LEADER, 1);
    property.started(one);
    LogWriter.Write write = new LogWriter.Write(1, new HardState(5, 1), List.of(Entry.noop(1, 5)));
    one.log.apply(write);
    live(property, one, leads, 12);
    one.durableLog.apply(write);
    live(property, one, leads, 7);
    one.log.apply(new LogWriter.Write(1, null, List.of(Entry.noop(2, 5))));
    property.received(one, new Message.AppendAccepted(2, 1, 5, 0, 0));
    assertViolates(() -> live(property, one, leads, 16), "its disk has done nothing for");
  }

  @Test
  void onlyVoterMayWaitForItsDiskUntilThereIsAnother() {
    LeadersAreFit property = new LeadersAreFit(CONFIG, 3);
    RaftStatus alone = status(1, 5, 1, RaftRole.LEADER, 1, Membership.ofVoters(List.of(1L)));
    property.started(one);
    one.log.apply(new LogWriter.Write(1, new HardState(5, 1), List.of(Entry.noop(1, 5))));
    assertHolds(() -> live(property, one, alone, 100));
    RaftStatus joined = status(1, 5, 1, RaftRole.LEADER, 1);
    assertHolds(() -> live(property, one, joined, 12));
    assertViolates(() -> live(property, one, joined, 4), "its disk has done nothing for");
  }

  @Test
  void whatIsNotOnAFollowersDiskAndTakenForThatIsFound() {
    MatchIsTrue property = new MatchIsTrue(List.of(one, two, three), 3);
    LogWriter.Write write =
        new LogWriter.Write(1, new HardState(5, 1), List.of(Entry.noop(1, 4), Entry.noop(2, 5)));
    one.log.apply(write);
    two.log.apply(write);
    two.durableLog.apply(new LogWriter.Write(1, null, List.of(Entry.noop(1, 4))));
    assertHolds(() -> turn(property, one, leading(1)));
    assertViolates(() -> turn(property, one, leading(2)), "takes 2 of term 5 for durable on n2");
  }

  @Test
  void entryOfAnotherTermTakenForTheLeadersIsFound() {
    MatchIsTrue property = new MatchIsTrue(List.of(one, two, three), 3);
    one.log.apply(new LogWriter.Write(1, null, List.of(Entry.noop(1, 4))));
    two.durableLog.apply(new LogWriter.Write(1, null, List.of(Entry.noop(1, 3))));
    assertViolates(() -> turn(property, one, leading(1)), "has there an entry of term 3");
  }

  @Test
  void whatALaterLeaderMayHaveReplacedIsNotHeldAgainstAnEarlierOne() {
    MatchIsTrue property = new MatchIsTrue(List.of(one, two, three), 3);
    one.log.apply(new LogWriter.Write(1, null, List.of(Entry.noop(1, 5))));
    two.durableLog.apply(new LogWriter.Write(1, new HardState(6, 3), List.of(Entry.noop(1, 6))));
    assertHolds(() -> turn(property, one, leading(1)));
  }

  @Test
  void whatWasCutOffIsNotCompared() {
    MatchIsTrue property = new MatchIsTrue(List.of(one, two, three), 3);
    one.log.apply(new LogWriter.Write(1, null, List.of(Entry.noop(1, 5))));
    two.durableLog.apply(
        new LogWriter.Write(
            1, null, List.of(), 0, new SnapshotMetadata(new EntryId(4, 5), Membership.NONE)));
    assertHolds(() -> turn(property, one, leading(1)));
  }

  private static void follow(Property property, StillNode node, long leader, long term) {
    property.started(node);
    property.received(node, append(leader, node.id(), term));
    turn(property, node, status(node.id(), term, leader, RaftRole.FOLLOWER, leader));
  }

  /** Has a node take a turn for each of so many ticks. */
  private static void live(Property property, StillNode node, RaftStatus status, int ticks) {
    for (int i = 0; i < ticks; i++) {
      node.clock += TICK;
      turn(property, node, status);
    }
  }

  private static void turn(Property property, StillNode node, RaftStatus status) {
    node.status = status;
    property.turned(node, status);
  }

  private static Message append(long from, long to, long term) {
    return new Message.AppendRequest(from, to, term, EntryId.NONE, List.of(), 0, 0, true);
  }

  /** Leads term 5 and takes so much for replicated on node 2. */
  private static RaftStatus leading(long match) {
    return new RaftStatus(
        1,
        5,
        1,
        RaftRole.LEADER,
        1,
        EntryId.NONE,
        new EntryId(9, 5),
        9,
        0,
        0,
        0,
        0,
        0,
        new Configuration(0, VOTERS),
        List.of(
            new RaftStatus.FollowerStatus(
                2, match, match + 1, false, false, 0, 0, true, true, true),
            new RaftStatus.FollowerStatus(3, 0, 1, true, false, 0, 0, true, true, true)));
  }

  private static RaftStatus status(long id, long term, long vote, RaftRole role, long leader) {
    return status(id, term, vote, role, leader, VOTERS);
  }

  private static RaftStatus status(
      long id, long term, long vote, RaftRole role, long leader, Membership membership) {
    return new RaftStatus(
        id,
        term,
        vote,
        role,
        leader,
        EntryId.NONE,
        EntryId.NONE,
        0,
        0,
        0,
        0,
        0,
        0,
        new Configuration(0, membership),
        List.of());
  }

  private static void assertHolds(ThrowingCallable event) {
    assertThatCode(event).doesNotThrowAnyException();
  }

  private static void assertViolates(ThrowingCallable event, String message) {
    assertThatThrownBy(event).isInstanceOf(PropertyViolation.class).hasMessageContaining(message);
  }
}
