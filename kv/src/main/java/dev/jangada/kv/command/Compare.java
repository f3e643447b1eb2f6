package dev.jangada.kv.command;

import dev.jangada.kv.bytes.Bytes;
import dev.jangada.kv.bytes.Coded;

/**
 * One comparison of a transaction. It holds if it holds for every key of its range; where there is
 * no key, a number is compared as 0, and a comparison of values never holds.
 *
 * @param key first key, see {@link KeyRange}
 * @param rangeEnd end of the range; empty for a single key
 * @param target what of the key is compared
 * @param operator how: the key's is on the left
 * @param number what a number is compared with
 * @param value what a value is compared with
 */
public record Compare(
    Bytes key, Bytes rangeEnd, Target target, Operator operator, long number, Bytes value) {

  /** What is compared. */
  public enum Target implements Coded {
    VERSION(0),
    CREATE(1),
    MOD(2),
    VALUE(3),
    LEASE(4);

    private final int code;

    Target(int code) {
      this.code = code;
    }

    @Override
    public int code() {
      return code;
    }
  }

  /** How it is compared. */
  public enum Operator implements Coded {
    EQUAL(0),
    GREATER(1),
    LESS(2),
    NOT_EQUAL(3);

    private final int code;

    Operator(int code) {
      this.code = code;
    }

    @Override
    public int code() {
      return code;
    }
  }

  /** Compares a number of one key. */
  public static Compare number(Bytes key, Target target, Operator operator, long number) {
    return new Compare(key, Bytes.EMPTY, target, operator, number, Bytes.EMPTY);
  }

  /** Compares the value of one key. */
  public static Compare value(Bytes key, Operator operator, Bytes value) {
    return new Compare(key, Bytes.EMPTY, Target.VALUE, operator, 0, value);
  }

  /** The keys compared. */
  public KeyRange keys() {
    return KeyRange.of(key, rangeEnd);
  }

  /** Whether the comparison holds for this version of a key. */
  public boolean holdsFor(KeyValue kv) {
    return switch (target) {
      case VERSION -> holds(Long.compare(kv.version(), number));
      case CREATE -> holds(Long.compare(kv.createRevision(), number));
      case MOD -> holds(Long.compare(kv.modRevision(), number));
      case LEASE -> holds(Long.compare(kv.lease(), number));
      case VALUE -> holds(kv.value().compareTo(value));
    };
  }

  /** Whether the comparison holds where its range has no key. */
  public boolean holdsForNoKey() {
    return target != Target.VALUE && holds(Long.compare(0, number));
  }

  private boolean holds(int comparison) {
    return switch (operator) {
      case EQUAL -> comparison == 0;
      case GREATER -> comparison > 0;
      case LESS -> comparison < 0;
      case NOT_EQUAL -> comparison != 0;
    };
  }
}
