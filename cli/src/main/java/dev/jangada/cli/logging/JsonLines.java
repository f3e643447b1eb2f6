package dev.jangada.cli.logging;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.encoder.EncoderBase;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Events as JSON objects, one on each line, with etcd's names for what all have: {@code level},
 * {@code ts}, {@code logger}, {@code msg}. What a message tells as {@code name=value} is there as a
 * field of that name, too, as text.
 */
final class JsonLines extends EncoderBase<ILoggingEvent> {

  private static final JsonMapper JSON = JsonMapper.builder().build();

  private static final Pattern PLACEHOLDER = Pattern.compile("(?:(\\w+)=)?\\{}");

  /** Not to be hidden by what a message tells. */
  private static final Set<String> OWN = Set.of("level", "ts", "logger", "thread", "msg", "error");

  private static final byte[] NOTHING = new byte[0];

  @Override
  public byte[] headerBytes() {
    return NOTHING;
  }

  @Override
  public byte[] encode(ILoggingEvent event) {
    ObjectNode line = JSON.createObjectNode();
    line.put("level", event.getLevel().toString().toLowerCase(Locale.ROOT));
    line.put("ts", event.getInstant().toString());
    String logger = event.getLoggerName();
    line.put("logger", logger.substring(logger.lastIndexOf('.') + 1));
    line.put("thread", event.getThreadName());
    line.put("msg", event.getFormattedMessage());
    addNamedValues(line, event.getMessage(), event.getArgumentArray());
    IThrowableProxy failure = event.getThrowableProxy();
    if (failure != null) {
      line.put("error", ThrowableProxyUtil.asString(failure));
    }
    return (JSON.writeValueAsString(line) + "\n").getBytes(StandardCharsets.UTF_8);
  }

  private static void addNamedValues(
      ObjectNode line, String template, Object @Nullable [] arguments) {
    if (template == null || arguments == null) {
      return;
    }
    Matcher placeholder = PLACEHOLDER.matcher(template);
    for (int i = 0; i < arguments.length && placeholder.find(); i++) {
      String name = placeholder.group(1);
      if (name != null && !OWN.contains(name)) {
        line.put(name, String.valueOf(arguments[i]));
      }
    }
  }

  @Override
  public byte[] footerBytes() {
    return NOTHING;
  }
}
