package dev.jangada.simulation.mutants;

import static dev.jangada.simulation.mutants.Mutant.named;

import java.util.List;

/** Wrong ways to elect a leader. */
final class ElectionMutants {

  private static final String RAFT = "dev.jangada.raft.Raft";
  private static final String QUORUM = "dev.jangada.raft.Quorum";

  static final List<Mutant> ALL =
      List.of(
          named("half is a majority", "Any two majorities share a node.")
              .replacing(QUORUM, "return voters / 2 + 1;", "return (voters + 1) / 2;"),
          named(
                  "compares logs by length first",
                  "Of two logs the one whose last entry has the later term is the more up to date,"
                      + " whatever their lengths (paper, 5.4.1).")
              .replacing(
                  RAFT,
                  "return candidateLast.compareTo(log.lastId()) >= 0;",
                  "return candidateLast.index() >= log.lastId().index();")
              .in(Circumstances.ELECTIONS),
          named(
                  "grants a vote before it is durable",
                  "A vote is on disk before it is given (paper, 5.2).")
              .replacing(
                  RAFT,
                  "sendAfterPersist.add(new Message.VoteResponse(id, m.from(), term, true));",
                  "sendNow.add(new Message.VoteResponse(id, m.from(), term, true));"),
          named(
                  "asks for votes before its own is durable",
                  "A candidate's vote for itself is on disk before anybody else votes for it.")
              .replacing(
                  RAFT,
                  "sendAfterPersist.add(new Message.VoteRequest(",
                  "sendNow.add(new Message.VoteRequest("),
          named("forgets its vote in a restart", "A vote outlives the process that gave it.")
              .replacing(RAFT, "this.vote = hardState.vote();", "this.vote = HardState.NO_VOTE;"),
          named(
                  "forgets its vote when it steps down",
                  "A vote holds for its whole term, whatever role the node takes in it"
                      + " (camunda#5356).")
              .replacing(
                  RAFT,
                  "term = newTerm; vote = HardState.NO_VOTE; }",
                  "term = newTerm; }\nvote = HardState.NO_VOTE;"),
          named(
                  "obeys the leader of an earlier term",
                  "A request of an earlier term is refused (paper, 5.1).")
              .replacing(
                  RAFT,
                  "case Message.AppendRequest m ->"
                      + " out.sendNow.add(new Message.StaleTerm(id, m.from(), term));",
                  "case Message.AppendRequest m -> handleAppendRequest(m);"),
          named(
                  "a candidate never tries again",
                  "An election without a winner is followed by another one (paper, 5.2).")
              .replacing(
                  RAFT,
                  "if (electionElapsed >= electionTimeout) {",
                  "if (electionElapsed >= electionTimeout && !(role instanceof Role.Candidate)) {"),
          named(
                  "does not tell a node that its term is over",
                  "A node with a lower term is told of the higher one, so that it recovers"
                      + " (etcd#8501, etcd#9586).")
              .replacing(
                  RAFT,
                  "case Message.PreVoteRequest m ->"
                      + " out.sendNow.add(new Message.PreVoteResponse(id, m.from(), term, false));",
                  "case Message.PreVoteRequest m -> {}")
              .replacing(
                  RAFT,
                  "case Message.VoteRequest m ->"
                      + " out.sendNow.add(new Message.VoteResponse(id, m.from(), term, false));",
                  "case Message.VoteRequest m -> {}")
              .replacing(
                  RAFT,
                  "case Message.AppendRequest m ->"
                      + " out.sendNow.add(new Message.StaleTerm(id, m.from(), term));",
                  "case Message.AppendRequest m -> {}"),
          named(
                  "counts votes of an earlier term",
                  "A vote counts in the term in which it was given, however late it comes"
                      + " (camunda#5356).")
              .replacing(
                  RAFT,
                  "case Message.VoteResponse m -> {}",
                  "case Message.VoteResponse m -> handleVoteResponse(m);")
              .in(Circumstances.LATE),
          named(
                  "takes the votes of one term into the next",
                  "What votes of its term a candidate still waits for ends with that term.")
              .replacing(
                  RAFT,
                  "become(new Role.Candidate(log.membership()), reason);",
                  "become(role instanceof Role.Candidate before"
                      + " ? before.asking(log.membership())"
                      + " : new Role.Candidate(log.membership()), reason);")
              .in(Circumstances.LATE),
          named(
                  "votes though it hears a leader",
                  "A node that hears a leader helps nobody to depose it (dissertation, 4.2.3).")
              .replacing(
                  RAFT,
                  "case Message.VoteRequest m when !m.transfer() && holdsOnToLeader() -> {",
                  "case Message.VoteRequest m when m.term() < 0 -> {")
              .replacing(
                  RAFT,
                  "boolean loyal = !m.transfer() && holdsOnToLeader();",
                  "boolean loyal = false;"),
          named(
                  "votes though it hears the leader of an earlier term",
                  "A node that has learned of a newer term by another way votes in it no sooner.")
              .replacing(
                  RAFT,
                  "boolean loyal = !m.transfer() && holdsOnToLeader();",
                  "boolean loyal = false;")
              .in(Circumstances.LATE),
          named(
                  "grants a pre-vote though it hears a leader",
                  "Whoever has lost touch with a leader that others hear cannot depose it"
                      + " (dissertation, 4.2.3 and 9.6).")
              .replacing(
                  RAFT,
                  "m.term() > term && !holdsOnToLeader() && isUpToDate(m.last())",
                  "m.term() > term && isUpToDate(m.last())"),
          named(
                  "enters the term that a pre-vote asks about",
                  "A pre-vote changes nothing at either end (dissertation, 9.6).")
              .replacing(
                  RAFT,
                  "case Message.PreVoteRequest m -> { return true; }",
                  "case Message.PreVoteRequest m -> {\n"
                      + "becomeFollower(m.term(), 0, \"newer term\");\nreturn true;\n}"),
          named(
                  "campaigns without asking whether it could win",
                  "With pre-votes, nobody begins a term who cannot win it (dissertation, 9.6).")
              .replacing(RAFT, "} else if (config.preVote()) {", "} else if (false) {"),
          named(
                  "counts pre-votes for another term",
                  "A pre-vote counts for the term that was asked about.")
              .replacing(
                  RAFT,
                  "(!m.granted() || m.term() == term + 1)",
                  "(!m.granted() || m.term() >= term)")
              .in(Circumstances.LATE),
          named(
                  "leads on though it hears from no majority",
                  "A leader that hears from no majority gives way, so that the others may elect one"
                      + " that does (dissertation, 6.2).")
              .replacing(RAFT, "if (config.checkQuorum() && !heard) {", "if (false) {"),
          named(
                  "leads on though its disk hangs",
                  "A leader whose disk hangs loses the leadership (hashicorp/raft#503,"
                      + " consul#22064).")
              .replacing(
                  RAFT,
                  "if (diskIsStalled() && !isOnlyVoter()) { // Heartbeats",
                  "if (false) {\n// Heartbeats"));

  private ElectionMutants() {}
}
