package dev.jangada.raft;

import org.jspecify.annotations.Nullable;

/**
 * A node as a {@link Membership} knows it.
 *
 * @param id its number in messages, not 0
 * @param standing what it takes part in
 * @param address where the other nodes reach it, in words that the core does not read; at most
 *     {@value #MAX_ADDRESS_CHARS} characters
 * @param incarnation what the node drew at random when it began its log, by which it is told from
 *     one that has lost that log and goes by the same id; 0 as long as nobody knows
 */
public record Member(long id, Standing standing, String address, long incarnation) {

  /** The longest address. */
  public static final int MAX_ADDRESS_CHARS = 255;

  /**
   * What a member takes part in. Between two sets of voters that differ by more than one there is a
   * joint configuration (dissertation, section 4.3), in which both decide; what becomes of each
   * member in it is part of its standing, so that whoever leads then knows how to leave it.
   */
  public enum Standing {
    /** Votes: in a joint configuration, in the old set and the new one. */
    VOTER(0),
    /** Votes in the new set of a joint configuration, and will be a voter. */
    INCOMING(1),
    /** Votes in the old set of a joint configuration, and will be gone. */
    OUTGOING(2),
    /** Votes in the old set of a joint configuration, and will be a learner. */
    DEMOTED(3),
    /** Gets the log and has no vote. */
    LEARNER(4),
    /** A learner that the leader makes a voter, by itself, as soon as it has caught up. */
    STAGING(5);

    private static final Standing[] VALUES = values();

    private final byte code;

    Standing(int code) {
      this.code = (byte) code;
    }

    /** The byte that stands for this on disk and on the wire. */
    byte code() {
      return code;
    }

    /** The constant that the byte stands for; null for a byte that stands for none. */
    static @Nullable Standing ofCode(byte code) {
      for (Standing candidate : VALUES) {
        if (candidate.code == code) {
          return candidate;
        }
      }
      return null;
    }

    /** Whether there is such a member in joint configurations only. */
    public boolean isTransitional() {
      return this == INCOMING || this == OUTGOING || this == DEMOTED;
    }

    /** Whether the member has a vote in the set that remains. */
    public boolean votesInNew() {
      return this == VOTER || this == INCOMING;
    }

    /** Whether the member has a vote in the set that a joint configuration leaves behind. */
    public boolean votesInOld() {
      return this == VOTER || this == OUTGOING || this == DEMOTED;
    }

    /** Whether the member has a vote in either set. */
    public boolean votes() {
      return votesInNew() || votesInOld();
    }
  }

  public Member {
    if (id == 0) {
      throw new IllegalArgumentException("no member can have the id 0, which means nobody");
    }
    if (address.length() > MAX_ADDRESS_CHARS) {
      throw new IllegalArgumentException(
          "the address of member " + Long.toHexString(id) + " has more than 255 characters");
    }
  }

  /** A voter. */
  public static Member voter(long id, String address) {
    return new Member(id, Standing.VOTER, address, 0);
  }

  Member as(Standing newStanding) {
    return new Member(id, newStanding, address, incarnation);
  }

  Member at(String newAddress) {
    return new Member(id, standing, newAddress, incarnation);
  }

  Member of(long newIncarnation) {
    return new Member(id, standing, address, newIncarnation);
  }

  /** Id and standing, such as {@code 4(learner)}; the id alone for a voter. */
  @Override
  public String toString() {
    String text = Long.toHexString(id);
    return standing == Standing.VOTER
        ? text
        : text + "(" + standing.name().toLowerCase(java.util.Locale.ROOT) + ")";
  }
}
