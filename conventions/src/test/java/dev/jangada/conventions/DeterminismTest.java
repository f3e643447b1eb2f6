package dev.jangada.conventions;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What must give the same answer from the same input on every machine may not draw on clocks, the
 * system's randomness or the iteration order of hash tables. {@code Set.of} and {@code Map.of} are
 * among the latter: their order changes with each start of the JVM.
 */
class DeterminismTest {

  /** Sources of entropy and real time. */
  private static final Pattern ENTROPY =
      Pattern.compile(
          "\\bMath\\.random\\b|\\bThreadLocalRandom\\b|\\bSecureRandom\\b|\\bUUID\\.randomUUID\\b|\\bnew"
              + " Random\\(\\)|\\bnew SplittableRandom\\(\\)|\\bRandomGenerator\\.getDefault\\b"
              + "|\\bnanoTime\\b|\\bcurrentTimeMillis\\b|\\b(?:Instant|LocalDateTime|ZonedDateTime)\\.now\\b"
              + "|\\bidentityHashCode\\b|\\bIdentityHashMap\\b");

  /** Collections whose order is not the program's own. */
  private static final Pattern UNORDERED =
      Pattern.compile(
          "(?<!new Tree(?:Set|Map)<>\\()\\b(?:Set|Map)\\.(?:of|copyOf|ofEntries)\\((?!\\))"
              + "|\\bnew HashMap\\b|\\bnew HashSet\\b|\\bnew ConcurrentHashMap\\b"
              + "|\\bCollectors\\.to(?:Unmodifiable)?Set\\b|\\bHash(?:Map|Set)::new\\b");

  /** Means of running things at the same time. */
  private static final Pattern CONCURRENCY =
      Pattern.compile("\\bsynchronized\\b|\\bvolatile\\b|\\bThread\\b|\\bparallel(?:Stream)?\\(");

  private static final Path RAFT = Path.of("raft/src/main/java");
  private static final Path STORAGE = Path.of("storage/src/main/java");
  private static final Path NODE = Path.of("node/src/main/java/dev/jangada/node");
  private static final Path KV = Path.of("kv/src/main/java");
  private static final Path SIMULATION = Path.of("simulation/src/main/java");

  /** Files that hand real time to those that must not ask for it, by name. */
  private static final Set<String> EXEMPT =
      Set.of(
          // The log measures how long its syncs take with a clock that it is given.
          "WalConfig.java",
          // The laboratory's world in which time is real.
          "RealTimeWorld.java");

  @Test
  void coreDrawsOnNothingButItsInput() throws Exception {
    assertThat(Sources.under(RAFT)).as("sources of the core").isNotEmpty();
    assertThat(violations(Sources.under(RAFT), ENTROPY, UNORDERED, CONCURRENCY)).isEmpty();
  }

  @Test
  void logDrawsOnNothingButItsInput() throws Exception {
    assertThat(violations(Sources.under(STORAGE), ENTROPY, UNORDERED)).isEmpty();
  }

  /** With all that it is made of, and with what decides about snapshots. */
  @ParameterizedTest
  @ValueSource(strings = {"driver", "request", "snapshot"})
  void driverDrawsOnNothingButItsInput(String topic) throws Exception {
    List<JavaSource> driver = Sources.under(NODE.resolve(topic));

    assertThat(driver).as("sources of the driver").isNotEmpty();
    assertThat(violations(driver, ENTROPY, UNORDERED, CONCURRENCY)).isEmpty();
  }

  /** Applying an entry must give the same state on every member (and after every replay). */
  @Test
  void stateMachineDrawsOnNothingButItsInput() throws Exception {
    assertThat(violations(Sources.under(KV), ENTROPY, UNORDERED)).isEmpty();
  }

  @Test
  void sessionsDrawOnNothingButTheirInput() throws Exception {
    assertThat(Sources.under(NODE.resolve("session"))).as("sources of the sessions").isNotEmpty();
    assertThat(violations(Sources.under(NODE.resolve("session")), ENTROPY, UNORDERED, CONCURRENCY))
        .isEmpty();
  }

  @Test
  void simulatorDrawsOnNothingButItsSeed() throws Exception {
    assertThat(violations(Sources.under(SIMULATION), ENTROPY, UNORDERED)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "double d = Math.random();",
        "long n = ThreadLocalRandom.current().nextLong();",
        "var r = new SecureRandom();",
        "var r = new Random();",
        "var id = UUID.randomUUID();",
        "long t = System.nanoTime();",
        "long t = System.currentTimeMillis();",
        "var t = Instant.now();",
        "int h = System.identityHashCode(this);"
      })
  void everySourceOfEntropyIsSeen(String code) {
    assertThat(violations(List.of(fixture(code)), ENTROPY)).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "for (long id : Set.of(1L, 2L)) {}",
        "Map<Long, Long> m = Map.of(1L, 2L);",
        "Map<Long, Long> m = Map.copyOf(other);",
        "Map<Long, Long> m = new HashMap<>();",
        "Set<Long> s = new HashSet<>();",
        "var s = stream.collect(Collectors.toSet());"
      })
  void everyUnorderedCollectionIsSeen(String code) {
    assertThat(violations(List.of(fixture(code)), UNORDERED)).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "synchronized (this) {}",
        "private volatile long term;",
        "Thread.onSpinWait();",
        "votes.parallelStream()"
      })
  void everyMeansOfConcurrencyIsSeen(String code) {
    assertThat(violations(List.of(fixture(code)), CONCURRENCY)).hasSize(1);
  }

  @Test
  void commentsAndLiteralsAreNotCode() {
    JavaSource source =
        fixture(
            """
            /** Never calls System.nanoTime(). */
            // nor new HashMap<>()
            String text = "Math.random()";
            char quote = '"';
            long time = 0; // "
            """);

    assertThat(violations(List.of(source), ENTROPY, UNORDERED)).isEmpty();
  }

  @Test
  void sortedCopyIsNotUnordered() {
    assertThat(violations(List.of(fixture("new TreeMap<>(Map.of(1, 2));")), UNORDERED)).isEmpty();
  }

  @Test
  void violationIsReportedWithItsPlace() {
    assertThat(violations(List.of(fixture("int a;\n/* b\n */ long t = nanoTime();")), ENTROPY))
        .containsExactly("Fixture.java:3: nanoTime");
  }

  private static JavaSource fixture(String code) {
    return new JavaSource(Path.of("Fixture.java"), code);
  }

  private static List<String> violations(List<JavaSource> sources, Pattern... banned) {
    return sources.stream()
        .filter(source -> !EXEMPT.contains(source.path().getFileName().toString()))
        .flatMap(source -> List.of(banned).stream().flatMap(p -> source.linesWith(p).stream()))
        .toList();
  }
}
