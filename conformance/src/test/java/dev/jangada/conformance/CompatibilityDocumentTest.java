package dev.jangada.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * docs/compatibility.md has a row for each test of this module, and no other. With {@code
 * -Dconformance.document=write} the rows are written anew, from what the last runs against Jangada
 * and against etcd left in {@code target/conformance}.
 */
class CompatibilityDocumentTest {

  private static final Path DOCUMENT =
      Path.of(System.getProperty("basedir", "."), "..", "docs", "compatibility.md");
  private static final String BEGIN = "<!-- tests: written by CompatibilityDocumentTest -->\n";
  private static final String END = "<!-- end of tests -->\n";
  private static final Pattern ROW = Pattern.compile("(?m)^(?:### `(\\w+)`|\\| `(\\w+)` \\|.*)$");

  @Test
  void everyTestHasARowAndEveryRowATest() throws Exception {
    List<Class<?>> classes = testClasses();
    assertThat(classes).hasSizeGreaterThan(5);
    if ("write".equals(System.getProperty("conformance.document"))) {
      write(classes);
    }
    List<String> expected = new ArrayList<>();
    for (Class<?> testClass : classes) {
      tests(testClass).forEach(test -> expected.add(qualified(testClass, test)));
    }

    assertThat(rows(Files.readString(DOCUMENT)))
        .as("write them anew with -Dtest=CompatibilityDocumentTest -Dconformance.document=write")
        .containsExactlyInAnyOrderElementsOf(expected);
  }

  @Test
  void everyDifferenceIsExplained() throws Exception {
    String document = Files.readString(DOCUMENT);
    for (Class<?> testClass : testClasses()) {
      for (Method test : tests(testClass)) {
        DiffersInEtcd34 difference = test.getAnnotation(DiffersInEtcd34.class);
        if (difference != null) {
          assertThat(document).contains("differs: " + difference.value());
        }
      }
    }
  }

  /** Those that talk to the cluster. */
  private static List<Class<?>> testClasses()
      throws IOException, URISyntaxException, ClassNotFoundException {
    Class<?> self = CompatibilityDocumentTest.class;
    Path directory =
        Path.of(self.getProtectionDomain().getCodeSource().getLocation().toURI())
            .resolve(self.getPackageName().replace('.', '/'));
    List<Class<?>> classes = new ArrayList<>();
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.sorted().toList()) {
        String name = file.getFileName().toString();
        if (name.endsWith("Test.class")) {
          Class<?> candidate =
              Class.forName(
                  self.getPackageName() + "." + name.substring(0, name.indexOf(".class")));
          if (Stream.of(candidate.getDeclaredFields())
              .map(Field::getType)
              .anyMatch(ClusterUnderTest.class::equals)) {
            classes.add(candidate);
          }
        }
      }
    }
    return classes;
  }

  private static List<Method> tests(Class<?> testClass) {
    return Stream.of(testClass.getDeclaredMethods())
        .filter(method -> method.isAnnotationPresent(Test.class))
        .sorted(Comparator.comparing(Method::getName))
        .toList();
  }

  private static String qualified(Class<?> testClass, Method test) {
    return testClass.getSimpleName() + "." + test.getName();
  }

  private static List<String> rows(String document) {
    List<String> rows = new ArrayList<>();
    String testClass = "";
    Matcher matcher =
        ROW.matcher(document.substring(document.indexOf(BEGIN), document.indexOf(END)));
    while (matcher.find()) {
      if (matcher.group(1) != null) {
        testClass = matcher.group(1);
      } else {
        rows.add(testClass + "." + matcher.group(2));
      }
    }
    return rows;
  }

  private static void write(List<Class<?>> classes) throws IOException {
    Map<String, String> jangada = outcomes("jangada.txt");
    Map<String, String> etcd = outcomes("etcd-3.4.23.txt");
    StringBuilder text = new StringBuilder(BEGIN);
    for (Class<?> testClass : classes) {
      text.append("\n### `").append(testClass.getSimpleName()).append("`\n\n");
      text.append("| test | says that | Jangada | etcd 3.4.23 |\n| --- | --- | --- | --- |\n");
      for (Method test : tests(testClass)) {
        String name = qualified(testClass, test);
        text.append(
            "| `%s` | %s | %s | %s |%n"
                .formatted(
                    test.getName(),
                    words(test.getName()),
                    jangada.getOrDefault(name, "not run"),
                    etcd.getOrDefault(name, "not run")));
      }
    }
    text.append('\n');
    String document = Files.readString(DOCUMENT);
    Files.writeString(
        DOCUMENT,
        document.substring(0, document.indexOf(BEGIN))
            + text
            + document.substring(document.indexOf(END)));
  }

  private static Map<String, String> outcomes(String file) throws IOException {
    Map<String, String> outcomes = new TreeMap<>();
    for (String line : Files.readAllLines(RunningCluster.OUTCOMES.resolve(file))) {
      String[] parts = line.split(" ", 2);
      outcomes.put(parts[0], parts[1]);
    }
    return outcomes;
  }

  /** A method's name as a sentence. */
  private static String words(String name) {
    return name.replaceAll(
            "(?<=[a-z0-9])(?=[A-Z])|(?<=[a-zA-Z])(?=[0-9])|(?<=[A-Z])(?=[A-Z][a-z])", " ")
        .toLowerCase(Locale.ROOT);
  }
}
