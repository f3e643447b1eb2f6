package dev.jangada.cli.logging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.LoggingEvent;
import dev.jangada.server.ConfigException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Flags for the log, and its lines. */
class LogSettingsTest {

  private static JsonNode line(String message, @Nullable Throwable failure, Object... arguments) {
    Logger logger = new LoggerContext().getLogger("dev.jangada.server.JangadaServer");
    LoggingEvent event =
        new LoggingEvent("caller", logger, Level.WARN, message, failure, arguments);
    String text = new String(new JsonLines().encode(event), StandardCharsets.UTF_8);
    assertThat(text).endsWith("}\n");
    assertThat(text.strip()).doesNotContain("\n");
    return JsonMapper.builder().build().readTree(text);
  }

  @Test
  void namedValuesAreFieldsOfTheirOwn() {
    JsonNode line =
        line(
            "{} leads: term={} leader={} level={}",
            new IllegalStateException("why"),
            "n1",
            7,
            "a \"b\"\n",
            "x");

    assertThat(line.get("level").asString()).isEqualTo("warn");
    assertThat(line.get("logger").asString()).isEqualTo("JangadaServer");
    assertThat(line.get("ts").asString()).endsWith("Z");
    assertThat(line.get("msg").asString()).isEqualTo("n1 leads: term=7 leader=a \"b\"\n level=x");
    assertThat(line.get("term").asString()).isEqualTo("7");
    assertThat(line.get("leader").asString()).isEqualTo("a \"b\"\n");
    assertThat(line.get("error").asString()).contains("IllegalStateException: why", "\tat ");
  }

  @Test
  void lineWithoutValuesHasWhatAllHave() {
    JsonNode line = line("stopped", null);

    assertThat(line.propertyNames()).containsExactly("level", "ts", "logger", "thread", "msg");
  }

  @ParameterizedTest
  @CsvSource({"info, INFO", "WARN, WARN", "trace, TRACE", "panic, ERROR", "fatal, ERROR"})
  void levelsAreEtcds(String flag, String level) {
    assertThat(LogSettings.level(flag)).isEqualTo(level);
  }

  @Test
  void otherLevelsFormatsAndOutputsAreRefused() {
    assertThatThrownBy(() -> LogSettings.level("loud"))
        .isInstanceOf(ConfigException.class)
        .hasMessage("--log-level loud is not one of trace, debug, info, warn, error");
    assertThatThrownBy(() -> LogSettings.parse("xml", "default"))
        .isInstanceOf(ConfigException.class)
        .hasMessage("--log-format must be console or json, is \"xml\"");
    assertThatThrownBy(() -> LogSettings.parse("json", "stderr,"))
        .isInstanceOf(ConfigException.class);
    assertThatThrownBy(() -> LogSettings.parse("json", "/nonexistent/log").apply())
        .isInstanceOf(ConfigException.class)
        .hasMessage("--log-outputs: cannot write to /nonexistent/log");
  }

  @Test
  void outputsAreListedOnce() {
    assertThat(LogSettings.parse("json", "default, stdout,stderr,/tmp/x").outputs())
        .containsExactly("stderr", "stdout", "/tmp/x");
  }
}
