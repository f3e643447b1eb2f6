package dev.jangada.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/**
 * The {@code etcd3} package of npm. Each test is the scenario of its name in {@code
 * src/test/node/scenarios.js}; one process of Node runs them all. Aborted, with the reason, where
 * there is no Node or the package cannot be installed.
 */
@Timeout(300)
class NodeEtcd3Test {

  private static final Path SOURCES = Path.of(System.getProperty("basedir", "."), "src/test/node");
  private static final Path DIRECTORY = RunningCluster.OUTCOMES.resolve("node");
  private static final int INSTALL_PATIENCE_SECONDS = 240;
  private static final ObjectMapper JSON = new ObjectMapper();

  @RegisterExtension static final ClusterUnderTest etcd = new ClusterUnderTest();

  private static @Nullable Process node;
  private static BufferedReader answers;
  private static BufferedWriter requests;
  private static JsonNode greeting;

  @SuppressWarnings("NullAway.Init") // set before all tests
  NodeEtcd3Test() {}

  @BeforeAll
  static void startNode() throws Exception {
    assumeTrue(runs("node", "--version"), "Node is not installed (Debian: nodejs)");
    assumeTrue(runs("npm", "--version"), "npm is not installed (Debian: npm)");
    Files.createDirectories(DIRECTORY);
    for (String file : List.of("package.json", "package-lock.json", "scenarios.js")) {
      Files.copy(
          SOURCES.resolve(file), DIRECTORY.resolve(file), StandardCopyOption.REPLACE_EXISTING);
    }
    install();
    ProcessBuilder builder =
        new ProcessBuilder("node", "scenarios.js")
            .directory(DIRECTORY.toFile())
            .redirectError(DIRECTORY.resolve("errors.log").toFile());
    builder.environment().put("ETCD_ENDPOINTS", etcd.endpointList());
    Process started = builder.start();
    node = started;
    answers = started.inputReader(StandardCharsets.UTF_8);
    requests = started.outputWriter(StandardCharsets.UTF_8);
    greeting = answer();
  }

  /** What the lock file names; nothing is fetched when it is there from an earlier run. */
  private static void install() throws IOException, InterruptedException {
    Path done = DIRECTORY.resolve("node_modules/.package-lock.json");
    Path lock = DIRECTORY.resolve("package-lock.json");
    Path installed = DIRECTORY.resolve("installed-lock.json");
    if (Files.exists(done) && Files.exists(installed) && Files.mismatch(installed, lock) == -1) {
      return;
    }
    Path log = DIRECTORY.resolve("npm.log");
    Process npm =
        new ProcessBuilder("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
            .directory(DIRECTORY.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    boolean ended = npm.waitFor(INSTALL_PATIENCE_SECONDS, TimeUnit.SECONDS);
    if (!ended) {
      npm.destroyForcibly();
    }
    assumeTrue(
        ended && npm.exitValue() == 0,
        "npm cannot install the etcd3 package; it needs a registry or a filled cache. See " + log);
    Files.copy(lock, installed, StandardCopyOption.REPLACE_EXISTING);
  }

  @AfterAll
  static void stopNode() throws Exception {
    Process running = node;
    if (running != null) {
      requests.close();
      if (!running.waitFor(10, TimeUnit.SECONDS)) {
        running.destroyForcibly();
      }
    }
  }

  private static boolean runs(String... command) throws InterruptedException {
    try {
      return new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start()
              .waitFor()
          == 0;
    } catch (IOException e) {
      return false;
    }
  }

  private static JsonNode answer() throws IOException {
    String line = answers.readLine();
    assertThat(line)
        .as("an answer of Node; its errors: %s", Files.readString(DIRECTORY.resolve("errors.log")))
        .isNotNull();
    return JSON.readTree(line);
  }

  private static void run(TestInfo test) throws IOException {
    String name = test.getTestMethod().orElseThrow().getName();
    requests.write(name + " " + etcd.prefix() + "\n");
    requests.flush();

    JsonNode answer = answer();

    assertThat(answer.path("name").asString()).isEqualTo(name);
    assertThat(answer.path("failure").asString("")).isEmpty();
  }

  @Test
  void everyScenarioIsATest() {
    List<String> scenarios = new ArrayList<>();
    greeting.path("scenarios").forEach(name -> scenarios.add(name.asString()));
    Stream<String> tests =
        Stream.of(NodeEtcd3Test.class.getDeclaredMethods())
            .filter(method -> method.isAnnotationPresent(Test.class))
            .map(Method::getName)
            .filter(name -> !name.equals("everyScenarioIsATest"));

    assertThat(scenarios).containsExactlyInAnyOrderElementsOf(tests.toList());
  }

  @Test
  void putAndGet(TestInfo test) throws Exception {
    run(test);
  }

  @Test
  void valuesAreTextNumbersJsonAndBytes(TestInfo test) throws Exception {
    run(test);
  }

  @Test
  void prefixIsSortedAndLimited(TestInfo test) throws Exception {
    run(test);
  }

  @Test
  void rangeEndsBeforeItsEnd(TestInfo test) throws Exception {
    run(test);
  }

  @Test
  void pastRevisionIsRead(TestInfo test) throws Exception {
    run(test);
  }

  @Test
  void putAndDeleteAnswerWhatWasThere(TestInfo test) throws Exception {
    run(test);
  }

  @Test
  void touchMakesAVersionAndKeepsTheValue(TestInfo test) throws Exception {
    run(test);
  }

  @Test
  void prefixIsDeleted(TestInfo test) throws Exception {
    run(test);
  }

  @Test
  void transactionTakesTheBranchOfItsComparison(TestInfo test) throws Exception {
    run(test);
  }

  @Test
  void everythingOfAKeyIsCompared(TestInfo test) throws Exception {
    run(test);
  }

  @Test
  void softwareTransactionsThatConflictAreTriedAgain(TestInfo test) throws Exception {
    run(test);
  }

  @Test
  void leaseKeepsItsKeysUntilItIsRevoked(TestInfo test) throws Exception {
    run(test);
  }

  @Test
  void leaseIsKeptAliveBeyondItsTime(TestInfo test) throws Exception {
    run(test);
  }

  @Test
  void leaseThatIsNotKeptAliveEndsAndItsKeysGo(TestInfo test) throws Exception {
    run(test);
  }

  @Test
  void leaseThatIsRevokedElsewhereIsToldToBeLost(TestInfo test) throws Exception {
    run(test);
  }

  @Test
  void putWithAnUnknownLeaseIsALeaseError(TestInfo test) throws Exception {
    run(test);
  }

  @Test
  void lockExcludesOthersUntilItIsReleased(TestInfo test) throws Exception {
    run(test);
  }

  @Test
  void watcherSeesPutsAndDeletesInOrder(TestInfo test) throws Exception {
    run(test);
  }

  @Test
  void watcherStartsInThePast(TestInfo test) throws Exception {
    run(test);
  }

  @Test
  void watcherIsToldWhatWasThereBefore(TestInfo test) throws Exception {
    run(test);
  }

  @Test
  void watcherOfDeletionsOnlySeesNoPut(TestInfo test) throws Exception {
    run(test);
  }

  @Test
  void watchersOfOneClientAreIndependent(TestInfo test) throws Exception {
    run(test);
  }

  @Test
  void candidatesLeadOneAfterTheOther(TestInfo test) throws Exception {
    run(test);
  }

  @Test
  void usersMayWhatTheirRolesAllow(TestInfo test) throws Exception {
    run(test);
  }

  @Test
  void membersStatusAndHashAreAnswered(TestInfo test) throws Exception {
    run(test);
  }

  @Test
  void backupIsStreamed(TestInfo test) throws Exception {
    run(test);
  }

  @Test
  void deadMemberInTheListIsPassedOver(TestInfo test) throws Exception {
    run(test);
  }
}
