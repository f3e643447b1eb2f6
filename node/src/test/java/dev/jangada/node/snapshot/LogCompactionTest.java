package dev.jangada.node.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jangada.raft.Configuration;
import dev.jangada.raft.EntryId;
import dev.jangada.raft.Membership;
import dev.jangada.raft.RaftRole;
import dev.jangada.raft.RaftStatus;
import java.util.List;
import org.junit.jupiter.api.Test;

class LogCompactionTest {
  private final LogCompaction compaction = new LogCompaction(SnapshotPolicy.every(1_000, 80), 0, 0);

  @Test
  void theStateIsToBeSavedWhenACrashWouldTakeSoMuchOfIt() {
    compaction.applied(999);
    assertThat(compaction.wantsSnapshot()).isFalse();
    compaction.applied(1_000);
    assertThat(compaction.wantsSnapshot()).isTrue();
    compaction.safeUpTo(1);
    assertThat(compaction.wantsSnapshot()).isFalse();
  }

  @Test
  void nothingIsCutThatIsNotSafe() {
    compaction.applied(500);
    assertThat(compaction.mayCut()).isFalse();
    compaction.safeUpTo(100);
    assertThat(compaction.mayCut()).isTrue();
    assertThat(cut()).isEqualTo(100);
  }

  @Test
  void theTailIsRetained() {
    compaction.applied(500);
    compaction.safeUpTo(490);

    assertThat(cut()).isEqualTo(420);
  }

  @Test
  void aFollowerThatIsServedHoldsTheLogBackTenfoldAndNoMore() {
    compaction.applied(5_000);
    compaction.safeUpTo(5_000);

    assertThat(cut(follower(2, 4_500, true), follower(3, 4_990, true))).isEqualTo(4_500);
    assertThat(cut(follower(2, 100, true))).isEqualTo(4_200);
  }

  @Test
  void whatWasHeldBackIsLookedAtAgainThoughNothingIsAppliedMeanwhile() {
    compaction.applied(5_000);
    compaction.safeUpTo(5_000);
    assertThat(cut(follower(2, 4_500, true))).isEqualTo(4_500);
    assertThat(compaction.mayCut()).isFalse();

    compaction.tick();

    assertThat(compaction.mayCut()).isTrue();
    assertThat(cut(follower(2, 5_000, true))).isEqualTo(4_920);
    compaction.tick();
    assertThat(compaction.mayCut()).isFalse();
  }

  @Test
  void aFollowerOfWhichNothingIsHeardHoldsNothingBack() {
    compaction.applied(5_000);
    compaction.safeUpTo(5_000);

    assertThat(cut(follower(2, 4_500, false))).isEqualTo(4_920);
  }

  @Test
  void aFollowerThatWasHeardBeforeTheLastCheckOfTheQuorumHoldsTheLogBackAsWell() {
    compaction.applied(5_000);
    compaction.safeUpTo(5_000);

    assertThat(cut(follower(2, 4_500, false, true))).isEqualTo(4_500);
  }

  @Test
  void whatASnapshotUnderWayNeedsIsKept() {
    compaction.applied(5_000);
    compaction.safeUpTo(5_000);

    assertThat(compaction.cutUpTo(status(), 3_000)).isEqualTo(3_000);
  }

  @Test
  void aLittleIsNotWorthAWriteToDisk() {
    compaction.applied(500);
    compaction.safeUpTo(500);
    compaction.cutAt(411);
    assertThat(compaction.mayCut()).isFalse();

    compaction.applied(501);

    assertThat(compaction.mayCut()).isTrue();
  }

  @Test
  void withNothingRetainedEverySavedEntryIsCutAtOnce() {
    LogCompaction strict = new LogCompaction(SnapshotPolicy.every(10, 0), 0, 0);
    strict.applied(11);
    strict.safeUpTo(10);

    assertThat(strict.mayCut()).isTrue();
    assertThat(strict.cutUpTo(status(follower(2, 0, false)), Long.MAX_VALUE)).isEqualTo(10);
  }

  @Test
  void withoutSnapshotsTheLogIsNeverCut() {
    LogCompaction none = new LogCompaction(SnapshotPolicy.NONE, 0, 0);
    none.applied(1_000_000);
    none.safeUpTo(1_000_000);

    assertThat(none.mayCut()).isFalse();
    assertThat(none.wantsSnapshot()).isFalse();
  }

  private long cut(RaftStatus.FollowerStatus... followers) {
    return compaction.cutUpTo(status(followers), Long.MAX_VALUE);
  }

  private static RaftStatus.FollowerStatus follower(long id, long match, boolean active) {
    return follower(id, match, active, active);
  }

  private static RaftStatus.FollowerStatus follower(
      long id, long match, boolean active, boolean reachable) {
    return new RaftStatus.FollowerStatus(
        id, match, match + 1, false, false, 0, 0, active, reachable, false);
  }

  private static RaftStatus status(RaftStatus.FollowerStatus... followers) {
    EntryId last = new EntryId(5_000, 1);
    return new RaftStatus(
        1,
        1,
        1,
        RaftRole.LEADER,
        1,
        EntryId.NONE,
        last,
        5_000,
        5_000,
        5_000,
        0,
        0,
        0,
        new Configuration(0, Membership.NONE),
        List.of(followers));
  }
}
