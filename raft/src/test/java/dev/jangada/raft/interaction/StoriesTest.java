package dev.jangada.raft.interaction;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Plays the stories in {@code src/test/resources/stories}, one test for each file, and compares
 * what happens with what is written there. With {@code -Djangada.rewrite=true} the files are
 * rewritten instead; whoever does that reads every line that changed before keeping it.
 *
 * <p>What the commands mean is told in {@link StoryCluster}, how a file is laid out in {@link
 * Story}. {@code README.md} beside the stories lists them in reading order.
 */
class StoriesTest {

  private static final Path STORIES = Path.of("src", "test", "resources", "stories");

  @TestFactory
  Stream<DynamicTest> eachStoryHappensAsWritten() throws IOException {
    List<Path> files;
    try (Stream<Path> list = Files.list(STORIES)) {
      files = list.filter(file -> file.toString().endsWith(".txt")).sorted().toList();
    }
    assertThat(files).isNotEmpty();
    return files.stream()
        .map(file -> DynamicTest.dynamicTest(file.getFileName().toString(), () -> play(file)));
  }

  private static void play(Path file) throws IOException {
    String text = Files.readString(file);
    StoryCluster cluster = new StoryCluster();
    Story told = Story.parse(text).retold(stanza -> cluster.run(file, stanza));
    if (Boolean.getBoolean("jangada.rewrite")) {
      Files.writeString(file, told.text());
    } else {
      assertThat(told.text())
          .as("%s, told anew (-Djangada.rewrite=true writes it to the file)", file)
          .isEqualTo(text);
    }
  }

  @TestFactory
  Stream<DynamicTest> eachStoryIsListedInTheIndex() throws IOException {
    String index = Files.readString(STORIES.resolve("README.md"));
    try (Stream<Path> list = Files.list(STORIES)) {
      return list
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(".txt"))
          .sorted()
          .toList()
          .stream()
          .map(name -> DynamicTest.dynamicTest(name, () -> assertThat(index).contains(name)));
    }
  }
}
