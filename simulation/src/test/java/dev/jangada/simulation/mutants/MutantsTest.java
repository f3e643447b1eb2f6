package dev.jangada.simulation.mutants;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jangada.simulation.mutants.Mutant.StaleMutantException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Has the simulator look for each of {@link Mutants#ALL}: the source is changed and compiled in
 * memory by {@link VariantCompiler}, and loaded beside the original by {@link VariantLoader}.
 *
 * <p>{@code docs/mutants.md} says with which seed each was found; the search begins there and is
 * over soon. How far it then goes leaves room for changes of the code that let the same seed lead
 * elsewhere, for which nobody needs to write the table anew: only its rows have to be there. {@code
 * -Djangada.rewrite=true} searches from seed 1 and writes the table, {@code
 * -Djangada.mutants=REGEX} has it look only for those whose names have a part that matches.
 */
class MutantsTest {

  private static final Path TABLE = Path.of("..", "docs", "mutants.md");
  private static final boolean REWRITE = Boolean.getBoolean("jangada.rewrite");
  private static final Pattern CHOSEN = Pattern.compile(System.getProperty("jangada.mutants", ""));

  /** How many seeds are tried, beginning with the one that is in the table. */
  private static final int MAX_RUNS = 300;

  private static final long MAX_MINUTES = 30;

  /**
   * How a search ended.
   *
   * @param seed the last one that was tried
   * @param finding what was found with it in the mutant; null if it survives
   * @param inOriginal what was found with it in the original; null if nothing
   */
  private record Result(long seed, @Nullable Finding finding, @Nullable Finding inOriginal) {}

  private final Map<Circumstances, Trial> originals = new ConcurrentHashMap<>();
  private final Map<String, MutantTable.Row> found = new LinkedHashMap<>();

  @TestFactory
  Stream<DynamicTest> everyMutantIsFound() throws IOException {
    String text = Files.exists(TABLE) ? Files.readString(TABLE) : "";
    Map<String, MutantTable.Row> before = MutantTable.parse(text);
    int threads = Math.min(2, Runtime.getRuntime().availableProcessors());
    ExecutorService searches =
        Executors.newFixedThreadPool(threads, Thread.ofPlatform().daemon().factory());
    VariantCompiler compiler = new VariantCompiler();
    Map<Mutant, Future<Result>> results = new LinkedHashMap<>();
    for (Mutant mutant : Mutants.ALL) {
      if (!CHOSEN.matcher(mutant.name()).find()) {
        continue;
      }
      MutantTable.Row row = before.get(mutant.name());
      long first = REWRITE || row == null ? 1 : row.seed();
      results.put(mutant, searches.submit(() -> search(compiler, mutant, first, MAX_RUNS)));
    }
    searches.shutdown();
    return Stream.concat(
        results.entrySet().stream()
            .map(entry ->
                DynamicTest.dynamicTest(
                    entry.getKey().name(), () -> check(entry.getKey(), entry.getValue()))),
        Stream.of(
            DynamicTest.dynamicTest(
                "the table has a row for each of them",
                () -> {
                  compiler.close();
                  checkTable(text, before);
                })));
  }

  private Result search(VariantCompiler compiler, Mutant mutant, long first, int maxRuns) {
    Trial variant = new VariantLoader(compiler.compile(mutant)).trial(mutant.circumstances());
    long seed = first;
    Finding finding = variant.run(seed);
    while (finding == null && seed < first + maxRuns - 1) {
      finding = variant.run(++seed);
    }
    return new Result(seed, finding, finding == null ? null : original(mutant).run(seed));
  }

  /** The code as it is, in the circumstances of a mutant. */
  private Trial original(Mutant mutant) {
    return originals.computeIfAbsent(
        mutant.circumstances(), circumstances -> new VariantLoader(Map.of()).trial(circumstances));
  }

  private void check(Mutant mutant, Future<Result> search) throws Exception {
    Result result = search.get(MAX_MINUTES, TimeUnit.MINUTES);
    Finding finding = result.finding();
    if (finding == null) {
      throw new AssertionError(
          "Mutant '"
              + mutant.name()
              + "' survives up to seed "
              + result.seed()
              + ", and yet: "
              + mutant.mustHold());
    }
    assertThat(result.inOriginal())
        .as("what is wrong with seed %d in the code as it is", result.seed())
        .isNull();
    found.put(mutant.name(), new MutantTable.Row(finding.property(), result.seed()));
  }

  private void checkTable(String text, Map<String, MutantTable.Row> before) throws IOException {
    if (REWRITE) {
      Map<String, MutantTable.Row> now = new LinkedHashMap<>(before);
      now.putAll(found);
      Files.writeString(TABLE, MutantTable.render(Mutants.ALL, now));
      return;
    }
    Map<String, MutantTable.Row> all = new LinkedHashMap<>(found);
    all.putAll(before);
    assertThat(text)
        .as("%s (-Djangada.rewrite=true writes it)", TABLE)
        .isEqualTo(MutantTable.render(Mutants.ALL, all));
  }

  @Test
  void namesAreDistinct() {
    assertThat(Mutants.ALL.stream().map(Mutant::name).collect(Collectors.toSet()))
        .hasSameSizeAs(Mutants.ALL);
  }

  @Test
  void mutantThatBreaksNothingSurvives() throws IOException {
    Mutant harmless =
        Mutant.named("names a variable otherwise", "")
            .replacing(
                "dev.jangada.raft.Quorum",
                "if (granted >= majority(voters)) {",
                "int needed = majority(voters);\nif (granted >= needed) {");

    try (VariantCompiler compiler = new VariantCompiler()) {
      assertThat(search(compiler, harmless, 1, 10)).isEqualTo(new Result(10, null, null));
    }
  }

  @Test
  void snippetThatIsNotInTheSourceIsReported() throws IOException {
    assertStale(
        Mutant.named("has no place", "").replacing("dev.jangada.raft.Raft", "no such code", ""),
        "The snippet of mutant 'has no place' occurs 0 times in dev.jangada.raft.Raft");
  }

  @Test
  void snippetThatIsInTheSourceTwiceIsReported() throws IOException {
    assertStale(
        Mutant.named("has two places", "").replacing("dev.jangada.raft.Quorum", "values", ""),
        "must occur once");
  }

  @Test
  void replacementThatDoesNotCompileIsReported() throws IOException {
    assertStale(
        Mutant.named("is no Java", "")
            .replacing("dev.jangada.raft.Quorum", "return voters / 2 + 1;", "return much;"),
        "Mutant 'is no Java' does not compile",
        "cannot find symbol");
  }

  @Test
  void whiteSpaceInSnippetsIsAnyWhiteSpace() {
    assertThat(new Mutant.Edit("A", " a(\n  b)  c ", "x$1").apply("any", "{ a( b)\tc; a(b) c; }"))
        .isEqualTo("{ x$1; a(b) c; }");
  }

  private static void assertStale(Mutant mutant, String... messages) throws IOException {
    try (VariantCompiler compiler = new VariantCompiler()) {
      assertThatThrownBy(() -> compiler.compile(mutant))
          .isInstanceOf(StaleMutantException.class)
          .hasMessageContainingAll(messages);
    }
  }

  @Test
  void tableIsReadAsItWasWritten() {
    Map<String, MutantTable.Row> rows = new LinkedHashMap<>();
    for (Mutant mutant : List.of(Mutants.ALL.getFirst(), Mutants.ALL.getLast())) {
      rows.put(mutant.name(), new MutantTable.Row("this or that", mutant.name().length()));
    }

    assertThat(MutantTable.parse(MutantTable.render(Mutants.ALL, rows))).isEqualTo(rows);
  }
}
