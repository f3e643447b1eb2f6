package dev.jangada.simulation.trace;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A run as a page for a browser: one file that needs no other, no network and no server. It shows
 * who sent what to whom over time, the role and the log of every node at any moment, and every
 * event by itself.
 *
 * <p>The events stand in the page as the lines of {@link TextTrace}, so the page can also be read,
 * searched and compared with the tools for text. They are written as they come, so that memory does
 * not limit a run. The same run gives the same page to the byte.
 *
 * <p>Format: the page is {@code page.html} with each {@code {{...}}} filled in. A {@code <} in a
 * line is written {@code \l}, because the lines stand in a script element, which otherwise might
 * end early.
 */
public final class HtmlTrace implements TraceSink, Closeable {

  private static final String LINES = "{{lines}}";

  /** Data before behaviour: what reads the model, what draws it, what drives the drawing. */
  private static final List<String> SCRIPTS =
      List.of("model.js", "words.js", "theme.js", "diagram.js", "panels.js", "page.js");

  private final Writer out;
  private final String end;

  private HtmlTrace(Writer out, String end) {
    this.out = out;
    this.end = end;
  }

  /**
   * Begins a page, which is complete when this is closed.
   *
   * @param file is replaced if it exists
   * @param title what run it is, with its seed
   */
  public static HtmlTrace open(Path file, String title) throws IOException {
    StringBuilder scripts = new StringBuilder();
    for (String name : SCRIPTS) {
      scripts.append("<script>\n").append(resource(name)).append("</script>\n");
    }
    String page =
        resource("page.html")
            .replace("{{style}}", resource("page.css"))
            .replace("{{scripts}}", scripts);
    int lines = page.indexOf(LINES);
    String begin = page.substring(0, lines).replace("{{title}}", escape(title));
    String end = page.substring(lines + LINES.length());
    Writer out = Files.newBufferedWriter(file, StandardCharsets.UTF_8);
    try {
      out.append(begin);
    } catch (IOException e) {
      out.close();
      throw e;
    }
    return new HtmlTrace(out, end);
  }

  /** Writes a page of what has happened. */
  public static void write(Path file, Iterable<TraceRecord> events, String title)
      throws IOException {
    try (HtmlTrace page = open(file, title)) {
      events.forEach(page::take);
    }
  }

  /**
   * Adds an event.
   *
   * @throws UncheckedIOException if it cannot be written
   */
  @Override
  public void take(TraceRecord event) {
    try {
      out.append(TextTrace.line(event).replace("<", "\\l")).append('\n');
    } catch (IOException e) {
      throw new UncheckedIOException("the trace cannot be written", e);
    }
  }

  /** Completes the page. */
  @Override
  public void close() throws IOException {
    try (out) {
      out.append(end);
    }
  }

  private static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }

  private static String resource(String name) throws IOException {
    try (InputStream in = HtmlTrace.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("the library is incomplete: there is no " + name);
      }
      // Whatever the checkout made of the line ends: the page is the same on every machine.
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).replace("\r\n", "\n");
    }
  }
}
