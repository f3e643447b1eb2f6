package dev.jangada.node.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jangada.raft.EntryId;
import dev.jangada.raft.Membership;
import dev.jangada.raft.SnapshotMetadata;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SnapshotReceiverTest {
  private static final EntryId LAST = new EntryId(100, 3);

  private final List<String> log = new ArrayList<>();
  private final SnapshotReceiver receiver =
      new SnapshotReceiver(
          new SnapshotReceiver.Outlet() {
            @Override
            public void write(SnapshotMetadata of, long total, long offset, byte[] data) {
              log.add("write " + of.last() + " " + offset + "+" + data.length + "/" + total);
            }

            @Override
            public void acknowledge(long sender, EntryId last, long received) {
              log.add("tell " + sender + ": " + last + " " + received);
            }
          });

  @Test
  void aPieceIsAcknowledgedOnceItIsStored() {
    piece(LAST, 0);
    assertThat(take()).containsExactly("write 100@3 0+4/12");

    receiver.written(LAST, 4);

    assertThat(take()).containsExactly("tell 1: 100@3 4");
  }

  @Test
  void aPieceThatIsThereAlreadyOrTooFarIsAnsweredWithWhatIsStored() {
    piece(LAST, 0);
    receiver.written(LAST, 4);
    take();

    piece(LAST, 0);
    piece(LAST, 8);

    assertThat(take()).containsExactly("tell 1: 100@3 4", "tell 1: 100@3 4");
  }

  @Test
  void whatWaitsForTheDiskIsNotAcknowledgedHoweverOftenItIsSent() {
    piece(LAST, 0);
    piece(LAST, 4);
    take();

    piece(LAST, 0);
    piece(LAST, 4);
    assertThat(take()).containsExactly("tell 1: 100@3 0", "tell 1: 100@3 0");

    receiver.written(LAST, 4);
    piece(LAST, 0);
    assertThat(take()).containsExactly("tell 1: 100@3 4", "tell 1: 100@3 4");
  }

  @Test
  void aSnapshotThatComesInTheMiddleIsAskedForFromTheStart() {
    piece(LAST, 4);

    assertThat(take()).containsExactly("tell 1: 100@3 0");
  }

  @Test
  void theBeginningOfAnotherSnapshotReplacesOneThatIsNotComplete() {
    piece(LAST, 0);
    piece(new EntryId(120, 3), 4);
    piece(new EntryId(120, 3), 0);
    piece(LAST, 4);

    assertThat(take())
        .containsExactly(
            "write 100@3 0+4/12", "tell 1: 120@3 0", "write 120@3 0+4/12", "tell 1: 100@3 0");
    receiver.written(LAST, 4);
    assertThat(take()).isEmpty();
  }

  @Test
  void whatAnotherLeaderSentOfTheSameStateIsNotGoneOnWith() {
    piece(1, 4, LAST, 0);
    piece(2, 5, LAST, 4);
    piece(2, 5, LAST, 0);
    piece(2, 5, LAST, 4);

    assertThat(take())
        .containsExactly(
            "write 100@3 0+4/12", "tell 2: 100@3 0", "write 100@3 0+4/12", "write 100@3 4+4/12");
  }

  @Test
  void whatTheSameNodeSentInAnEarlierTermIsNotGoneOnWith() {
    piece(1, 4, LAST, 0);
    piece(1, 6, LAST, 4);

    assertThat(take()).containsExactly("write 100@3 0+4/12", "tell 1: 100@3 0");
  }

  @Test
  void whatIsStoredOfAnEarlierAttemptIsNotTakenForThisOne() {
    piece(1, 4, LAST, 0);
    piece(1, 4, LAST, 4);
    piece(2, 5, LAST, 0);
    take();

    receiver.written(LAST, 4);
    receiver.written(LAST, 8);
    assertThat(take()).isEmpty();

    receiver.written(LAST, 4);
    assertThat(take()).containsExactly("tell 2: 100@3 4");
  }

  @Test
  void aThirdAttemptWaitsUntilTheFirstIsStored() {
    piece(1, 4, LAST, 0);
    piece(1, 4, LAST, 4);
    piece(2, 5, LAST, 0);
    take();

    piece(3, 6, LAST, 0);
    receiver.written(LAST, 4);
    piece(3, 6, LAST, 0);
    assertThat(take()).isEmpty();

    receiver.written(LAST, 8);
    piece(3, 6, LAST, 0);
    assertThat(take()).containsExactly("write 100@3 0+4/12");
  }

  @Test
  void theWholeIsAcknowledgedOnlyOnceItIsDurable() {
    piece(LAST, 0);
    piece(LAST, 4);
    piece(LAST, 8);
    take();

    piece(LAST, 8);
    assertThat(take()).isEmpty();
    receiver.stored(LAST);

    assertThat(take()).containsExactly("tell 1: 100@3 12");
  }

  @Test
  void nothingIsTakenInWhileASnapshotIsInstalled() {
    receiver.installing(LAST);
    piece(new EntryId(120, 3), 0);
    assertThat(take()).isEmpty();

    receiver.installed();
    piece(new EntryId(120, 3), 0);
    assertThat(take()).containsExactly("write 120@3 0+4/12");
  }

  @Test
  void aPieceThatDoesNotFitIsDropped() {
    receiver.piece(1, 4, metadata(LAST), 3, 0, new byte[4]);
    receiver.piece(1, 4, metadata(LAST), 12, Long.MAX_VALUE, new byte[4]);
    receiver.piece(1, 4, metadata(LAST), 12, -1, new byte[4]);

    assertThat(take()).isEmpty();
  }

  @Test
  void anEmptySnapshotIsStoredOnce() {
    receiver.piece(1, 4, metadata(LAST), 0, 0, new byte[0]);
    receiver.piece(1, 4, metadata(LAST), 0, 0, new byte[0]);

    assertThat(take()).containsExactly("write 100@3 0+0/0");
  }

  private static SnapshotMetadata metadata(EntryId last) {
    return new SnapshotMetadata(last, Membership.NONE);
  }

  private void piece(EntryId last, long offset) {
    piece(1, 4, last, offset);
  }

  private void piece(long from, long term, EntryId last, long offset) {
    receiver.piece(from, term, metadata(last), 12, offset, new byte[4]);
  }

  private List<String> take() {
    List<String> taken = List.copyOf(log);
    log.clear();
    return taken;
  }
}
