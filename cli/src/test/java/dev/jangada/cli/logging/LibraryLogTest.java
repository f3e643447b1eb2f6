package dev.jangada.cli.logging;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.util.logging.LogManager;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class LibraryLogTest {

  private static final String NAME = "a.library";

  private final Logger shown = (Logger) LoggerFactory.getLogger(NAME);
  private final ListAppender<ILoggingEvent> events = new ListAppender<>();

  @BeforeEach
  void listen() {
    shown.setLevel(Level.INFO);
    shown.setAdditive(false);
    events.start();
    shown.addAppender(events);
    LibraryLog.install();
  }

  @AfterEach
  void restore() throws Exception {
    shown.detachAppender(events);
    LogManager.getLogManager().readConfiguration();
  }

  @Test
  void whatALibraryLogsIsALineLikeAllOthers() {
    java.util.logging.Logger library = java.util.logging.Logger.getLogger(NAME);
    IllegalStateException why = new IllegalStateException("why");

    library.log(java.util.logging.Level.WARNING, "stream {0} failed", 7);
    library.log(java.util.logging.Level.SEVERE, "it broke", why);
    library.info("fine");
    library.fine("not asked for");

    assertThat(events.list)
        .extracting(ILoggingEvent::getFormattedMessage)
        .containsExactly("stream 7 failed", "it broke", "fine");
    assertThat(events.list)
        .extracting(ILoggingEvent::getLevel)
        .containsExactly(Level.WARN, Level.ERROR, Level.INFO);
    assertThat(events.list.get(1).getThrowableProxy().getMessage()).isEqualTo("why");
  }
}
