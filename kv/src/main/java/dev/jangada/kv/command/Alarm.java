package dev.jangada.kv.command;

import java.util.Comparator;

/**
 * An alarm that has been raised. In the order of types, then of members as unsigned numbers.
 *
 * @param member id of the member that it is about
 * @param type what is wrong with it
 */
public record Alarm(long member, AlarmType type) implements Comparable<Alarm> {

  private static final Comparator<Alarm> ORDER =
      Comparator.comparing(Alarm::type).thenComparing(Alarm::member, Long::compareUnsigned);

  @Override
  public int compareTo(Alarm other) {
    return ORDER.compare(this, other);
  }
}
