package dev.jangada.conventions;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * The Java that the README shows is taken from tests: a comment before each example names the file
 * that has all its lines, in their order.
 */
class ReadmeTest {

  private static final Pattern EXAMPLE =
      Pattern.compile("(?:<!-- (\\S+) -->\\s*)?```java\\n(.*?)```", Pattern.DOTALL);

  @Test
  void examplesAreTakenFromTests() throws IOException {
    String readme = Files.readString(Sources.root().resolve("README.md"));
    List<MatchResult> examples = EXAMPLE.matcher(readme).results().toList();

    assertThat(examples).isNotEmpty();
    for (MatchResult example : examples) {
      String file = example.group(1);
      assertThat(file).as("comment that names the source of:%n%s", example.group(2)).isNotNull();
      List<String> source =
          Files.readString(Sources.root().resolve(Path.of(file)))
              .lines()
              .map(String::strip)
              .toList();
      assertThat(source)
          .as(file)
          .containsSubsequence(
              example.group(2).lines().map(String::strip).filter(line -> !line.isEmpty()).toList());
    }
  }
}
