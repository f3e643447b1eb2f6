package dev.jangada.simulation;

import dev.jangada.node.driver.LogWriter;
import dev.jangada.raft.Entry;
import dev.jangada.raft.EntryId;
import dev.jangada.raft.EntryType;
import dev.jangada.raft.Membership;
import dev.jangada.raft.Message;
import dev.jangada.raft.RaftStatus;
import dev.jangada.raft.SnapshotMetadata;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * The membership changes in steps that are safe (dissertation, chapter 4). Any majority of a
 * configuration meets any majority of the next one. A leader takes the next step once the one
 * before is committed, and an entry of its own term is. Who was removed stays removed. Everybody
 * goes by the last configuration in the log, committed or not, and a snapshot has the one that was
 * committed where it ends.
 */
final class ChangesAreSafe implements Property {

  /** One configuration after another in a log. */
  private record Step(Membership before, Membership after) {}

  /** A configuration that a node has just put into its log, and where the one before it is. */
  private record Appended(int node, Entry entry, long beforeIndex, Membership before) {}

  private final CommittedNeverLost committed;
  private final Set<Step> judged = new LinkedHashSet<>();
  private final List<Appended> appended = new ArrayList<>();

  /** By node: what it goes by as long as its log does not say. */
  private final List<Membership> first = new ArrayList<>();

  /** By node: the configurations in its log by index, also of entries that were cut off. */
  private final List<TreeMap<Long, Membership>> logs = new ArrayList<>();

  /** By node: what it went by when it was last looked at. */
  private final List<Membership> lookedAt = new ArrayList<>();

  /**
   * Creates the property.
   *
   * @param initial what the nodes that begin the cluster go by
   * @param founders how many those are; the others wait to be let in
   * @param nodes how many there are at all
   */
  ChangesAreSafe(CommittedNeverLost committed, Membership initial, int founders, int nodes) {
    this.committed = committed;
    for (int number = 0; number <= nodes; number++) {
      Membership own = number <= founders ? initial : Membership.NONE;
      first.add(own);
      logs.add(new TreeMap<>(Map.of(0L, own)));
      lookedAt.add(own);
    }
  }

  @Override
  public void started(ObservedNode node) {
    appended.clear();
    TreeMap<Long, Membership> log = logs.get(node.number());
    log.clear();
    // A start may finish what it finds half done, and have its log begin after a snapshot.
    long base = node.log().base().index();
    log.put(base, base == 0 ? first.get(node.number()) : committed.membershipAt(base));
    for (Entry entry : node.log().all()) {
      if (entry.type() == EntryType.CONFIGURATION) {
        log.put(entry.index(), entry.membership());
      }
    }
  }

  @Override
  public void writing(ObservedNode node, LogWriter.Write write) {
    TreeMap<Long, Membership> log = logs.get(node.number());
    if (!write.entries().isEmpty()) {
      log.tailMap(write.entries().getFirst().index(), true).clear();
    }
    for (Entry entry : write.entries()) {
      if (entry.type() == EntryType.CONFIGURATION) {
        appended.add(new Appended(node.number(), entry, log.lastKey(), log.lastEntry().getValue()));
        log.put(entry.index(), entry.membership());
      }
    }
    SnapshotMetadata reset = write.reset();
    if (reset != null) {
      judgeSnapshot(node, "begins anew after", reset.last(), reset.membership());
      log.clear();
      log.put(reset.last().index(), reset.membership());
    }
  }

  @Override
  public void sent(ObservedNode node, Message message) {
    if (message instanceof Message.SnapshotChunk chunk && chunk.offset() == 0) {
      judgeSnapshot(node, "sends", chunk.last(), chunk.membership());
    }
  }

  private void judgeSnapshot(
      ObservedNode node, String does, EntryId snapshot, Membership membership) {
    Membership inForce = committed.membershipAt(snapshot.index());
    if (!membership.equals(inForce)) {
      require(
          false,
          "n%d %s a snapshot of %s with %s, where %s was committed",
          node.number(),
          does,
          snapshot,
          membership,
          inForce);
    }
  }

  @Override
  public void turned(ObservedNode node, RaftStatus status) {
    for (Appended each : appended) {
      if (each.node() == node.number()) {
        judge(node, each);
      }
    }
    appended.clear();
    Membership inForce = logs.get(node.number()).lastEntry().getValue();
    if (status.membership().equals(lookedAt.get(node.number()))) {
      // The next comparison is then one of an object with itself.
      lookedAt.set(node.number(), status.membership());
    } else if (!IndexChain.isBeingReset(node.log(), status)) {
      lookedAt.set(node.number(), status.membership());
      require(
          status.membership().equals(inForce),
          "n%d goes by %s, and the last configuration in its log is %s",
          node.number(),
          status.membership(),
          inForce);
    }
  }

  private void judge(ObservedNode node, Appended step) {
    Entry entry = step.entry();
    require(
        step.beforeIndex() <= committed.size(),
        "n%d has %s, and the configuration before it, at %d, is not committed",
        node.number(),
        entry,
        step.beforeIndex());
    require(
        committed.term() >= entry.term(),
        "n%d has %s, and nothing of that term is committed",
        node.number(),
        entry);
    Membership before = step.before();
    if (!before.equals(Membership.NONE) && judged.add(new Step(before, entry.membership()))) {
      judge(before, entry.membership());
    }
  }

  private void judge(Membership before, Membership after) {
    require(!after.equals(before), "%s is followed by itself", before);
    require(
        Majorities.alwaysMeet(before, after),
        "%s is followed by %s, and not all majorities meet",
        before,
        after);
    require(
        !before.isJoint() || !after.isJoint(),
        "%s is followed by %s, another joint configuration",
        before,
        after);
    for (long removed : before.removed()) {
      require(after.isRemoved(removed), "%s forgets whom %s had removed", after, before);
    }
    for (long member : before.ids()) {
      require(
          after.member(member) != null || after.isRemoved(member),
          "%s lacks a member of %s that was not removed",
          after,
          before);
    }
  }
}
