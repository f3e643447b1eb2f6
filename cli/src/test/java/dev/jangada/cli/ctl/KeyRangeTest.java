package dev.jangada.cli.ctl;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import org.junit.jupiter.api.Test;

class KeyRangeTest {

  @Test
  void prefixEndsAfterItsLastKey() {
    assertThat(KeyRange.prefix("ab")).isEqualTo(KeyRange.of("ab", "ac"));
  }

  @Test
  void prefixOfHighestBytesEndsWhereAShorterOneWould() {
    ByteString prefix = ByteString.copyFrom(new byte[] {'a', (byte) 0xff, (byte) 0xff});

    assertThat(KeyRange.endOfPrefix(prefix)).isEqualTo(ByteString.copyFromUtf8("b"));
  }

  @Test
  void prefixOfNothingButHighestBytesHasNoEnd() {
    assertThat(KeyRange.endOfPrefix(ByteString.copyFrom(new byte[] {(byte) 0xff})))
        .isEqualTo(KeyRange.ZERO);
  }

  @Test
  void emptyPrefixAndEmptyFirstKeyMeanAllKeys() {
    KeyRange all = new KeyRange(KeyRange.ZERO, KeyRange.ZERO);

    assertThat(KeyRange.prefix("")).isEqualTo(all);
    assertThat(KeyRange.from("")).isEqualTo(all);
  }

  @Test
  void rangeFromAKeyHasNoEnd() {
    assertThat(KeyRange.from("k"))
        .isEqualTo(new KeyRange(ByteString.copyFromUtf8("k"), KeyRange.ZERO));
  }
}
