package dev.jangada.cli.ctl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class QuotingTest {

  @Test
  void textStaysAsItIs() {
    assertThat(quote("a b/ü€😀")).isEqualTo("\"a b/ü€😀\"");
  }

  @Test
  void quotesAndControlCharactersAreEscaped() {
    assertThat(quote("\"\\\u0007\b\f\n\r\t\u000b\u0001\u007f\u00a0\u2028"))
        .isEqualTo("\"\\\"\\\\\\a\\b\\f\\n\\r\\t\\v\\x01\\x7f\\u00a0\\u2028\"");
  }

  @Test
  void bytesThatAreNoTextAreEscapedOneByOne() {
    ByteString bytes =
        ByteString.copyFrom(new byte[] {(byte) 0xff, 'a', (byte) 0xe2, (byte) 0x82, (byte) 0xc0});

    assertThat(Quoting.quote(bytes)).isEqualTo("\"\\xffa\\xe2\\x82\\xc0\"");
  }

  @Test
  void whatWasQuotedIsReadAgain() {
    long seed = new SplittableRandom().nextLong();
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = 0; i < 2000; i++) {
      byte[] bytes = new byte[random.nextInt(12)];
      random.nextBytes(bytes);
      String quoted = Quoting.quote(ByteString.copyFrom(bytes));
      Quoting.Unquoted read = Objects.requireNonNull(Quoting.unquote(quoted, 0));

      assertThat(read.value().toByteArray()).as("seed %d: %s", seed, quoted).isEqualTo(bytes);
      assertThat(read.end()).isEqualTo(quoted.length());
    }
  }

  @Test
  void escapesByNumberAreRead() {
    assertThat(Objects.requireNonNull(Quoting.unquote("\"\\x41\\102\\u0043\\U00000044\"", 0)))
        .isEqualTo(new Quoting.Unquoted(ByteString.copyFromUtf8("ABCD"), 26));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a", "\"a", "\"\\q\"", "\"\\x4\"", "\"\\777\"", "\"\\", "`a"})
  void malformedStringIsNotRead(String text) {
    assertThat(Quoting.unquote(text, 0)).isNull();
  }

  @Test
  void wordsAreSplitAtSpacesOutsideQuotes() {
    assertThat(Quoting.words("put  key \"a\\tb c\" 'd \\t' --lease=0"))
        .containsExactly("put", "key", "a\tb c", "d \\t", "--lease=0");
  }

  @Test
  void wordThatIsNoTextIsRefused() {
    assertThatThrownBy(() -> Quoting.words("put key \"\\xff\""))
        .isInstanceOf(CtlException.class)
        .hasMessageContaining("\"\\xff\" is not UTF-8");
  }

  private static String quote(String text) {
    return Quoting.quote(ByteString.copyFromUtf8(text));
  }
}
