package dev.jangada.conventions;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.googlejavaformat.java.Main;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * All sources are as google-java-format writes them. {@code mvn verify -Djangada.format=fix}
 * rewrites those that are not.
 */
class FormattingTest {

  @Test
  void sourcesAreFormatted() throws Exception {
    Path root = Sources.root();
    List<Path> files = Sources.all().stream().map(source -> root.resolve(source.path())).toList();
    assertThat(files).hasSizeGreaterThan(10);
    boolean fix = "fix".equals(System.getProperty("jangada.format"));

    String report = format(fix ? "--replace" : "--dry-run", files);

    assertThat(report)
        .as("files that differ; run mvn verify -Djangada.format=fix to format them")
        .isEmpty();
  }

  @Test
  void unformattedFileIsReportedAndFixed(@TempDir Path directory) throws Exception {
    Path file = directory.resolve("A.java");
    Files.writeString(file, "class A{int  a;}\n");

    assertThat(format("--dry-run", List.of(file))).isEqualTo(file.toString());
    assertThat(format("--replace", List.of(file))).isEmpty();
    assertThat(file).hasContent("class A {\n  int a;\n}\n");
    assertThat(format("--dry-run", List.of(file))).isEmpty();
  }

  /** Returns what the formatter printed: names of files, or errors. */
  private static String format(String mode, List<Path> files) throws Exception {
    StringWriter out = new StringWriter();
    List<String> arguments = new ArrayList<>();
    arguments.add(mode);
    files.forEach(file -> arguments.add(file.toString()));
    PrintWriter writer = new PrintWriter(out, true);
    new Main(writer, writer, InputStream.nullInputStream())
        .format(arguments.toArray(String[]::new));
    return out.toString().strip();
  }
}
