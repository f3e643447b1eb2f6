package dev.jangada.simulation.trace;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jangada.node.snapshot.SnapshotPolicy;
import dev.jangada.raft.Message;
import dev.jangada.raft.RaftRole;
import dev.jangada.simulation.Fault;
import dev.jangada.simulation.KvApplication;
import dev.jangada.simulation.KvWorkload;
import dev.jangada.simulation.Simulation;
import dev.jangada.simulation.SimulationConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * The page in a real browser, as a reader uses it: a minute of five nodes under faults. Skipped
 * where there is no Chromium; {@code -Djangada.chromium=FILE} names one, and {@code
 * -Djangada.screenshots=DIRECTORY} keeps pictures.
 */
class TracePageTest {

  private static final long MILLIS = 1_000_000;

  private static final List<TraceRecord> RECORDS = new ArrayList<>();
  private static long seed = 6;
  private static @Nullable Browser started;

  @TempDir private static Path directory;

  @BeforeAll
  static void runAndOpenBrowser() throws IOException {
    Optional<Path> program = Browser.find();
    if (program.isEmpty()) {
      System.out.println("The page of a trace is not tried: there is no Chromium on the PATH.");
    }
    Assumptions.assumeTrue(program.isPresent(), "there is no Chromium on the PATH");
    SimulationConfig config =
        new SimulationConfig(
            5,
            4,
            60_000 * MILLIS,
            10_000 * MILLIS,
            60 * MILLIS,
            new SimulationConfig.Network(MILLIS, 3 * MILLIS, 1, 0, false),
            2 * MILLIS,
            EnumSet.of(
                Fault.CRASH,
                Fault.POWER_LOSS,
                Fault.PAUSE,
                Fault.PARTITION,
                Fault.LEADER_ISOLATION,
                Fault.SLOW_DISK),
            4_000 * MILLIS,
            2_500 * MILLIS,
            SimulationConfig.RaftSettings.USUAL,
            SnapshotPolicy.NONE);
    // Not every seed leads to a log that conflicts.
    while (RECORDS.stream().noneMatch(r -> r.event() instanceof TraceEvent.Truncated)) {
      seed++;
      RECORDS.clear();
      try (HtmlTrace page = HtmlTrace.open(directory.resolve("run.html"), title())) {
        new Simulation(config, seed, new KvApplication(), new KvWorkload(4), page.and(RECORDS::add))
            .run();
      }
    }
    started = Browser.start(program.get());
  }

  @AfterAll
  static void closeBrowser() throws IOException {
    if (started != null) {
      started.close();
    }
  }

  @BeforeEach
  void open() {
    open("run.html");
  }

  @AfterEach
  void nothingWasComplainedOf() {
    assertThat(browser().complaints()).isEmpty();
    assertThat(browser().evaluate("document.body.dataset.error || ''").asString()).isEmpty();
  }

  @Test
  void opensAtTheFirstLeaderWithEverythingDrawn() throws IOException {
    TraceRecord election =
        first(r -> r.event() instanceof TraceEvent.RoleChanged e && e.to() == RaftRole.LEADER);

    assertThat(text("h1")).isEqualTo(title());
    assertThat(RECORDS).as("events of the minute").hasSizeGreaterThan(20_000);
    assertThat(number("page.model.count")).isEqualTo(RECORDS.size());
    assertThat(shownEvents()).isEqualTo(RECORDS.size());
    assertThat(selected()).isEqualTo(election.number());
    assertThat(text("#inspector h2")).contains("n" + election.node() + " leads term");
    for (String canvas : List.of("overview", "diagram", "ring", "logs")) {
      assertThat(coloursOf(canvas)).as("colours of " + canvas).isGreaterThan(4);
    }
    screenshot("whole-run");
  }

  @Test
  void stepsForwardAndBackByButtonsAndKeys() {
    long first = selected();

    browser().click("#next");
    browser().click("#next");
    assertThat(selected()).isEqualTo(first + 2);
    browser().click("#previous");
    assertThat(selected()).isEqualTo(first + 1);
    browser().press("ArrowRight");
    browser().press("ArrowRight");
    browser().press("ArrowLeft");
    assertThat(selected()).isEqualTo(first + 2);
    browser().press("End");
    assertThat(selected()).isEqualTo(RECORDS.size());
    browser().press("ArrowRight");
    assertThat(selected()).as("there is nothing after the end").isEqualTo(RECORDS.size());
    browser().press("Home");
    assertThat(selected()).isEqualTo(1);
    assertThat(browser().evaluate("location.hash").asString()).isEqualTo("#e1");
  }

  @Test
  void goesFromLeaderToLeader() {
    List<Long> elections = new ArrayList<>();
    for (TraceRecord each : RECORDS) {
      if (each.event() instanceof TraceEvent.RoleChanged e && e.to() == RaftRole.LEADER) {
        elections.add(each.number());
      }
    }
    assertThat(elections).hasSizeGreaterThan(2);

    List<Long> visited = new ArrayList<>();
    visited.add(selected());
    for (int i = 1; i < elections.size(); i++) {
      browser().click("#next-leader");
      visited.add(selected());
    }

    assertThat(visited).isEqualTo(elections);
    browser().press("L");
    assertThat(selected()).isEqualTo(elections.get(elections.size() - 2));
  }

  @Test
  void filtersByKind() {
    List<TraceRecord> heartbeats =
        RECORDS.stream().filter(r -> TextTrace.line(r).contains(" heartbeat")).toList();
    assertThat(heartbeats).isNotEmpty();
    open("run.html?#e" + (heartbeats.getFirst().number() - 1));

    browser().click("[data-group=heartbeat]");

    assertThat(shownEvents()).isEqualTo(RECORDS.size() - heartbeats.size());
    long before = selected();
    for (int i = 0; i < 40; i++) {
      browser().press("ArrowRight");
      assertThat(text("#inspector .raw")).doesNotContain(" heartbeat");
    }
    assertThat(selected()).isGreaterThan(before + 40);
    browser().click("[data-group=heartbeat]");
    assertThat(shownEvents()).isEqualTo(RECORDS.size());
  }

  @Test
  void altClickLeavesOnlyOneKind() throws IOException {
    browser().clickWithAlt("[data-group=elections]");
    browser().click("[data-group=faults]");

    assertThat(
            browser()
                .evaluate(
                    "[...document.querySelectorAll('#kinds [aria-pressed=true]')]"
                        + ".map(chip => chip.dataset.group).join()")
                .asString())
        .isEqualTo("elections,faults");
    assertThat(shownEvents()).isLessThan(RECORDS.size() / 10);
    browser().press("l");
    browser().press("l");
    browser().evaluate("page.zoomTo(page.time - 1e6, page.time + 2e6)");
    screenshot("elections");
    browser().clickWithAlt("[data-group=append]");
    browser().clickWithAlt("[data-group=append]");
    assertThat(shownEvents()).as("again all").isEqualTo(RECORDS.size());
  }

  @Test
  void filtersByNode() {
    long atTwo = RECORDS.stream().filter(r -> r.node() == 2).count();

    browser().press("2");

    assertThat(shownEvents()).isEqualTo(RECORDS.size() - atTwo);
    assertThat(number("page.diagram.laneY(1)")).as("lane of n2").isEqualTo(-1);
    assertThat(number("page.diagram.laneY(0)")).as("lane of n1").isPositive();
    assertThat(
            browser()
                .evaluate("document.querySelectorAll('#nodes .chip')[1].ariaPressed")
                .asString())
        .isEqualTo("false");
    browser().press("2");
    assertThat(shownEvents()).isEqualTo(RECORDS.size());
  }

  @Test
  void linkOpensItsEvent() {
    TraceRecord arrival = RECORDS.get(RECORDS.size() / 2);
    while (!(arrival.event() instanceof TraceEvent.MessageDelivered)) {
      arrival = RECORDS.get((int) arrival.number());
    }
    TraceEvent.MessageDelivered delivered = (TraceEvent.MessageDelivered) arrival.event();

    open("run.html?#e" + arrival.number());

    assertThat(selected()).isEqualTo(arrival.number());
    assertThat(text("#inspector .raw")).isEqualTo(TextTrace.line(arrival));
    assertThat(number("page.view.to - page.view.from")).as("zoomed in").isLessThan(1_000_000);
    browser().click("#inspector .links a");
    assertThat(selected()).as("the sending").isEqualTo(delivered.sent());
    assertThat(text("#inspector .raw"))
        .isEqualTo(TextTrace.line(RECORDS.get((int) delivered.sent() - 1)));
    browser()
        .evaluate(
            """
            new Promise(done => { addEventListener("hashchange", done, { once: true });
              location.hash = "#e77"; })\
            """);
    assertThat(selected()).isEqualTo(77);
  }

  @Test
  void clickOnAnArrowChoosesItsMessage() throws IOException {
    TraceRecord vote =
        first(r ->
            r.event() instanceof TraceEvent.MessageSent e
                && e.message() instanceof Message.VoteRequest);
    open("run.html?#e" + vote.number());
    JsonNode place =
        browser()
            .evaluate(
                """
                new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => {
                  const box = document.getElementById("diagram").getBoundingClientRect();
                  const hit = page.diagram.hits.find(h => h.segment && page.model.number[h.i] === %d);
                  const [x0, y0, x1, y1] = hit.line;
                  window.view = page.view;
                  done([box.left + x0 + (x1 - x0) * 0.3, box.top + y0 + (y1 - y0) * 0.3]);
                })))\
                """
                    .formatted(vote.number()));
    browser().press("Home");
    browser()
        .evaluate(
            """
            page.setView(view.from, view.to);
            new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))\
            """);
    assertThat(selected()).isEqualTo(1);

    browser().move(place.get(0).asDouble(), place.get(1).asDouble());
    assertThat(text("#tip")).contains("asks for its vote");
    browser().clickAt(place.get(0).asDouble(), place.get(1).asDouble());

    assertThat(selected()).isEqualTo(vote.number());
    screenshot("vote");
  }

  @Test
  void rowOfTheListChoosesItsEvent() {
    JsonNode row =
        browser()
            .evaluate(
                """
                (() => { const row = document.querySelectorAll("#list .row")[6];
                  const box = row.getBoundingClientRect();
                  return [box.left + 40, box.top + 9, Number(row.dataset.event)]; })()\
                """);

    browser().clickAt(row.get(0).asDouble(), row.get(1).asDouble());

    assertThat(selected()).isEqualTo(row.get(2).asLong());
    assertThat(browser().evaluate("document.querySelectorAll('#list .row').length").asInt())
        .as("rows that exist")
        .isLessThan(100);
  }

  @Test
  void searchFindsLinesAndGoesToThem() {
    List<Long> hits =
        RECORDS.stream()
            .filter(r -> TextTrace.line(r).contains("won the election"))
            .map(TraceRecord::number)
            .toList();
    assertThat(hits).hasSizeGreaterThan(2);
    browser().press("Home");

    browser().press("/");
    browser().type("WON the election");
    assertThat(text("#hits")).isEqualTo(hits.size() + " found");
    browser().press("Enter");
    assertThat(selected()).isEqualTo(hits.get(0));
    browser().press("Enter");
    assertThat(selected()).isEqualTo(hits.get(1));
    browser().press("Escape");
    assertThat(text("#hits")).isEmpty();

    browser().press("/");
    browser().type("#12");
    browser().press("Enter");
    assertThat(selected()).isEqualTo(12);
  }

  @Test
  void zoomsWithTheWheelAroundThePointerAndDragsThroughTime() {
    browser().wheel(500, 400, -1_000);
    double width = decimal("page.view.to - page.view.from");
    assertThat(width).isLessThan(decimal("page.model.end") * 0.5);
    browser().press("f");
    assertThat(decimal("page.view.to - page.view.from"))
        .isGreaterThanOrEqualTo(decimal("page.model.end"));
    browser().press("+");
    browser().press("+");
    assertThat(decimal("page.view.to - page.view.from"))
        .isLessThan(decimal("page.model.end") * 0.3);
    browser().click("#overview");
    assertThat(decimal("(page.view.to + page.view.from) / 2 / page.model.end"))
        .as("middle of the view")
        .isBetween(0.49, 0.51);
  }

  @Test
  void playsAndPauses() {
    long before = selected();

    browser().press(" ");
    assertThat(browser().evaluate("document.body.dataset.playing").asString()).isEqualTo("true");
    browser()
        .evaluate(
            """
            new Promise(done => { const from = page.selected;
              const look = () => page.selected > from + 3 ? done() : requestAnimationFrame(look);
              look(); })\
            """);
    browser().press(" ");

    assertThat(browser().evaluate("document.body.dataset.playing").asString()).isEqualTo("false");
    assertThat(selected()).isGreaterThan(before + 3);
  }

  @Test
  void changesItsColoursAndExplainsItself() throws IOException {
    assertThat(browser().evaluate("document.documentElement.dataset.theme").asString())
        .isEqualTo("light");
    browser().press("t");
    assertThat(browser().evaluate("document.documentElement.dataset.theme").asString())
        .isEqualTo("dark");
    screenshot("dark");
    browser().press("?");
    assertThat(browser().evaluate("document.getElementById('help-dialog').open").asBoolean())
        .isTrue();
    screenshot("help");
    browser().click("#help-close");
    assertThat(browser().evaluate("document.getElementById('help-dialog').open").asBoolean())
        .isFalse();
  }

  /** The page rebuilds every node from the lines; here it is done from the events themselves. */
  @Test
  void knowsEveryNodeAtEveryMoment() {
    SplittableRandom random = new SplittableRandom(seed);
    List<Integer> moments = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      moments.add(random.nextInt(RECORDS.size()));
    }
    // Chance seldom hits the moments between a truncation and the next sync.
    for (TraceRecord each : RECORDS) {
      if (each.event() instanceof TraceEvent.Truncated) {
        moments.add((int) each.number() - 1);
      }
    }
    String states =
        """
        %s.map(i => page.model.statesAfter(i).map(s => {
          const terms = s.runs.flatMap(([from, to, term]) => Array(to - from + 1).fill(term));
          return [s.up ? s.role : "down", s.term, s.base.index, ...terms, "/", s.durable, s.committed,
              s.applied].join(" ");
        }))\
        """
            .formatted(moments);

    JsonNode seen = browser().evaluate(states);

    for (int i = 0; i < moments.size(); i++) {
      List<String> expected = statesAfter(moments.get(i));
      for (int node = 0; node < expected.size(); node++) {
        assertThat(seen.get(i).get(node).asString())
            .as("n%d after #%d", node + 1, moments.get(i) + 1)
            .isEqualTo(expected.get(node));
      }
    }
  }

  private List<String> statesAfter(int moment) {
    List<ReplayedNode> nodes = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      nodes.add(new ReplayedNode());
    }
    for (TraceRecord each : RECORDS.subList(0, moment + 1)) {
      if (each.node() > 0) {
        nodes.get((int) each.node() - 1).take(each.event());
      }
    }
    return nodes.stream().map(ReplayedNode::toString).toList();
  }

  @Test
  void showsWhatConflictsWithTheLeadersLog() throws IOException {
    TraceRecord truncation = first(r -> r.event() instanceof TraceEvent.Truncated);
    TraceEvent.Truncated truncated = (TraceEvent.Truncated) truncation.event();

    open("run.html?#e" + (truncation.number() - 1));

    String conflict =
        """
        (() => { const states = page.model.statesAfter(page.selected);
          const leader = page.model.referenceLog(states);
          return leader.role === "leader" && leader.termAt(%1$d) !== states[%2$d].termAt(%1$d)
              && states[%2$d].committed < %1$d; })()\
        """
            .formatted(truncated.first(), truncation.node() - 1);
    assertThat(browser().evaluate(conflict).asBoolean()).isTrue();
    screenshot("conflict");
    browser().press("ArrowRight");
    assertThat(
            number(
                "page.model.statesAfter(page.selected)[%d].last()"
                    .formatted(truncation.node() - 1)))
        .isEqualTo(truncated.first() - 1);
  }

  @Test
  void squareOfALogLeadsToTheEventThatWroteIt() {
    browser().press("End");
    JsonNode place =
        browser()
            .evaluate(
                """
                (() => { const box = document.getElementById("logs").getBoundingClientRect();
                  return [box.left + LOG_LEFT + 2.5 * SQUARE, box.top + 18 + 3.5 * LOG_ROW,
                      page.logs.firstColumn() + 2]; })()\
                """);

    browser().clickAt(place.get(0).asDouble(), place.get(1).asDouble());

    TraceRecord origin = RECORDS.get((int) selected() - 1);
    long index = place.get(2).asLong();
    assertThat(origin.node()).isEqualTo(4);
    assertThat(origin.event()).isInstanceOf(TraceEvent.Appended.class);
    assertThat(((TraceEvent.Appended) origin.event()).entries())
        .anyMatch(run -> run.first() <= index && index <= run.last());
  }

  @Test
  void hostileTextIsShownAsText() throws IOException {
    String text = "</script><b id=\"evil\">\\l \\n & \n<!-- \u0001";
    List<TraceRecord> hostile =
        List.of(
            new TraceRecord(1, 0, 0, new TraceEvent.Note(text)),
            new TraceRecord(2, 10, 1, new TraceEvent.ClientAsked(1, text)),
            new TraceRecord(3, 20, 0, new TraceEvent.Violated(text)));
    HtmlTrace.write(directory.resolve("hostile.html"), hostile, text);

    open("hostile.html");

    assertThat(number("page.model.count")).isEqualTo(3);
    assertThat(browser().evaluate("document.getElementById('evil')").isNull()).isTrue();
    assertThat(selected()).as("opens at the violation").isEqualTo(3);
    assertThat(text("#inspector .raw")).isEqualTo(TextTrace.line(hostile.get(2)));
    assertThat(text("#inspector p")).isEqualTo(text);
    browser().press("ArrowLeft");
    assertThat(text("#inspector .raw")).isEqualTo(TextTrace.line(hostile.get(1)));
  }

  @Test
  void runWithoutEventsIsAPageToo() throws IOException {
    HtmlTrace.write(directory.resolve("empty.html"), List.of(), "Nothing");

    open("empty.html");
    browser().press("ArrowRight");
    browser().press(" ");
    browser().press(" ");

    assertThat(number("page.model.count")).isZero();
  }

  // ---------------------------------------------------------------------------------------------

  private static String title() {
    return "Five nodes under faults, seed " + seed;
  }

  private Browser browser() {
    if (started == null) {
      throw new IllegalStateException("no browser was started");
    }
    return started;
  }

  private void open(String name) {
    browser().open(directory.toUri() + name);
    assertThat(browser().evaluate("ready").asString()).isEqualTo("ready");
  }

  private TraceRecord first(Predicate<TraceRecord> what) {
    return RECORDS.stream().filter(what).findFirst().orElseThrow();
  }

  private long selected() {
    return Long.parseLong(
        browser().evaluate("document.getElementById('inspector').dataset.event").asString());
  }

  private long shownEvents() {
    return Long.parseLong(
        browser().evaluate("document.getElementById('count').dataset.shown").asString());
  }

  private String text(String selector) {
    return browser().evaluate("document.querySelector('" + selector + "').textContent").asString();
  }

  private long number(String expression) {
    return browser().evaluate(expression).asLong();
  }

  private double decimal(String expression) {
    return browser().evaluate(expression).asDouble();
  }

  private int coloursOf(String canvas) {
    return browser()
        .evaluate(
            """
            new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => {
              const canvas = document.getElementById("%s");
              const pixels = new Uint32Array(canvas.getContext("2d")
                  .getImageData(0, 0, canvas.width, canvas.height).data.buffer);
              done(new Set(pixels).size);
            })))\
            """
                .formatted(canvas))
        .asInt();
  }

  private void screenshot(String name) throws IOException {
    String kept = System.getProperty("jangada.screenshots");
    if (kept != null) {
      browser().screenshot(Path.of(kept, name + ".png"));
    }
  }
}
