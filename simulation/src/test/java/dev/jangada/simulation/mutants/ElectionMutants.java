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
                      + " sendNow.add(new Message.StaleTerm(id, m.from(), term));",
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
                      + " sendNow.add(new Message.PreVoteResponse(id, m.from(), term, false));",
                  "case Message.PreVoteRequest m -> {}")
              .replacing(
                  RAFT,
                  "case Message.VoteRequest m ->"
                      + " sendNow.add(new Message.VoteResponse(id, m.from(), term, false));",
                  "case Message.VoteRequest m -> {}")
              .replacing(
                  RAFT,
                  "case Message.AppendRequest m ->"
                      + " sendNow.add(new Message.StaleTerm(id, m.from(), term));",
                  "case Message.AppendRequest m -> {}"));

  private ElectionMutants() {}
}
