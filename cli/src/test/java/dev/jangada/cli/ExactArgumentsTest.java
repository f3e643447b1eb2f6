package dev.jangada.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ExactArgumentsTest {

  private static String[] decode(byte[] commandLine, String... args) {
    return ExactArguments.decode(commandLine, args);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void lettersThatJavaCouldNotReadAreTakenFromTheBytes() {
    assertThat(
            decode(bytes("java\0-cp\0x\0Main\0put\0ä\0€ 1\0"), "put", "\ufffd\ufffd", "\ufffd 1"))
        .containsExactly("put", "ä", "€ 1");
  }

  @Test
  void emptyArgumentsStay() {
    assertThat(decode(bytes("java\0Main\0put\0\0ä\0"), "put", "", "\ufffd"))
        .containsExactly("put", "", "ä");
  }

  @Test
  void commandLineThatIsTooShortIsNotTrusted() {
    assertThat(decode(bytes("put\0"), "put", "\ufffd")).containsExactly("put", "\ufffd");
  }

  @Test
  void bytesThatAreNoTextAreRefusedWithARemedy() {
    byte[] commandLine = {'p', 'u', 't', 0, (byte) 0xff, 0};

    assertThatThrownBy(() -> decode(commandLine, "put", "\ufffd"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("is not UTF-8; a value of any bytes can be given on standard input");
  }

  @Test
  void argumentsThatJavaCouldReadStay() {
    String[] args = {"put", "ä"};

    assertThat(ExactArguments.of(args)).isSameAs(args);
  }
}
