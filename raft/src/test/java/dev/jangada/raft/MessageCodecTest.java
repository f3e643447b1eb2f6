package dev.jangada.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jangada.raft.Message.AppendRejected;
import dev.jangada.raft.Message.AppendRequest;
import dev.jangada.raft.Message.Forward;
import dev.jangada.raft.Message.ForwardRefused;
import dev.jangada.raft.Message.PreVoteRequest;
import dev.jangada.raft.Message.PreVoteResponse;
import dev.jangada.raft.Message.SnapshotAck;
import dev.jangada.raft.Message.SnapshotChunk;
import dev.jangada.raft.Message.StaleTerm;
import dev.jangada.raft.Message.VoteRequest;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class MessageCodecTest {

  /** Offset of the first byte after kind, from, to and term. */
  private static final int BODY = 25;

  @Provide
  Arbitrary<Message> messages() {
    return MessageArbitraries.anyMessage();
  }

  @Test
  void everyKindOfMessageIsAmongThoseThatAreTested() {
    assertThat(MessageArbitraries.byKind().keySet())
        .containsExactlyInAnyOrderElementsOf(
            Arrays.<Class<?>>asList(Message.class.getPermittedSubclasses()).stream()
                .<Class<? extends Message>>map(kind -> kind.asSubclass(Message.class))
                .toList());
  }

  @Property(tries = 100)
  void decodeGivesBackEveryKindOfMessage(@ForAll("oneOfEachKind") List<Message> messages)
      throws MalformedMessageException {
    for (Message message : messages) {
      assertThat(MessageCodec.decode(encoded(message))).isEqualTo(message);
    }
  }

  @Provide
  Arbitrary<List<Message>> oneOfEachKind() {
    Map<Class<? extends Message>, Arbitrary<Message>> byKind = MessageArbitraries.byKind();
    return Combinators.combine(List.copyOf(byKind.values())).as(messages -> messages);
  }

  @Property(tries = 300)
  void encodedSizeStaysWithinTheBoundForItsWeight(@ForAll("messages") Message message) {
    long weight =
        switch (message) {
          case AppendRequest m -> m.entries().stream().mapToLong(Entry::weight).sum();
          case Forward m -> m.proposals().stream().mapToLong(Proposal::weight).sum();
          case SnapshotChunk m -> m.data().length;
          case ForwardRefused m -> (long) m.sequences().size() * Entry.OVERHEAD_BYTES;
          default -> 0;
        };
    assertThat((long) MessageCodec.encodedSize(message))
        .isLessThanOrEqualTo(MessageCodec.maxEncodedSize(weight));
  }

  @Property(tries = 500)
  void decodeRefusesEveryTruncation(@ForAll("messages") Message message) {
    byte[] bytes = encoded(message).array();
    for (int length = 0; length < bytes.length; length++) {
      ByteBuffer truncated = ByteBuffer.wrap(bytes, 0, length);
      assertThatThrownBy(() -> MessageCodec.decode(truncated))
          .as("%s cut to %d bytes", message, length)
          .isInstanceOf(MalformedMessageException.class);
    }
  }

  @Property(tries = 300)
  void decodeRefusesBytesAfterTheEnd(
      @ForAll("messages") Message message, @ForAll @Size(min = 1, max = 60) byte[] more) {
    byte[] bytes = encoded(message).array();
    byte[] longer = Arrays.copyOf(bytes, bytes.length + more.length);
    System.arraycopy(more, 0, longer, bytes.length, more.length);
    assertThatThrownBy(() -> MessageCodec.decode(ByteBuffer.wrap(longer)))
        .isInstanceOf(MalformedMessageException.class);
  }

  /** Damage is either seen, or makes another message, of which this is the only encoding. */
  @Property(tries = 500)
  void decodeRefusesOrUnderstandsEveryFlippedBit(
      @ForAll("messages") Message message, @ForAll @IntRange(max = 1_000_000) int where) {
    byte[] bytes = encoded(message).array();
    int bit = where % (bytes.length * 8);
    bytes[bit / 8] ^= (byte) (1 << (bit % 8));
    assertRefusedOrUnderstood(bytes);
  }

  @Property(tries = 500)
  void decodeRefusesOrUnderstandsOverwrittenBytes(
      @ForAll("messages") Message message,
      @ForAll @IntRange(max = 1_000_000) int where,
      @ForAll @Size(min = 1, max = 8) byte[] rubbish) {
    byte[] bytes = encoded(message).array();
    int start = where % bytes.length;
    System.arraycopy(rubbish, 0, bytes, start, Math.min(rubbish.length, bytes.length - start));
    assertRefusedOrUnderstood(bytes);
  }

  @Property(tries = 1000)
  void decodeRefusesOrUnderstandsRandomBytes(
      @ForAll @Size(max = 120) byte[] bytes, @ForAll @IntRange(max = 17) byte kind) {
    assertRefusedOrUnderstood(bytes);
    if (bytes.length > 0) {
      bytes[0] = kind;
      assertRefusedOrUnderstood(bytes);
    }
  }

  @Test
  void decodeAllocatesNothingForACountThatCannotBeTrue() {
    AppendRequest append =
        new AppendRequest(1, 2, 3, EntryId.NONE, List.of(Entry.noop(1, 3)), 0, 0, true);
    Forward forward = new Forward(1, 2, 3, List.of(new Proposal(1, 1, new byte[3])));
    ForwardRefused refused = new ForwardRefused(1, 2, 3, List.of(5L), Refusal.NOT_LEADER);
    // A list of these lengths would not even fit into the memory that the tests have.
    for (int count : new int[] {2, Integer.MAX_VALUE, Integer.MAX_VALUE / 2, -1, -2, 1 << 31}) {
      assertRefused(append, bytes -> bytes.putInt(BODY + 33, count), "do not fit");
      assertRefused(forward, bytes -> bytes.putInt(BODY, count), "do not fit");
      assertRefused(refused, bytes -> bytes.putInt(BODY + 1, count), "do not fit");
    }
    for (int length : new int[] {4, Integer.MAX_VALUE, -1}) {
      assertRefused(forward, bytes -> bytes.putInt(BODY + 20, length), "data of " + length);
    }
  }

  @Test
  void decodeRefusesLessThanWhatTheCountsSay() {
    Forward forward = new Forward(1, 2, 3, List.of(new Proposal(1, 1, new byte[3])));
    assertRefused(forward, bytes -> bytes.putInt(BODY, 0), "after the end");
    assertRefused(forward, bytes -> bytes.putInt(BODY + 20, 2), "after the end");
  }

  @Test
  void decodeRefusesWhatNoMessageCanSay() {
    StaleTerm message = new StaleTerm(1, 2, 3);
    assertRefused(message, bytes -> bytes.put(0, (byte) 0), "unknown kind 0");
    assertRefused(message, bytes -> bytes.put(0, (byte) 16), "unknown kind 16");
    assertRefused(message, bytes -> bytes.putLong(1, 0), "0 is no id");
    assertRefused(message, bytes -> bytes.putLong(9, 0), "0 is no id");
    assertRefused(message, bytes -> bytes.putLong(17, 0), "term must be at least 1");
    assertRefused(message, bytes -> bytes.putLong(17, -5), "term must be at least 1");
    PreVoteResponse response = new PreVoteResponse(1, 2, 3, false);
    assertRefused(response, bytes -> bytes.put(BODY, (byte) 2), "granted must be 0 or 1");
    assertRefused(new PreVoteResponse(1, 2, 0, true), bytes -> {}, "term must be at least 1");
    Forward forward = new Forward(1, 2, 3, List.of(new Proposal(1, 1, new byte[3])));
    assertRefused(forward, bytes -> bytes.putLong(BODY + 4, 0), "0 is no id");
    ForwardRefused refused = new ForwardRefused(1, 2, 3, List.of(), Refusal.NOT_LEADER);
    assertRefused(refused, bytes -> bytes.put(BODY, (byte) 77), "unknown reason 77");
  }

  @Test
  void decodeRefusesACandidateWhoseLogIsNotOlderThanItsTerm() {
    EntryId last = new EntryId(7, 3);
    assertRefused(new PreVoteRequest(1, 2, 3, last), bytes -> {}, "not of an older term");
    assertRefused(new VoteRequest(1, 2, 2, last, false), bytes -> {}, "not of an older term");
    VoteRequest request = new VoteRequest(1, 2, 9, last, false);
    assertRefused(request, bytes -> bytes.putLong(BODY, 0), "no entry can have index 0");
    assertRefused(request, bytes -> bytes.putLong(BODY + 8, 0), "term 0");
    assertRefused(request, bytes -> bytes.putLong(BODY, -1), "index -1");
  }

  @Test
  void decodeRefusesAnAppendWhoseEntriesDoNotFollowEachOther() {
    EntryId previous = new EntryId(4, 2);
    assertAppendRefused(5, previous, "follows on 4@2", Entry.noop(6, 2));
    assertAppendRefused(5, previous, "follows on 4@2", Entry.noop(4, 2));
    assertAppendRefused(5, previous, "follows on 5@2", Entry.noop(5, 2), Entry.noop(7, 2));
    assertAppendRefused(5, EntryId.NONE, "follows on 0@0", Entry.noop(2, 2));
    assertAppendRefused(
        5, new EntryId(Long.MAX_VALUE, 2), "follows on 9223372036854775807@2", Entry.noop(1, 2));
  }

  @Test
  void decodeRefusesAnAppendWhoseTermsFallOrExceedTheLeaders() {
    EntryId previous = new EntryId(4, 2);
    assertAppendRefused(5, previous, "terms must not fall", Entry.noop(5, 1));
    assertAppendRefused(5, previous, "terms must not fall", Entry.noop(5, 4), Entry.noop(6, 3));
    assertAppendRefused(5, previous, "terms must not fall", Entry.noop(5, 6));
    assertAppendRefused(1, previous, "of a later term");
  }

  @Test
  void decodeRefusesNegativeIndexes() {
    AppendRequest append = new AppendRequest(1, 2, 3, EntryId.NONE, List.of(), 0, 0, true);
    assertRefused(append, bytes -> bytes.putLong(BODY + 16, -1), "commit must not be negative");
    assertRefused(append, bytes -> bytes.putLong(BODY + 24, -1), "readRound must not be negative");
  }

  @Test
  void decodeRefusesAFlagThatIsNeitherYesNorNo() {
    AppendRequest append = new AppendRequest(1, 2, 3, EntryId.NONE, List.of(), 0, 0, true);
    assertRefused(append, bytes -> bytes.put(BODY + 32, (byte) 2), "answered");
  }

  @Test
  void decodeRefusesARejectionWithAHintBeyondWhatWasRejected() {
    assertRefused(new AppendRejected(1, 2, 5, 10, 0, 11, 0), bytes -> {}, "later conflict 11");
    assertRefused(new AppendRejected(1, 2, 5, 10, 6, 10, 0), bytes -> {}, "of term 6");
    assertRefused(new AppendRejected(1, 2, 5, 10, 2, 0, 0), bytes -> {}, "conflictIndex");
    assertRefused(new AppendRejected(1, 2, 5, 0, 0, 1, 0), bytes -> {}, "previousIndex");
  }

  /** Where the length of a chunk's data is, after a membership of nobody. */
  private static final int CHUNK_LENGTH =
      BODY + 4 * Long.BYTES + Integer.BYTES + MembershipCodec.size(Membership.NONE);

  @Test
  void decodeRefusesAChunkThatDoesNotFitIntoItsSnapshot() {
    EntryId last = new EntryId(9, 4);
    SnapshotChunk chunk = new SnapshotChunk(1, 2, 5, last, Membership.NONE, 100, 97, new byte[3]);
    assertRefused(chunk, bytes -> bytes.putLong(BODY + 16, 99), "does not fit");
    assertRefused(chunk, bytes -> bytes.putLong(BODY + 24, 98), "does not fit");
    assertRefused(chunk, bytes -> bytes.putLong(BODY + 24, Long.MAX_VALUE), "does not fit");
    assertRefused(chunk, bytes -> bytes.putLong(BODY + 16, -1), "total must not be negative");
    assertRefused(chunk, bytes -> bytes.putLong(BODY + 24, -1), "offset must not be negative");
    assertRefused(chunk, bytes -> bytes.putInt(CHUNK_LENGTH, 2), "after the end");
    assertRefused(chunk, bytes -> bytes.putInt(CHUNK_LENGTH, -1), "data of -1 bytes");
    assertRefused(chunk, bytes -> bytes.putInt(CHUNK_LENGTH, Integer.MAX_VALUE), "does not fit");
  }

  @Test
  void decodeRefusesAChunkWhoseMembershipIsNone() {
    Membership membership = Membership.ofVoters(List.of(1L, 2L));
    SnapshotChunk chunk =
        new SnapshotChunk(1, 2, 5, new EntryId(9, 4), membership, 3, 0, new byte[3]);
    assertRefused(chunk, bytes -> bytes.put(BODY + 36, (byte) 99), "unknown version 99");
    assertRefused(chunk, bytes -> bytes.putInt(BODY + 32, Integer.MAX_VALUE), "data of 2147483647");
  }

  @Test
  void decodeRefusesAnAppendWhoseConfigurationIsNone() {
    Entry entry = Entry.configuration(1, 1, Membership.ofVoters(List.of(1L, 2L)));
    AppendRequest append = new AppendRequest(1, 2, 1, EntryId.NONE, List.of(entry), 0, 0, true);
    int data = MessageCodec.APPEND_HEADER_BYTES + EntryCodec.HEADER_BYTES;
    assertRefused(append, bytes -> bytes.put(data, (byte) 99), "unknown version 99");
    assertRefused(append, bytes -> bytes.put(data + 11, (byte) 9), "the standing 9");
  }

  @Test
  void decodeAllocatesNothingForAChunkThatIsNotThere() {
    SnapshotChunk chunk =
        new SnapshotChunk(
            1, 2, 5, new EntryId(9, 4), Membership.NONE, Long.MAX_VALUE, 0, new byte[3]);
    assertRefused(
        chunk, bytes -> bytes.putInt(CHUNK_LENGTH, Integer.MAX_VALUE), "data of 2147483647");
  }

  @Test
  void decodeRefusesASnapshotThatNoLeaderOfTheTermCanSend() {
    SnapshotAck ack = new SnapshotAck(1, 2, 5, new EntryId(9, 4), 7);
    assertRefused(ack, bytes -> bytes.putLong(BODY + 8, 6), "leader of term 5");
    assertRefused(ack, bytes -> bytes.putLong(BODY, 0).putLong(BODY + 8, 0), "end with 0@0");
    assertRefused(ack, bytes -> bytes.putLong(BODY + 8, 0), "no entry can have");
    assertRefused(ack, bytes -> bytes.putLong(BODY + 16, -1), "received must not be negative");
    SnapshotChunk chunk =
        new SnapshotChunk(1, 2, 5, new EntryId(9, 4), Membership.NONE, 3, 0, new byte[3]);
    assertRefused(chunk, bytes -> bytes.putLong(BODY + 8, 6), "leader of term 5");
  }

  private static void assertAppendRefused(
      long term, EntryId previous, String reason, Entry... entries) {
    assertRefused(
        new AppendRequest(1, 2, term, previous, List.of(entries), 0, 0, true), bytes -> {}, reason);
  }

  private static void assertRefused(Message message, Consumer<ByteBuffer> damage, String reason) {
    ByteBuffer bytes = encoded(message);
    damage.accept(bytes);
    assertThatThrownBy(() -> MessageCodec.decode(bytes))
        .isInstanceOf(MalformedMessageException.class)
        .hasMessageContaining(reason);
  }

  private static void assertRefusedOrUnderstood(byte[] bytes) {
    Message message = decodeOrNull(bytes);
    if (message != null) {
      assertThat(encoded(message).array()).isEqualTo(bytes);
    }
  }

  private static @Nullable Message decodeOrNull(byte[] bytes) {
    try {
      return MessageCodec.decode(ByteBuffer.wrap(bytes));
    } catch (MalformedMessageException refused) {
      return null;
    }
  }

  private static ByteBuffer encoded(Message message) {
    ByteBuffer bytes = ByteBuffer.allocate(MessageCodec.encodedSize(message));
    MessageCodec.encode(message, bytes);
    assertThat(bytes.hasRemaining()).as("all of the announced size is written").isFalse();
    return bytes.flip();
  }
}
