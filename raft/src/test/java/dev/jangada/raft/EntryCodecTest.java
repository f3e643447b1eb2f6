package dev.jangada.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.Consumer;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

final class EntryCodecTest {

  @Provide
  Arbitrary<Entry> entries() {
    return MessageArbitraries.entries();
  }

  @Property(tries = 300)
  void decodeGivesBackWhatWasEncodedAndLeavesWhatFollows(@ForAll("entries") Entry entry)
      throws MalformedMessageException {
    ByteBuffer buffer = ByteBuffer.allocate(EntryCodec.encodedSize(entry) + 1);
    EntryCodec.encode(entry, buffer);
    assertThat(buffer.remaining()).isEqualTo(1);
    buffer.flip().limit(buffer.capacity());

    assertThat(EntryCodec.decode(buffer)).isEqualTo(entry);
    assertThat(buffer.remaining()).isEqualTo(1);
  }

  @Property(tries = 300)
  void encodedSizeStaysWithinTheWeightThatLimitsCount(@ForAll("entries") Entry entry) {
    assertThat((long) EntryCodec.encodedSize(entry)).isLessThanOrEqualTo(entry.weight());
  }

  @Property(tries = 300)
  void decodeRefusesEveryTruncation(
      @ForAll("entries") Entry entry, @ForAll @IntRange(min = 0, max = 1000) int cut) {
    ByteBuffer bytes = encoded(entry);
    bytes.limit(cut % bytes.limit());
    assertThatThrownBy(() -> EntryCodec.decode(bytes))
        .isInstanceOf(MalformedMessageException.class);
  }

  @Test
  void theFormatIsTheOneThatIsWrittenDown() {
    Proposal proposal = new Proposal(0x21, 0x22, new byte[] {7, 8});
    Entry entry = Entry.command(0x0102030405060708L, 0x11, proposal);
    assertThat(encoded(entry).array())
        .containsExactly(
            1, 2, 3, 4, 5, 6, 7, 8, // index
            0, 0, 0, 0, 0, 0, 0, 0x11, // term
            1, // a command
            0, 0, 0, 0, 0, 0, 0, 0x21, // proposer
            0, 0, 0, 0, 0, 0, 0, 0x22, // sequence
            0, 0, 0, 2, 7, 8);
  }

  @Test
  void decodeRefusesWhatNoEntryCanBe() {
    Entry entry = Entry.command(5, 3, new Proposal(1, 1, new byte[10]));
    assertRefused(entry, bytes -> bytes.putLong(0, 0), "index 0");
    assertRefused(entry, bytes -> bytes.putLong(8, -1), "term -1");
    assertRefused(entry, bytes -> bytes.put(16, (byte) 99), "unknown type 99");
    assertRefused(entry, bytes -> bytes.put(16, EntryType.NOOP.code()), "no-op");
    assertRefused(entry, bytes -> bytes.putInt(33, -1), "-1 bytes");
    assertRefused(entry, bytes -> bytes.putInt(33, 11), "11 bytes");
    assertRefused(entry, bytes -> bytes.putInt(33, Integer.MAX_VALUE), "2147483647 bytes");
  }

  @Test
  void aLittleEndianBufferIsRefused() {
    Entry entry = Entry.noop(1, 1);
    ByteBuffer buffer = ByteBuffer.allocate(100).order(ByteOrder.LITTLE_ENDIAN);
    assertThatThrownBy(() -> EntryCodec.encode(entry, buffer))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> EntryCodec.decode(buffer))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static void assertRefused(Entry entry, Consumer<ByteBuffer> damage, String reason) {
    ByteBuffer bytes = encoded(entry);
    damage.accept(bytes);
    assertThatThrownBy(() -> EntryCodec.decode(bytes))
        .isInstanceOf(MalformedMessageException.class)
        .hasMessageContaining(reason);
  }

  private static ByteBuffer encoded(Entry entry) {
    ByteBuffer bytes = ByteBuffer.allocate(EntryCodec.encodedSize(entry));
    EntryCodec.encode(entry, bytes);
    assertThat(bytes.hasRemaining()).isFalse();
    return bytes.flip();
  }
}
