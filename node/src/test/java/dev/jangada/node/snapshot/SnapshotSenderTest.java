package dev.jangada.node.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jangada.raft.EntryId;
import dev.jangada.raft.Membership;
import dev.jangada.raft.SnapshotMetadata;
import dev.jangada.raft.StateMachine;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Sender and receiver over a channel that loses, repeats and reorders. */
class SnapshotSenderTest {
  private static final int TIMEOUT = 10;
  private static final EntryId LAST = new EntryId(100, 3);

  private final Leader leader = new Leader();
  private long base;
  private long recent;
  private final SnapshotSender sender =
      new SnapshotSender(new SnapshotPolicy(0, 0, 4, 3), TIMEOUT, () -> base, () -> recent, leader);

  // --- Window ------------------------------------------------------------------------------------

  @Test
  void nothingIsReadBeforeAFollowerWantsASnapshotAndThePictureIsThere() {
    assertThat(leader.log).isEmpty();

    sender.wanted(2);
    sender.wanted(3);

    assertThat(leader.log).containsExactly("capture");
  }

  @Test
  void theFirstPieceIsSentAloneAndThenAWindowOfThem() {
    begin(2, 40);
    readAll();
    assertThat(leader.takeOffsets()).containsExactly(0L);

    sender.acknowledged(2, LAST, 4);
    readAll();
    assertThat(leader.takeOffsets()).containsExactly(4L, 8L, 12L);

    sender.acknowledged(2, LAST, 8);
    readAll();
    assertThat(leader.takeOffsets()).containsExactly(16L);
  }

  @Test
  void anInterruptedTransferGoesOnWhereTheReceiverSays() {
    begin(2, 40);
    readAll();
    leader.takeOffsets();

    sender.acknowledged(2, LAST, 30);
    readAll();

    assertThat(leader.takeOffsets()).containsExactly(30L, 34L, 38L);
  }

  @Test
  void theLastAcknowledgementEndsTheTransferAndTheNextFollowerIsServedFromTheSamePicture() {
    begin(2, 4);
    sender.wanted(3);
    readAll();

    sender.acknowledged(2, LAST, 4);
    readAll();

    assertThat(leader.log).contains("sent to 2: true").containsOnlyOnce("capture");
    assertThat(leader.sent.getLast().peer()).isEqualTo(3);
  }

  @Test
  void aPictureIsSentToOneMoreFollowerOnlyAsLongAsItIsRecent() {
    begin(2, 4);
    sender.wanted(3);
    readAll();
    recent = LAST.index() + 1;

    sender.acknowledged(2, LAST, 4);

    assertThat(leader.log.stream().filter("capture"::equals)).hasSize(2);
  }

  /** However fast the machine goes on: otherwise none would ever be sent. */
  @Test
  void aPictureThatWasJustTakenIsSentAtLeastOnce() {
    recent = LAST.index() + 1;

    begin(2, 4);
    readAll();

    assertThat(leader.log).containsOnlyOnce("capture");
    assertThat(leader.takeOffsets()).containsExactly(0L);
  }

  @Test
  void anEmptySnapshotIsOnePiece() {
    begin(2, 0);
    readAll();
    assertThat(leader.takeOffsets()).containsExactly(0L);

    readAll();
    assertThat(leader.takeOffsets()).isEmpty();
    sender.acknowledged(2, LAST, 0);

    assertThat(leader.log).contains("sent to 2: true");
  }

  // --- Loss --------------------------------------------------------------------------------------

  @Test
  void silenceHasOnePieceSentAgainAfterAnElectionTimeoutAndNotBefore() {
    begin(2, 40);
    readAll();
    leader.takeOffsets();

    tick(TIMEOUT - 1);
    assertThat(leader.takeOffsets()).isEmpty();
    tick(1);

    assertThat(leader.takeOffsets()).containsExactly(0L);
  }

  @Test
  void aRepeatedAcknowledgementHasEverythingAfterItSentAgainOnlyOnce() {
    begin(2, 40);
    readAll();
    sender.acknowledged(2, LAST, 4);
    readAll();
    leader.takeOffsets();

    for (int i = 0; i < 5; i++) {
      sender.acknowledged(2, LAST, 4);
      tick(1);
    }

    assertThat(leader.takeOffsets()).containsExactly(4L, 8L, 12L);
  }

  @Test
  void aReceiverThatStartsAnewIsSentEverythingAgain() {
    begin(2, 40);
    readAll();
    sender.acknowledged(2, LAST, 12);
    readAll();
    leader.takeOffsets();

    sender.acknowledged(2, LAST, 0);
    readAll();
    assertThat(leader.takeOffsets()).as("may be an old answer").isEmpty();
    tick(TIMEOUT);
    assertThat(leader.takeOffsets()).containsExactly(12L);
    sender.acknowledged(2, LAST, 0);
    readAll();

    assertThat(leader.takeOffsets()).containsExactly(0L, 4L, 8L);
  }

  @Test
  void acknowledgementsOfOthersOfOtherSnapshotsAndBeyondTheEndAreIgnored() {
    begin(2, 40);
    readAll();
    leader.takeOffsets();

    sender.acknowledged(3, LAST, 4);
    sender.acknowledged(2, new EntryId(99, 3), 4);
    sender.acknowledged(2, LAST, 41);
    sender.acknowledged(2, LAST, -1);
    readAll();

    assertThat(leader.takeOffsets()).isEmpty();
    assertThat(leader.log).noneMatch(line -> line.startsWith("sent"));
  }

  @Test
  void aFollowerThatSaysNothingIsGivenUpOnce() {
    begin(2, 40);

    tick(5 * TIMEOUT - 1);
    assertThat(leader.log).noneMatch(line -> line.startsWith("sent"));
    tick(10 * TIMEOUT);

    assertThat(leader.log).containsOnlyOnce("sent to 2: false");
  }

  @Test
  void aFollowerThatAnswersButGetsNoFurtherIsGivenUpInTheEnd() {
    begin(2, 40);
    for (int i = 0; i < 60 * TIMEOUT; i++) {
      assertThat(leader.log).noneMatch(line -> line.startsWith("sent"));
      sender.acknowledged(2, LAST, 0);
      tick(1);
    }

    assertThat(leader.log).containsOnlyOnce("sent to 2: false");
  }

  // --- Leadership and pictures -------------------------------------------------------------------

  @Test
  void nothingMoreIsSentOnceTheLeadershipIsGone() {
    begin(2, 40);
    sender.wanted(3);
    sender.leadershipChanged();
    leader.takeOffsets();

    sender.acknowledged(2, LAST, 4);
    readAll();
    tick(6 * TIMEOUT);

    assertThat(leader.sent).isEmpty();
    assertThat(leader.log).noneMatch(line -> line.startsWith("sent"));
    assertThat(sender.needed()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void thePictureIsClosedWhenNobodyWantsItForAWhile() {
    begin(2, 4);
    readAll();
    sender.acknowledged(2, LAST, 4);
    assertThat(leader.log).doesNotContain("close");

    tick(20 * TIMEOUT);

    assertThat(leader.log).containsOnlyOnce("close");
  }

  @Test
  void aPictureThatTheLogDoesNotGoOnFromIsReplaced() {
    begin(2, 4);
    readAll();
    sender.acknowledged(2, LAST, 4);
    base = 101;
    leader.log.clear();

    sender.wanted(3);
    assertThat(leader.log).containsExactly("capture");
    sender.captured(new EntryId(150, 3), leader.picture(150, 8));
    readAll();

    assertThat(leader.log).containsOnlyOnce("close");
    assertThat(leader.sent.getLast().last().index()).isEqualTo(150);
  }

  @Test
  void theLogIsNeededFromThePictureOnWhileItIsSent() {
    assertThat(sender.needed()).isEqualTo(Long.MAX_VALUE);
    begin(2, 4);
    assertThat(sender.needed()).isEqualTo(100);
    readAll();
    sender.acknowledged(2, LAST, 4);
    assertThat(sender.needed()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void theLogIsNotKeptForAFollowerThatDoesNotAnswerUntilItDoes() {
    begin(2, 40);
    readAll();
    tick(2 * TIMEOUT - 1);
    assertThat(sender.needed()).isEqualTo(100);

    tick(1);
    assertThat(sender.needed()).isEqualTo(Long.MAX_VALUE);

    sender.acknowledged(2, LAST, 4);
    assertThat(sender.needed()).isEqualTo(100);
    base = 101; // Cut meanwhile: now it is too late.
    assertThat(sender.needed()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void whoWaitsBehindASilentFollowerGetsANewPictureIfTheLogWasCut() {
    begin(2, 40);
    sender.wanted(3);
    readAll();
    tick(2 * TIMEOUT);
    base = 140;
    leader.log.clear();

    tick(3 * TIMEOUT);
    assertThat(leader.log).contains("sent to 2: false", "capture");
  }

  // --- Together with the receiver ----------------------------------------------------------------

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
  void everythingArrivesThoughPiecesAreLostRepeatedAndReordered(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    Follower follower = new Follower();
    begin(2, 1 + random.nextInt(200));
    Deque<Long> answers = new ArrayDeque<>();
    boolean mayRestart = true;

    for (int step = 0; !leader.log.contains("sent to 2: true"); step++) {
      assertThat(step).as("steps of seed %s", seed).isLessThan(20_000);
      assertThat(leader.log).as("seed %s", seed).doesNotContain("sent to 2: false");
      readAll();
      if (!leader.sent.isEmpty() && random.nextInt(3) > 0) {
        Piece piece = leader.sent.remove(random.nextInt(Math.min(3, leader.sent.size())));
        // Not so many losses that a follower may seem to be silent, and be given up.
        if (random.nextInt(10) > 0) {
          SnapshotMetadata of = new SnapshotMetadata(piece.last(), Membership.NONE);
          follower.receiver.piece(1, 1, of, piece.total(), piece.offset(), piece.data());
        }
        if (random.nextInt(5) == 0) {
          leader.sent.add(random.nextInt(leader.sent.size() + 1), piece);
        }
      }
      follower.store(random.nextInt(3), answers);
      if (!answers.isEmpty() && random.nextInt(2) == 0) {
        long answer = answers.remove();
        if (random.nextInt(10) > 0) {
          sender.acknowledged(2, LAST, answer);
        }
      }
      if (mayRestart && follower.complete == null && random.nextInt(200) == 0) {
        mayRestart = false;
        follower = new Follower();
      }
      tick(random.nextInt(2));
    }

    assertThat(follower.complete).as("seed %s", seed).isEqualTo(leader.bytes);
  }

  private void begin(long follower, int size) {
    sender.wanted(follower);
    sender.captured(LAST, leader.picture(LAST.index(), size));
  }

  /** Has everything read that was asked for, and what follows from it. */
  private void readAll() {
    while (!leader.reads.isEmpty()) {
      leader.reads.remove().run();
    }
  }

  private void tick(int count) {
    for (int i = 0; i < count; i++) {
      sender.tick();
      readAll();
    }
  }

  private record Piece(long peer, EntryId last, long total, long offset, byte[] data) {}

  private final class Leader implements SnapshotSender.Outlet {
    final List<String> log = new ArrayList<>();
    final List<Piece> sent = new ArrayList<>();
    final Deque<Runnable> reads = new ArrayDeque<>();
    byte[] bytes = new byte[0];

    StateMachine.Snapshot picture(long index, int size) {
      bytes = new byte[size];
      for (int i = 0; i < size; i++) {
        bytes[i] = (byte) (i * 7L + index);
      }
      byte[] content = bytes;
      return new StateMachine.Snapshot() {
        @Override
        public long index() {
          return index;
        }

        @Override
        public long size() {
          return size;
        }

        @Override
        public InputStream open() {
          return new ByteArrayInputStream(content);
        }

        @Override
        public void close() {}
      };
    }

    List<Long> takeOffsets() {
      List<Long> offsets = sent.stream().map(Piece::offset).toList();
      sent.clear();
      return offsets;
    }

    @Override
    public void capture() {
      log.add("capture");
    }

    @Override
    public void read(EntryId last, StateMachine.Snapshot snapshot, long offset, int length) {
      byte[] data = Arrays.copyOfRange(bytes, (int) offset, (int) offset + length);
      reads.add(() -> sender.piece(last, offset, data));
    }

    @Override
    public void send(long peer, EntryId last, long total, long offset, byte[] data) {
      sent.add(new Piece(peer, last, total, offset, data));
    }

    @Override
    public void sending(long peer, EntryId last, long total) {
      log.add("sending to " + peer);
    }

    @Override
    public void sent(long peer, EntryId last, boolean complete) {
      log.add("sent to " + peer + ": " + complete);
    }

    @Override
    public void close(StateMachine.Snapshot snapshot) {
      log.add("close");
    }
  }

  /** A receiver with its store, in which pieces wait until they are written. */
  private static final class Follower implements SnapshotReceiver.Outlet {
    final SnapshotReceiver receiver = new SnapshotReceiver(this);
    private final Deque<Piece> writes = new ArrayDeque<>();
    private final List<Long> acknowledged = new ArrayList<>();
    private byte[] stored = new byte[0];
    private byte @Nullable [] complete;

    void store(int count, Deque<Long> answers) {
      for (int i = 0; i < count && !writes.isEmpty(); i++) {
        Piece piece = writes.remove();
        if (piece.offset() == 0) {
          stored = new byte[0];
        }
        assertThat(piece.offset()).as("pieces are stored in order").isEqualTo(stored.length);
        stored = Arrays.copyOf(stored, stored.length + piece.data().length);
        System.arraycopy(piece.data(), 0, stored, (int) piece.offset(), piece.data().length);
        if (stored.length == piece.total()) {
          complete = stored;
          receiver.stored(piece.last());
        } else {
          receiver.written(piece.last(), stored.length);
        }
      }
      answers.addAll(acknowledged);
      acknowledged.clear();
    }

    @Override
    public void write(SnapshotMetadata of, long total, long offset, byte[] data) {
      writes.add(new Piece(0, of.last(), total, offset, data));
    }

    @Override
    public void acknowledge(long to, EntryId last, long received) {
      acknowledged.add(received);
    }
  }
}
