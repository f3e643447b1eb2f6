package dev.jangada.simulation.mutants;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The table of mutants, as it stands in the documentation. */
final class MutantTable {

  /**
   * How a mutant was found.
   *
   * @param property what did not hold
   * @param seed the first seed, counted from 1, with which that came out: so many runs it takes
   */
  record Row(String property, long seed) {}

  private static final String HEADING =
      """
      # Mutants

      The simulator is tested by breaking what it tests. Each row is a way to get Raft, its log or \
      its clients wrong, most of them as others got it wrong before. A test applies it to the \
      source, compiles that, and runs the simulator on the result: it must find out, and must find \
      nothing with the same seed in the code as it is. A mutant that survives shows a hole in the \
      faults or in the checks, and the hole gets closed.

      The last column is how many runs it takes, counting seeds from 1; the column before it is \
      what was found broken in the last of them. A row may be older than others; all are measured \
      anew by

      ```
      mvn -pl simulation -am test -Dtest=MutantsTest -Djangada.rewrite=true \
      -Dsurefire.failIfNoSpecifiedTests=false
      ```

      which writes this page; without `rewrite` the test begins each search with the seed that is \
      written here, and is soon done. The mutants themselves are in `simulation/src/test`, in the \
      package `mutants`.

      | mutant | what must hold | circumstances | found by | seeds |
      | --- | --- | --- | --- | --- |
      """;

  private static final String REST =
      """

      ## What the simulator does not find

      Some mistakes need so many things to happen at once that random runs do not get there, and \
      some are no mistakes. The first are found by directed tests; each of these was seen to fail:

      - counts what a follower acknowledged to the leader of an earlier term: the story \
      `17-late-and-repeated-answers`;
      - takes any answer for one to the latest question of a read: the stories 17, 32, 33 and 36;
      - dates a lease from the answer instead of the sending: the story `36-lease-reads`;
      - keeps its lease when the membership changes: the story \
      `61-a-lease-ends-with-the-membership`;
      - lets time pass for clients' leases that the leaders before have counted, or counts the time \
      between look and proposal in full: `LeaseStopwatchTest`; what was measured in an earlier \
      term: `LeaseTest`. Leases have a second in reserve, which hides most of it;
      - says that a change of the membership is made while a joint configuration is in force: \
      `RaftDriverMembershipTest`; takes no notice of which logs members have, or of an address \
      that a member says hello with: `RaftNodeMembershipTest`;
      - campaigns though its own disk hangs: the story `28-a-leader-whose-disk-hangs`;
      - asks for a snapshot for a follower that is gone: the story `48-a-snapshot-that-failed`;
      - does not take a piece of a snapshot for a sign of life of the leader: the story \
      `50-an-installation-takes-time`; heartbeats go on beside the pieces, so that nothing else \
      shows it;
      - tells two snapshots apart by their sizes only, or goes on with what another leader has \
      sent: `SnapshotReceiverTest`. Two snapshots of one size meet seldom, and the stores of the \
      simulated nodes put the same state into the same bytes;
      - sends a piece of a snapshot under the number of a term that it does not lead: \
      `SnapshotCoordinatorTest`. The simulator found this one in the code as it was.

      No mistakes, because nothing can be observed of them:

      - to leave the torn end of the log where it is, without zeros: each record carries the \
      checksum of the one before it, so that what is left there is never taken for what follows. \
      The zeros are a second barrier;
      - to keep the reads that wait when the leadership ends: they go with the role that held \
      them, and are answered by nobody; those who asked give up after their own time. The story \
      `35-reads-end-with-the-leadership` asks for the answer at once;
      - to count pre-votes for a later term than the one that was asked about: nobody gives one.
      """;

  private static final Pattern ROW =
      Pattern.compile("\\| (.+) \\| .+ \\| .+ \\| (.+) \\| (\\d+) \\|");

  private MutantTable() {}

  /** Reads what was measured, by the mutants' names. */
  static Map<String, Row> parse(String text) {
    Map<String, Row> rows = new LinkedHashMap<>();
    for (String line : text.lines().toList()) {
      Matcher matcher = ROW.matcher(line);
      if (matcher.matches()) {
        rows.put(matcher.group(1), new Row(matcher.group(2), Long.parseLong(matcher.group(3))));
      }
    }
    return rows;
  }

  /** Writes the table; a mutant that was not measured has no row. */
  static String render(List<Mutant> mutants, Map<String, Row> rows) {
    StringBuilder text = new StringBuilder(HEADING);
    for (Mutant mutant : mutants) {
      @Nullable Row row = rows.get(mutant.name());
      if (row != null) {
        List<String> cells =
            new ArrayList<>(
                List.of(
                    mutant.name(),
                    mutant.mustHold(),
                    mutant.circumstances().text(),
                    row.property(),
                    Long.toString(row.seed())));
        text.append("| ").append(String.join(" | ", cells)).append(" |\n");
      }
    }
    return text.append(REST).toString();
  }
}
