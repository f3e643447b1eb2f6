package dev.jangada.server.upkeep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jangada.server.upkeep.HashMessage.Hash;
import dev.jangada.server.upkeep.HashMessage.NoHash;
import dev.jangada.server.upkeep.HashMessage.Reply;
import dev.jangada.server.upkeep.HashMessage.Unreadable;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class HashComparisonTest {

  private static final long COMPACTED = 7;
  private static final Hash GOOD = new Hash(COMPACTED, 0xffff_ffffL);
  private static final Hash BAD = new Hash(COMPACTED, 1);
  private static final Hash OTHER_COMPACTION = new Hash(COMPACTED + 1, 2);

  private static HashComparison compare(Map<Long, Reply> replies) {
    return HashComparison.of(3, COMPACTED, replies);
  }

  @Test
  void membersThatHaveTheSameAgree() {
    HashComparison found = compare(Map.of(1L, GOOD, 2L, GOOD, 3L, GOOD));

    assertThat(found.agreeing()).containsExactlyInAnyOrder(1L, 2L, 3L);
    assertThat(found.differing()).isEmpty();
    assertThat(found.isDecided()).isTrue();
  }

  @Test
  void whoeverHasNotWhatMostHaveDiffersEvenIfItAsks() {
    HashComparison found = compare(Map.of(1L, BAD, 2L, GOOD, 3L, GOOD));

    assertThat(found.agreeing()).containsExactlyInAnyOrder(2L, 3L);
    assertThat(found.differing()).containsExactly(1L);
    assertThat(found.isDecided()).isTrue();
  }

  @Test
  void hashesOfOtherCompactionsAndMembersWithoutHashDoNotCount() {
    HashComparison found = compare(Map.of(1L, GOOD, 2L, OTHER_COMPACTION, 3L, new NoHash()));

    assertThat(found.agreeing()).containsExactly(1L);
    assertThat(found.differing()).isEmpty();
    assertThat(found.isDecided()).isTrue();
  }

  @Test
  void withoutMajorityEachOfThemMayBeWrong() {
    HashComparison found = compare(Map.of(1L, GOOD, 2L, BAD, 3L, OTHER_COMPACTION));

    assertThat(found.differing()).containsExactlyInAnyOrder(1L, 2L);
    assertThat(found.isDecided()).isFalse();
    // Two agree, but of five that is no majority.
    assertThat(HashComparison.of(5, COMPACTED, Map.of(1L, GOOD, 2L, GOOD, 3L, BAD)).isDecided())
        .isFalse();
  }

  @Test
  void whoeverCannotReadItsStoreDiffers() {
    HashComparison found = compare(Map.of(1L, GOOD, 2L, new Unreadable(), 3L, GOOD));

    assertThat(found.differing()).containsExactly(2L);
    assertThat(found.agreeing()).containsExactlyInAnyOrder(1L, 3L);
  }

  @Test
  void messagesAreReadAsTheyWereWritten() throws IOException {
    HashMessage.Question question = new HashMessage.Question(1L << 40);
    assertThat(HashMessage.decodeQuestion(HashMessage.encode(question))).isEqualTo(question);
    for (Reply reply : List.of(GOOD, new NoHash(), new Unreadable())) {
      assertThat(HashMessage.decodeReply(HashMessage.encode(reply))).isEqualTo(reply);
    }
    for (byte[] rubbish : List.of(new byte[0], new byte[] {9}, new byte[17], new byte[] {1, 2})) {
      assertThatThrownBy(() -> HashMessage.decodeQuestion(rubbish)).isInstanceOf(IOException.class);
      assertThatThrownBy(() -> HashMessage.decodeReply(rubbish)).isInstanceOf(IOException.class);
    }
  }
}
