package dev.jangada.simulation.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** The tester finds fault with what is wrong. */
class TesterTest {

  private final VirtualWorld world = new VirtualWorld(1, null);
  private final Tester tester = new Tester(world, 3);

  @Test
  void differentCommandsAtOneIndexAreFound() {
    tester.applied().applied(0, 1, Tester.bytes(5));
    tester.applied().applied(1, 1, Tester.bytes(6));

    assertThatThrownBy(() -> tester.nCommitted(1))
        .isInstanceOf(LabFailure.class)
        .hasMessage("commit index=1 server=1 6 != server=0 5");
  }

  @Test
  void indexThatIsLeftOutIsFound() {
    tester.applied().applied(2, 1, Tester.bytes(5));
    tester.applied().applied(2, 3, Tester.bytes(5));

    assertThatThrownBy(() -> tester.sleepMillis(1))
        .hasMessage("server 2 apply out of order, expected index 2, got 3");
  }

  @Test
  void logMayBeAppliedAnewFromTheBeginning() {
    tester.applied().applied(2, 1, Tester.bytes(5));
    tester.applied().applied(2, 2, Tester.bytes(6));
    tester.applied().applied(2, 1, Tester.bytes(5));

    assertThat(tester.nCommitted(1)).extracting(Tester.Committed::count).isEqualTo(1);
  }

  @Test
  void snapshotOfAnotherHistoryIsFound() {
    AppliedCommands applied = new AppliedCommands(2, true);
    applied.applied(0, 1, Tester.bytes(5));
    applied.restored(1, 2, List.of(Tester.bytes(6), Tester.bytes(7)));

    assertThatThrownBy(applied::check).hasMessage("commit index=1 server=1 6 != server=0 5");
  }

  @Test
  void snapshotThatIsNotWhatWasAnnouncedIsFound() {
    AppliedCommands applied = new AppliedCommands(1, true);
    applied.restored(0, 3, List.of(Tester.bytes(6), Tester.bytes(7)));

    assertThatThrownBy(applied::check)
        .hasMessage("server 0: the snapshot announced for index 3 is one of index 2");
  }

  @Test
  void snapshotThatTakesAServerBackIsFound() {
    AppliedCommands applied = new AppliedCommands(1, true);
    applied.applied(0, 1, Tester.bytes(5));
    applied.applied(0, 2, Tester.bytes(6));
    applied.restored(0, 2, List.of(Tester.bytes(5), Tester.bytes(6)));

    assertThatThrownBy(applied::check)
        .hasMessage("server 0 has applied index 2 and goes back to a snapshot at 2");
  }

  @Test
  void withSnapshotsCommandThatIsAppliedAgainIsFound() {
    AppliedCommands applied = new AppliedCommands(1, true);
    applied.restored(0, 2, List.of(Tester.bytes(5), Tester.bytes(6)));
    applied.applied(0, 2, Tester.bytes(6));

    assertThatThrownBy(applied::check)
        .hasMessage("server 0 apply out of order, expected index 3, got 2 again");
  }

  @Test
  void restartWithoutTheDurableSnapshotIsFound() {
    AppliedCommands applied = new AppliedCommands(1, true);
    for (int index = 1; index <= 9; index++) {
      applied.applied(0, index, Tester.bytes(index));
    }
    applied.saved(0, 9);
    applied.starting(0);
    applied.started(0);

    assertThatThrownBy(applied::check)
        .hasMessage("server 0 starts after index 0, although its snapshot at 9 was durable");
  }

  @Test
  void restartedServerGoesOnAfterItsSnapshotAndCountsForWhatItHas() {
    AppliedCommands applied = new AppliedCommands(1, true);
    for (int index = 1; index <= 12; index++) {
      applied.applied(0, index, Tester.bytes(index));
    }
    applied.saved(0, 9);
    applied.starting(0);
    applied.restored(0, 9, LongStream.rangeClosed(1, 9).mapToObj(Tester::bytes).toList());
    applied.started(0);

    assertThat(applied.at(9).count()).isEqualTo(1);
    assertThat(applied.at(10).count()).isZero();
    applied.applied(0, 10, Tester.bytes(10));
    applied.check();
    assertThat(applied.at(10).count()).isEqualTo(1);
    assertThat(applied.highest()).isEqualTo(12);
  }

  @Test
  void agreementWithoutAMajorityFailsAfterTwoSecondsOrWithRetriesAfterTen() {
    int leader = tester.checkOneLeader();
    tester.cut((leader + 1) % 3);
    tester.cut((leader + 2) % 3);
    long begin = world.nowNanos();

    assertThatThrownBy(() -> tester.one(7, 3))
        .hasMessage("one(7) failed to reach agreement among 3 servers");
    assertThat(world.nowNanos() - begin).isBetween(2_000_000_000L, 2_100_000_000L);

    long again = world.nowNanos();
    assertThatThrownBy(() -> tester.retry(8, 3)).isInstanceOf(LabFailure.class);
    assertThat(world.nowNanos() - again).isBetween(10_000_000_000L, 12_100_000_000L);
  }

  @Test
  void leaderIsMissedWithinFiveSeconds() {
    tester.checkOneLeader();
    tester.checkOneLeader();
    for (int server = 0; server < 3; server++) {
      tester.cut(server);
    }
    tester.sleepElection();
    tester.checkNoLeader();

    assertThatThrownBy(tester::checkOneLeader).hasMessage("expected one leader, got none");
  }

  @Test
  void leaderThatShouldNotBeIsFound() {
    tester.checkOneLeader();

    assertThatThrownBy(tester::checkNoLeader).hasMessageContaining("expected no leader");
  }

  @Test
  void cutOffServersSeeNeitherOthersNorEachOther() {
    int leader = tester.checkOneLeader();
    tester.cut(leader);
    tester.cut((leader + 1) % 3);
    tester.sleepElection();
    long handled = tester.handledRpcs();

    tester.sleepElection();

    assertThat(tester.handledRpcs()).isEqualTo(handled);
    assertThat(world.network().rpcs()).isGreaterThan(handled);
  }

  @Test
  void waitEndsWhenTheTermIsOver() {
    int leader = tester.checkOneLeader();
    long term = tester.state(leader).term();
    tester.cut(leader);

    assertThat(tester.await(1, 3, term)).isNull();
  }

  @Test
  void waitForWhatIsNeverCommittedFails() {
    tester.checkOneLeader();

    assertThatThrownBy(() -> tester.await(1, 3, 0))
        .hasMessage("only 0 decided for index 1; wanted 3");
  }
}
