package dev.jangada.raft;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * The other members as their leader sees them, voters and learners, and the majorities of those who
 * vote. The leader itself is counted only if it votes: one that is being removed is not
 * (dissertation, section 4.2.2).
 */
final class Followers {
  private final RaftConfig config;

  /** An array, because whoever asks what is to be done next goes through it, at every step. */
  private Progress[] all = {};

  private VoterSets sets;
  private List<RaftStatus.FollowerStatus> toldStatus = List.of();

  /** Those of a new leader. */
  Followers(RaftConfig config, Membership membership, long next) {
    this.config = config;
    this.sets = new VoterSets(membership);
    reconfigure(membership, next);
  }

  /**
   * Another configuration is in force: keeps what is known of those who stay.
   *
   * @param next where to begin with those who are new
   */
  void reconfigure(Membership membership, long next) {
    List<Progress> members = new ArrayList<>();
    for (Member member : membership.members()) {
      if (member.id() != config.id()) {
        Progress known = progress(member.id());
        members.add(known != null ? known : new Progress(member.id(), next, config));
      }
    }
    all = members.toArray(new Progress[0]);
    sets = new VoterSets(membership);
  }

  /** Whether these are all other members of a configuration. */
  boolean areThoseOf(Membership membership) {
    int others = 0;
    for (Member member : membership.members()) {
      others += member.id() == config.id() ? 0 : 1;
    }
    return others == all.length;
  }

  /** All of them; not to be changed. */
  Progress[] all() {
    return all;
  }

  @Nullable Progress progress(long id) {
    for (Progress progress : all) {
      if (progress.id == id) {
        return progress;
      }
    }
    return null;
  }

  /** Each is to get a sign of life, whatever else there is for it. */
  void heartbeatDue() {
    for (Progress progress : all) {
      progress.heartbeatDue = true;
    }
  }

  void tick() {
    for (Progress progress : all) {
      progress.tick();
    }
  }

  /** Notes where the leader's log begins now. */
  void logCutOff(EntryId base) {
    for (Progress progress : all) {
      progress.logCutOff(base);
    }
  }

  /** What a majority has reached in some respect. */
  long reachedByMajority(long own, ToLongFunction<Progress> of) {
    return sets.reachedByMajority(id -> {
      Progress progress = progress(id);
      return progress == null ? own : of.applyAsLong(progress);
    });
  }

  /** Whether a majority was heard of since the last time that this was asked. */
  boolean heardFromMajority() {
    boolean heard = reachedByMajority(1, progress -> progress.recentlyActive ? 1 : 0) == 1;
    for (Progress progress : all) {
      progress.recentlyActive = false;
    }
    return heard;
  }

  /**
   * Whether too few of those who are to vote can be reached, so that the cluster would stand still
   * until more are. To grow beyond one voter is always a risk, and allowed.
   */
  boolean isRisky(Membership now, Membership next) {
    boolean staysAlive =
        new VoterSets(next)
                .reachedByMajority(id -> {
                  Progress progress = progress(id);
                  return id == config.id() || (progress != null && progress.isReachable()) ? 1 : 0;
                })
            == 1;
    return !staysAlive && !next.voters().equals(now.voters()) && now.voters().size() > 1;
  }

  /** Whether a member has followed so closely that it can be expected to go on doing so. */
  boolean isCaughtUp(long id) {
    Progress progress = progress(id);
    return progress != null && progress.isCaughtUp();
  }

  /** The voter that could lead next: of those that can be reached, one with the longest log. */
  @Nullable Progress successor(Membership membership) {
    Progress best = null;
    for (Progress progress : all) {
      if (progress.isReachable()
          && membership.isVoter(progress.id)
          && (best == null || progress.match > best.match)) {
        best = progress;
      }
    }
    return best;
  }

  /** As seen from outside; the same list for as long as nothing changes. */
  List<RaftStatus.FollowerStatus> status() {
    // A loop, because this happens at every step.
    boolean changed = toldStatus.size() != all.length;
    for (int i = 0; i < all.length && !changed; i++) {
      changed = !all[i].status().equals(toldStatus.get(i));
    }
    if (changed) {
      List<RaftStatus.FollowerStatus> statuses = new ArrayList<>(all.length);
      for (Progress progress : all) {
        statuses.add(progress.status());
      }
      toldStatus = Collections.unmodifiableList(statuses);
    }
    return toldStatus;
  }
}
