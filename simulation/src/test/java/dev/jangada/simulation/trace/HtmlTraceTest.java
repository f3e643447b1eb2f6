package dev.jangada.simulation.trace;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HtmlTraceTest {

  @TempDir private Path directory;

  @Test
  void pageHoldsTheLinesAndEverythingItNeeds() throws IOException {
    String page = write("Seed 1", new TraceEvent.Paused(), new TraceEvent.Note("a < b"));

    assertThat(page)
        .contains("\n#1 0.000000 n1 pause\n#2 0.000000 n1 note : a \\l b\n</script>")
        .contains("<title>Seed 1</title>")
        .doesNotContain("{{")
        .doesNotContain("src=", "http://", "https://", "@import", "url(");
    assertThat(page).endsWith("</html>\n");
  }

  @Test
  void nothingInALineCanEndTheData() throws IOException {
    String page = write("Seed 1", new TraceEvent.Note("</script><!--<script>{{lines}}{{scripts}}"));

    assertThat(page).contains("note : \\l/script>\\l!--\\lscript>{{lines}}{{scripts}}\n</script>");
  }

  @Test
  void titleIsText() throws IOException {
    assertThat(write("<b>\"R&D\" {{lines}}", new TraceEvent.Paused()))
        .contains("<title>&lt;b&gt;&quot;R&amp;D&quot; {{lines}}</title>")
        .doesNotContain("<b>\"R");
  }

  @Test
  void sameEventsGiveTheSamePage() throws IOException {
    assertThat(write("Seed 1", new TraceEvent.Paused()))
        .isEqualTo(write("Seed 1", new TraceEvent.Paused()));
  }

  private String write(String title, TraceEvent... events) throws IOException {
    Path file = directory.resolve("trace.html");
    try (HtmlTrace page = HtmlTrace.open(file, title)) {
      Trace trace = new Trace(() -> 0, page);
      for (TraceEvent event : events) {
        trace.add(1, event);
      }
    }
    String written = Files.readString(file);
    HtmlTrace.write(file, List.of(), title);
    assertThat(Files.readString(file))
        .as("a page without events")
        .contains("id=\"lines\">\n</script>");
    return written;
  }
}
