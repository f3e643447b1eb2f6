package dev.jangada.simulation.mutants;

import static dev.jangada.simulation.mutants.Mutant.named;

import java.util.List;

/** Wrong ways to change who belongs to the cluster. */
final class MembershipMutants {

  private static final String RAFT = "dev.jangada.raft.Raft";
  private static final String LOG = "dev.jangada.raft.RaftLog";
  private static final String RECONFIGURATION = "dev.jangada.raft.Reconfiguration";
  private static final String VOTER_SETS = "dev.jangada.raft.VoterSets";
  private static final String MEMBER = "dev.jangada.raft.Member";
  private static final String FOLLOWERS = "dev.jangada.raft.Followers";
  private static final String LOG_STATE = "dev.jangada.storage.LogState";

  static final List<Mutant> ALL =
      List.of(
          in(
                  "changes the membership before it has committed in its term",
                  "A leader changes the membership only after it has committed an entry of its own"
                      + " term (Ongaro, raft-dev, 2015).")
              .replacing(
                  RECONFIGURATION,
                  "if (!leader.hasCommittedInItsTerm()) {",
                  "if (leader.transferee < 0) {"),
          in(
                  "takes a change while another one is under way",
                  "One change is finished before the next one begins (dissertation, 4.1).")
              .replacing(
                  RECONFIGURATION,
                  "if (now.index() > log.committed() || now.membership().isJoint()) {",
                  "if (now.membership().isJoint()) {"),
          in(
                  "replaces two voters at once",
                  "Where the voters change by more than one, there is a joint configuration in"
                      + " between (dissertation, 4.3).")
              .replacing(RECONFIGURATION, "if (difference > 1) {", "if (difference > 2) {")
              .replacing(RECONFIGURATION, "added.size() + gone.size() <= 1", "true"),
          in(
                  "commits by the new voters alone",
                  "In a joint configuration, what is committed has a majority of the old voters and"
                      + " one of the new ones (dissertation, 4.3).")
              .replacing(
                  VOTER_SETS,
                  "return isJoint() ? Math.min(reached, reached(outgoing, valueOfVoter)) :"
                      + " reached;",
                  "return reached;"),
          in(
                  "is elected by the new voters alone",
                  "In a joint configuration, an election is won among the old voters and among the"
                      + " new ones (dissertation, 4.3).")
              .replacing(
                  VOTER_SETS,
                  "if (!isJoint() || outcome == Outcome.LOST) {",
                  "if (outcome != null) {"),
          in("counts learners", "A learner has no vote, and is not counted (dissertation, 4.2.1).")
              .replacing(
                  MEMBER,
                  "return this == VOTER || this == INCOMING;",
                  "return this != OUTGOING && this != DEMOTED;"),
          in("campaigns without a vote", "Who has no vote does not campaign (dissertation, 4.2.1).")
              .replacing(
                  RAFT,
                  "if (!log.maybeVoter(id)) { if (leader() != 0) {",
                  "if (term < 0) {\nif (leader() != 0) {"),
          in(
                  "leads on without a vote",
                  "A leader that is not a member any more gives way when that is committed"
                      + " (dissertation, 4.2.2).")
              .replacing(RAFT, "if (!now.membership().isVoter(id)) {", "if (term < 0) {"),
          in(
                  "never leaves a joint configuration",
                  "A joint configuration is always left (etcd#11284).")
              .replacing(RECONFIGURATION, "if (now.isJoint()) {", "if (now.members().isEmpty()) {"),
          in(
                  "leaves a joint configuration only if it began it",
                  "A joint configuration is left also if the leader that began it is gone"
                      + " (etcd#12582).")
              .replacing(
                  RAFT,
                  "if (now.index() > log.committed() || !leader.hasCommittedInItsTerm()) {",
                  "if (now.index() > log.committed() || now.index() < leader.firstIndex) {"),
          in(
                  "leaves a joint configuration before it is committed",
                  "A joint configuration is left once it is committed (dissertation, 4.3).")
              .replacing(
                  RAFT,
                  "if (now.index() > log.committed() || !leader.hasCommittedInItsTerm()) {",
                  "if (!leader.hasCommittedInItsTerm()) {"),
          in(
                  "goes by what is committed",
                  "A node goes by the last configuration in its log from when it is appended on,"
                      + " committed or not (dissertation, 4.1).")
              .replacing(
                  LOG,
                  "return present(configurations.latest());",
                  "return present(configurations.at(committed));"),
          in(
                  "goes by what was replaced",
                  "When entries are replaced, their configurations are void (dissertation, 4.1).")
              .replacing(LOG, "configurations.truncatedFrom(index);", ""),
          in(
                  "keeps its configurations when it installs a snapshot",
                  "Installing a snapshot discards superseded, uncommitted configurations"
                      + " (openraft#1808).")
              .replacing(LOG, "configurations.restored(snapshot.index(), membership);", ""),
          in(
                  "says of a snapshot what holds at the end of the log",
                  "A snapshot has the configuration that is in force at its last entry"
                      + " (dissertation, 5.1).")
              .replacing(
                  RAFT,
                  "new SnapshotMetadata(log.id(index), log.membershipAt(index))",
                  "new SnapshotMetadata(log.id(index), log.membership())"),
          in(
                  "forgets who belongs to the cluster when it cuts its log",
                  "Who belongs to the cluster is known also when the entry that says so is gone"
                      + " (etcd#13196).")
              .replacing(
                  LOG_STATE,
                  "configurations.restored(upTo.index(), membership);",
                  "configurations.restored(upTo.index(), null);"),
          in(
                  "forgets whom it has removed",
                  "A removed id stays removed (cockroach#756, etcd#20967).")
              .replacing(
                  RECONFIGURATION,
                  "if (!target.containsKey(before.id())) {",
                  "if (target.isEmpty()) {"),
          in(
                  "takes in again whom it has removed",
                  "A removed id is never taken again (cockroach#756, dragonboat#256).")
              .replacing(
                  RECONFIGURATION,
                  "if (removed.contains(id) || now.member(id) != null) {",
                  "if (id == 0) {"),
          in(
                  "listens to who was removed",
                  "Removed servers cannot disrupt the cluster (dissertation, 4.2.3).")
              .replacing(
                  RAFT,
                  "} else if (log.membershipAt(log.committed()).isRemoved(message.from())) {",
                  "} else if (message.term() < 0) {"),
          in(
                  "forgets its followers when the membership changes",
                  "What is known of a follower is kept when another one comes or goes.")
              .replacing(
                  FOLLOWERS,
                  "members.add(known != null ? known : new Progress(member.id(), next, config));",
                  "if (known == null) { members.add(new Progress(member.id(), next, config)); }"));

  private static Mutant in(String name, String mustHold) {
    return named(name, mustHold).in(Circumstances.MEMBERSHIP);
  }

  private MembershipMutants() {}
}
