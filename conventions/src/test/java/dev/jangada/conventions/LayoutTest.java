package dev.jangada.conventions;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Files small enough to read, and packages that say what they are. */
class LayoutTest {

  private static final int MAX_LINES = 800;
  private static final int MAX_LINES_OF_THE_CORE = 1100;

  /** Files that may be longer, with their own limits. */
  private static final Map<String, Integer> LONGER =
      Map.of(
          // The core's dispatching class stays one class: its handlers are methods.
          "raft/src/main/java/dev/jangada/raft/Raft.java", MAX_LINES_OF_THE_CORE);

  @Test
  void noFileIsTooLongToRead() {
    assertThat(tooLong(Sources.all())).isEmpty();
  }

  @Test
  void everyPackageSaysWhatItIs() {
    assertThat(undescribed(Sources.all())).isEmpty();
  }

  @Test
  void longFileIsFound() {
    JavaSource longOne = new JavaSource(Path.of("a/B.java"), "\n".repeat(801));
    JavaSource shortOne = new JavaSource(Path.of("a/C.java"), "\n".repeat(800));

    assertThat(tooLong(List.of(longOne, shortOne))).containsExactly("a/B.java: 801 lines");
  }

  @Test
  void packageWithoutDescriptionIsFound() {
    List<JavaSource> sources =
        List.of(
            source("m/src/main/java/a/A.java", "package a;"),
            source("m/src/main/java/b/B.java", "package b;"),
            source("m/src/main/java/b/package-info.java", "@NullMarked package b;"),
            source("m/src/main/java/c/C.java", "package c;"),
            source("m/src/main/java/c/package-info.java", "/** Says it. */ package c;"),
            source("m/src/main/java/d/D.java", "package d;"),
            source("m/src/main/java/d/package-info.java", "/** Says it. */ @NullMarked package d;"),
            source("m/src/test/java/d/DTest.java", "package d;"),
            source("m/src/main/java/e/E.java", "package e;"),
            source(
                "m/src/main/java/e/package-info.java", "/** {@link E} */ @NullMarked package e;"),
            source("m/src/test/java/f/FTest.java", "package f;"),
            source("m/src/test/java/f/package-info.java", "/** Tests. */ @NullMarked package f;"));

    assertThat(undescribed(sources))
        .containsExactly(
            "m: a has no package-info",
            "m: b has no Javadoc",
            "m: c is not @NullMarked",
            "m: d does not name a class to begin with");
  }

  private static JavaSource source(String path, String text) {
    return new JavaSource(Path.of(path), text);
  }

  private static List<String> tooLong(List<JavaSource> sources) {
    return sources.stream()
        .filter(source -> source.lineCount() > LONGER.getOrDefault(name(source), MAX_LINES))
        .map(source -> name(source) + ": " + source.lineCount() + " lines")
        .toList();
  }

  /** Packages are looked at module by module: main's description serves the tests beside it. */
  private static List<String> undescribed(List<JavaSource> sources) {
    Map<String, List<JavaSource>> packages =
        sources.stream()
            .collect(
                Collectors.groupingBy(LayoutTest::packageOf, TreeMap::new, Collectors.toList()));
    List<String> problems = new ArrayList<>();
    packages.forEach((name, files) -> {
      List<String> descriptions =
          files.stream()
              .filter(source -> source.path().endsWith("package-info.java"))
              .map(JavaSource::text)
              .toList();
      if (descriptions.isEmpty()) {
        problems.add(name + " has no package-info");
      } else if (descriptions.stream().noneMatch(text -> text.contains("/**"))) {
        problems.add(name + " has no Javadoc");
      } else if (!descriptions.stream().allMatch(text -> text.contains("@NullMarked"))) {
        problems.add(name + " is not @NullMarked");
      } else if (isProduction(files)
          && descriptions.stream().noneMatch(text -> text.contains("{@link"))) {
        problems.add(name + " does not name a class to begin with");
      }
    });
    return problems;
  }

  private static boolean isProduction(List<JavaSource> files) {
    return files.stream().anyMatch(source -> name(source).contains("/src/main/"));
  }

  /** Module and package, for example {@code raft: dev.jangada.raft}. */
  private static String packageOf(JavaSource source) {
    Path path = source.path();
    // MODULE/src/main/java/PACKAGE.../FILE
    Path directory = path.subpath(4, path.getNameCount() - 1);
    return path.getName(0) + ": " + directory.toString().replace('/', '.');
  }

  private static String name(JavaSource source) {
    return source.path().toString().replace('\\', '/');
  }
}
