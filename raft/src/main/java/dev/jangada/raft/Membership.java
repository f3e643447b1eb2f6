package dev.jangada.raft;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Who belongs to the cluster, and who decides: a configuration in the sense of the dissertation,
 * chapter 4. One is in force at each node at each moment, the last one in its log, from when it is
 * appended on. Immutable; {@link MembershipCodec} has the bytes.
 *
 * <p>A configuration is <em>joint</em> if members of it have a transitional {@link
 * Member.Standing}: then whatever needs a majority needs one of the old voters and one of the new.
 *
 * @param members ascending by id, each id once; those that vote are at least one in either set. No
 *     members at all: that of a node that does not know yet to which cluster it belongs
 * @param removed ids that belonged to the cluster and never will again, the latest last; no more
 *     than {@value #MAX_REMOVED}, beyond which the oldest are forgotten
 */
public record Membership(List<Member> members, List<Long> removed) {

  /** How many removed ids are remembered. */
  public static final int MAX_REMOVED = 200;

  /** That of a node that has yet to hear who belongs to its cluster. */
  public static final Membership NONE = new Membership(List.of(), List.of());

  public Membership {
    members = List.copyOf(members);
    removed = List.copyOf(removed);
    int newVoters = 0;
    int oldVoters = 0;
    for (int i = 0; i < members.size(); i++) {
      Member member = members.get(i);
      require(
          i == 0 || members.get(i - 1).id() < member.id(),
          "the members " + members + " do not ascend");
      newVoters += member.standing().votesInNew() ? 1 : 0;
      oldVoters += member.standing().votesInOld() ? 1 : 0;
      require(!removed.contains(member.id()), "a removed id is that of a member: " + member);
    }
    require(
        members.isEmpty() || (newVoters > 0 && oldVoters > 0),
        "there are members but no voters: " + members);
    require(removed.size() <= MAX_REMOVED, removed.size() + " removed ids are too many");
  }

  private static void require(boolean condition, String message) {
    if (!condition) {
      throw new IllegalArgumentException(message);
    }
  }

  /** The configuration with these members, in any order. */
  public static Membership of(Collection<Member> members) {
    return new Membership(sorted(members), List.of());
  }

  /** The configuration of these voters, in any order, without addresses. */
  public static Membership ofVoters(Collection<Long> voters) {
    return of(voters.stream().map(id -> Member.voter(id, "")).toList());
  }

  static List<Member> sorted(Collection<Member> members) {
    List<Member> sorted = new ArrayList<>(members);
    sorted.sort((a, b) -> Long.compare(a.id(), b.id()));
    return sorted;
  }

  /** Whether it is known who belongs to the cluster: the opposite of {@link #NONE}. */
  public boolean isKnown() {
    return !members.isEmpty();
  }

  /** The member with this id, null if there is none. */
  public @Nullable Member member(long id) {
    for (Member member : members) {
      if (member.id() == id) {
        return member;
      }
    }
    return null;
  }

  /** Whether a node has a vote. */
  public boolean isVoter(long id) {
    Member member = member(id);
    return member != null && member.standing().votes();
  }

  /** Whether a node belonged to the cluster and never will again. */
  public boolean isRemoved(long id) {
    return !removed.isEmpty() && removed.contains(id);
  }

  /** Whether two sets of voters decide. */
  public boolean isJoint() {
    for (Member member : members) {
      if (member.standing().isTransitional()) {
        return true;
      }
    }
    return false;
  }

  /** Ids of the voters; in a joint configuration those of the new set. */
  public List<Long> voters() {
    return ids(members.stream().filter(member -> member.standing().votesInNew()).toList());
  }

  /** Ids of the voters of the old set; the same as {@link #voters} unless joint. */
  public List<Long> outgoingVoters() {
    return isJoint()
        ? ids(members.stream().filter(member -> member.standing().votesInOld()).toList())
        : voters();
  }

  private static List<Long> ids(List<Member> members) {
    return members.stream().map(Member::id).toList();
  }

  /** Ids of those who vote in either set, without one of them. */
  List<Long> votersBut(long id) {
    return ids(
        members.stream().filter(member -> member.id() != id && member.standing().votes()).toList());
  }

  /** The ids of all members. */
  public List<Long> ids() {
    return ids(members);
  }

  /** The members, such as {@code [1 2 3(learner)]}. */
  @Override
  public String toString() {
    return members.stream().map(Member::toString).collect(Collectors.joining(" ", "[", "]"))
        + (removed.isEmpty()
            ? ""
            : removed.stream()
                .map(Long::toHexString)
                .collect(Collectors.joining(" ", " without ", "")));
  }
}
