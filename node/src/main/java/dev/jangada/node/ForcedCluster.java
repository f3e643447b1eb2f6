package dev.jangada.node;

import dev.jangada.node.membership.RunningCluster;
import dev.jangada.node.snapshot.SnapshotEvent;
import dev.jangada.node.snapshot.SnapshotKeeper;
import dev.jangada.node.snapshot.SnapshotTask;
import dev.jangada.node.transport.ConnectionSecurity;
import dev.jangada.raft.Configuration;
import dev.jangada.raft.Entry;
import dev.jangada.raft.EntryId;
import dev.jangada.raft.Invariant;
import dev.jangada.raft.Member;
import dev.jangada.raft.Membership;
import dev.jangada.raft.SnapshotMetadata;
import dev.jangada.raft.StateMachine;
import dev.jangada.storage.WriteAheadLog;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes a member, from what it has on disk, the only one of its cluster: see {@link
 * RaftNodeBuilder#forceNewCluster}.
 *
 * <p>It applies its whole log, has the state machine keep the result, and then begins its log anew
 * behind that, with a configuration in which it is alone and all others are removed. This last step
 * is one record of the log, and the one moment at which it happens. A crash before it leaves a
 * member whose state machine may have kept what nobody agreed on: it is not started any more until
 * this was done once more, to its end ({@link NodeStorage#beginForcing}). Since no log holds less
 * than its base, the new configuration is committed from the first moment on: there is no time in
 * which one of the others could take this member for a follower, or be voted for by it. Nor does it
 * matter what the log said of a change that was under way, joint or not.
 */
final class ForcedCluster {
  private static final Logger logger = LoggerFactory.getLogger(RaftNode.class);

  /** How long another member may take to say that it is there. */
  private static final Duration PATIENCE = Duration.ofSeconds(3);

  private static final long APPLY_BYTES = 8 << 20;

  private final NodeConfig config;
  private final long self;
  private final NodeStorage storage;
  private final StateMachine stateMachine;
  private final ConnectionSecurity security;

  /**
   * Of the member with these settings.
   *
   * @param storage of the member, opened with the state machine; nobody else uses either
   * @param security what secures the connections between the members
   */
  ForcedCluster(
      NodeConfig config,
      NodeStorage storage,
      StateMachine stateMachine,
      ConnectionSecurity security) {
    this.config = config;
    this.self = config.memberId();
    this.storage = storage;
    this.stateMachine = stateMachine;
    this.security = security;
  }

  /**
   * Does it, unless the member decides alone already.
   *
   * @throws IllegalStateException if this member must not, or cannot, go on alone
   * @throws IOException if the log or the state cannot be read or written
   */
  void force() throws IOException {
    WriteAheadLog log = storage.log();
    EntryId last = log.last();
    if (last.index() == 0) {
      throw new IllegalStateException(
          config.id() + " has a log without entries: there is nothing to go on with");
    }
    Membership now = membership(log);
    if (now.isRemoved(self)) {
      throw new IllegalStateException(
          config.id()
              + " was removed from the cluster: what it has is older than what the others had."
              + " Use the data of a member that was not removed, or restore a backup");
    }
    if (now.voters().equals(List.of(self)) && !now.isJoint()) {
      logger.warn(
          "{} decides alone already, in a cluster of {}: there is nothing to force. Start it"
              + " without asking for that",
          config.id(),
          now);
      storage.endForcing();
      return;
    }
    refuseWhileOthersRun(now);
    Membership alone = alone(now);
    storage.beginForcing();
    applyAll(log, last);
    keep(new SnapshotMetadata(last, alone));
    log.reset(last, alone);
    storage.endForcing();
    logger.warn(
        "{} ({}) IS THE ONLY MEMBER OF ITS CLUSTER FROM NOW ON, as was asked for: all others of {}"
            + " are removed, and must not be started again with the data that they have. Its own"
            + " end with entry {}; of those after {} nobody knows whether they were acknowledged",
        config.id(),
        MemberId.toString(self),
        now,
        last,
        storage.applied());
  }

  /** Who belongs to the cluster by the end of the log, whether that is committed or not. */
  private Membership membership(WriteAheadLog log) {
    List<Configuration> configurations = log.configurations();
    return configurations.isEmpty()
        ? config.initialMembership()
        : configurations.getLast().membership();
  }

  private Membership alone(Membership now) {
    Member known = now.member(self);
    Member survivor =
        known == null
            ? Member.voter(self, config.address())
            : new Member(self, Member.Standing.VOTER, known.address(), known.incarnation());
    List<Long> removed = new ArrayList<>(now.removed());
    now.ids().stream().filter(id -> id != self).forEach(removed::add);
    int tooMany = Math.max(0, removed.size() - Membership.MAX_REMOVED);
    return new Membership(List.of(survivor), removed.subList(tooMany, removed.size()));
  }

  /**
   * Asks the others. Whoever answers is not lost: with it there may be a majority yet, and two
   * clusters would go by the same name. This is also what saves new members from a setting that was
   * left where it was.
   */
  private void refuseWhileOthersRun(Membership now) {
    Map<Member, CompletableFuture<RunningCluster>> asked = new LinkedHashMap<>();
    for (Member member : now.members()) {
      int colon = member.address().lastIndexOf(':');
      if (member.id() != self && colon > 0) {
        asked.put(
            member,
            RunningCluster.ask(
                security,
                member.address().substring(0, colon),
                Integer.parseInt(member.address().substring(colon + 1)),
                PATIENCE));
      }
    }
    asked.forEach((member, answer) -> {
      try {
        if (answer.join().clusterId() == config.clusterId()) {
          throw new IllegalStateException(
              ("member %s at %s still runs: %s may go on alone only when the others are lost for"
                      + " good. Stop it and see to it that it is not started again, or start %s as"
                      + " before")
                  .formatted(
                      MemberId.toString(member.id()), member.address(), config.id(), config.id()));
        }
      } catch (CompletionException gone) {
        logger.info("{} at {} does not answer", MemberId.toString(member.id()), member.address());
      }
    });
  }

  private void applyAll(WriteAheadLog log, EntryId last) {
    long next = storage.applied() + 1;
    while (next <= last.index()) {
      List<Entry> entries = log.read(next, last.index() + 1, APPLY_BYTES);
      List<byte[]> results = stateMachine.apply(entries);
      Invariant.check(
          results.size() == entries.size(),
          "the state machine returned %s results for %s entries",
          results.size(),
          entries.size());
      next += entries.size();
    }
  }

  /** Sees to it that the state is there after a loss of power, without the log. */
  private void keep(SnapshotMetadata snapshot) throws IOException {
    stateMachine.flush();
    if (stateMachine.durableIndex() >= snapshot.last().index()) {
      return;
    }
    if (!stateMachine.supportsSnapshots()) {
      // Nothing of what it was given outlives it.
      storage.endForcing();
      throw new IllegalStateException(
          stateMachine.getClass().getName()
              + " keeps its state in memory only and does not support snapshots: what it has is in"
              + " the log alone, which cannot be begun anew");
    }
    try (StateMachine.Snapshot picture = stateMachine.snapshot();
        SnapshotKeeper keeper = new SnapshotKeeper(stateMachine, storage.snapshots())) {
      SnapshotEvent event;
      do {
        event = keeper.perform(new SnapshotTask.Save(snapshot, picture));
      } while (event instanceof SnapshotEvent.Saving);
    }
  }
}
