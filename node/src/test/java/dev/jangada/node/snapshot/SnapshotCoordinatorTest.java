package dev.jangada.node.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jangada.node.request.Outcome;
import dev.jangada.node.request.RaftException;
import dev.jangada.raft.EntryId;
import dev.jangada.raft.HardState;
import dev.jangada.raft.Message;
import dev.jangada.raft.Proposal;
import dev.jangada.raft.ProposeResult;
import dev.jangada.raft.Raft;
import dev.jangada.raft.RaftConfig;
import dev.jangada.raft.Ready;
import dev.jangada.raft.RecoveredLog;
import dev.jangada.raft.SnapshotMetadata;
import dev.jangada.raft.StateMachine;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A coordinator beside a real core, in events of one turn. */
class SnapshotCoordinatorTest {
  private static final RaftConfig CONFIG =
      RaftConfig.builder(1, List.of(1L, 2L, 3L)).preVote(false).build();

  private final Raft raft =
      new Raft(
          CONFIG,
          HardState.INITIAL,
          RecoveredLog.empty((from, to, maxBytes) -> List.of()),
          0,
          new Random(1));

  private final List<SnapshotTask> tasks = new ArrayList<>();
  private final List<Message> sent = new ArrayList<>();
  private final SnapshotCoordinator coordinator =
      new SnapshotCoordinator(raft, CONFIG, tasks::add, sent::add, new SnapshotPolicy(0, 0, 4, 2));

  /** Leads term 1, has committed its first entry, and reads a snapshot of it for node 2. */
  @BeforeEach
  void leadAndBeginToSend() {
    raft.campaign();
    work();
    raft.step(new Message.VoteResponse(2, 1, 1, true));
    work();
    raft.step(new Message.AppendAccepted(2, 1, 1, 1, 0));
    work();
    coordinator.leadershipChanged();
    coordinator.wanted(2);
    coordinator.event(new SnapshotEvent.Captured(SnapshotTask.Purpose.SEND, new TwelveBytes(1)));
  }

  @Test
  void pieceThatWasReadIsSent() {
    coordinator.event(piece());

    assertThat(sent)
        .containsExactly(
            new Message.SnapshotChunk(
                1, 2, 1, new EntryId(1, 1), CONFIG.initialMembership(), 12, 0, new byte[4]));
  }

  @Test
  void pieceIsNotSentInATermThatBeganInTheSameTurn() {
    raft.step(new Message.StaleTerm(3, 1, 7));
    coordinator.event(piece());

    assertThat(sent).isEmpty();
  }

  @Test
  void nothingIsSavedWhileASnapshotIsInstalled() {
    EntryId last = new EntryId(9, 2);
    List<EntryId> saved = new ArrayList<>();
    followAndInstall(last);

    coordinator.take(savedTo(saved));
    coordinator.applied(last.index());
    coordinator.advance();

    // The machine would be where the snapshot ends, the log would not know that entry.
    assertThat(tasks).hasExactlyElementsOfTypes(SnapshotTask.Restore.class);

    raft.snapshotInstalled(last);
    coordinator.installed(last);
    tasks.clear();
    coordinator.advance();
    assertThat(tasks).containsExactly(new SnapshotTask.Capture(SnapshotTask.Purpose.SAVE));
    coordinator.event(
        new SnapshotEvent.Captured(SnapshotTask.Purpose.SAVE, new TwelveBytes(last.index())));
    assertThat(saved).containsExactly(last);
  }

  @Test
  void whatIsBeingSavedAlreadyIsFinishedWhileASnapshotIsInstalled() {
    EntryId last = new EntryId(9, 2);
    List<EntryId> saved = new ArrayList<>();
    coordinator.take(savedTo(saved));
    coordinator.advance();
    assertThat(tasks).contains(new SnapshotTask.Capture(SnapshotTask.Purpose.SAVE));
    followAndInstall(last);

    // The picture was asked for before the machine is restored, and so is taken before.
    EntryId before = new EntryId(1, 1);
    coordinator.event(
        new SnapshotEvent.Captured(SnapshotTask.Purpose.SAVE, new TwelveBytes(before.index())));
    coordinator.event(new SnapshotEvent.Saved(before, 12));

    assertThat(saved).containsExactly(before);
  }

  @Test
  void logIsKeptUntilWhoInstalledASnapshotHasWhatCameMeanwhile() {
    sendWholeSnapshotTo3();
    commitUpTo(9);
    coordinator.advance();
    assertThat(raft.status().base().index()).as("node 3 is to install it").isOne();

    raft.step(new Message.AppendAccepted(3, 1, 1, 1, 0));
    work();
    commitUpTo(12);
    coordinator.advance();
    assertThat(raft.status().base().index()).as("node 3 has installed it").isOne();

    raft.step(new Message.AppendAccepted(3, 1, 1, 6, 0));
    coordinator.tick();
    coordinator.advance();
    assertThat(raft.status().base().index()).as("node 3 gets on").isEqualTo(6);

    raft.step(new Message.AppendAccepted(3, 1, 1, 12, 0));
    coordinator.tick();
    coordinator.advance();
    commitUpTo(20);
    coordinator.advance();
    assertThat(raft.status().base().index()).as("node 3 is like any other").isEqualTo(20);
  }

  @Test
  void logIsNotKeptForEverForWhoInstalledASnapshotAndGetsOnNoFurther() {
    sendWholeSnapshotTo3();
    raft.step(new Message.AppendAccepted(3, 1, 1, 1, 0));
    work();
    commitUpTo(9);

    for (int tick = 0; tick < 60 * CONFIG.electionTimeoutTicks(); tick++) {
      assertThat(raft.status().base().index()).isOne();
      coordinator.tick();
      coordinator.advance();
    }
    assertThat(raft.status().base().index()).isEqualTo(9);
  }

  private void sendWholeSnapshotTo3() {
    EntryId last = new EntryId(1, 1);
    raft.compact(1);
    // It is there, and has nothing.
    raft.step(new Message.AppendRejected(3, 1, 1, 0, 0, 1, 0));
    work();
    coordinator.received(new Message.SnapshotAck(2, 1, 1, last, 12));
    coordinator.wanted(3);
    coordinator.received(new Message.SnapshotAck(3, 1, 1, last, 12));
    assertThat(coordinator.statistics().sent()).isEqualTo(2);
  }

  /** Entries up to an index are committed by nodes 1 and 2, applied, and saved. */
  private void commitUpTo(long index) {
    while (raft.status().last().index() < index) {
      assertThat(raft.propose(new Proposal(7, raft.status().last().index(), new byte[8])))
          .isInstanceOf(ProposeResult.Accepted.class);
      work();
    }
    raft.step(new Message.AppendAccepted(2, 1, 1, index, 0));
    work();
    coordinator.applied(index);
    coordinator.stateDurable(index);
  }

  /** Follows node 3, the leader of term 2, and has begun to install what that has sent. */
  private void followAndInstall(EntryId last) {
    raft.step(new Message.AppendRequest(3, 1, 2, new EntryId(1, 1), List.of(), 1, 0, true));
    work();
    coordinator.leadershipChanged();
    SnapshotMetadata of = new SnapshotMetadata(last, CONFIG.initialMembership());
    coordinator.received(
        new Message.SnapshotChunk(3, 1, 2, last, of.membership(), 12, 0, new byte[12]));
    coordinator.event(new SnapshotEvent.Received(of, new TwelveBytes(last.index())));
    Ready ready = raft.ready();
    assertThat(ready.install()).isEqualTo(of);
    tasks.clear();
    coordinator.install(last);
  }

  private static Outcome.Snapshot savedTo(List<EntryId> saved) {
    return new Outcome.Snapshot() {
      @Override
      public void taken(EntryId last) {
        saved.add(last);
      }

      @Override
      public void failed(RaftException failure) {
        throw new AssertionError(failure);
      }
    };
  }

  private static SnapshotEvent piece() {
    return new SnapshotEvent.Piece(new EntryId(1, 1), 0, new byte[4]);
  }

  private void work() {
    while (raft.hasReady()) {
      Ready ready = raft.ready();
      if (ready.persisted() != null) {
        raft.persisted(ready.persisted());
      }
      if (!ready.apply().isEmpty()) {
        raft.applied(ready.apply().getLast().index());
      }
    }
  }

  private record TwelveBytes(long index) implements StateMachine.Snapshot {
    @Override
    public long size() {
      return 12;
    }

    @Override
    public InputStream open() {
      return new ByteArrayInputStream(new byte[12]);
    }

    @Override
    public void close() {}
  }
}
