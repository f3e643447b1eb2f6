package dev.jangada.kv;

import dev.jangada.kv.bytes.ByteReader;
import dev.jangada.kv.bytes.ByteWriter;
import dev.jangada.kv.bytes.Bytes;
import dev.jangada.kv.bytes.MalformedEncodingException;
import dev.jangada.kv.command.Alarm;
import dev.jangada.kv.command.AlarmType;
import dev.jangada.kv.command.KeyValue;
import dev.jangada.kv.command.MemberAttributes;
import dev.jangada.kv.store.StoreException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * How versions of keys are laid out in the ordered store.
 *
 * <pre>
 * latest   'l' key                              → version
 *          the newest version of each key that exists
 * history  'h' key escaped, ~revision (8 bytes) → version, or nothing for a deletion
 *          all older versions, and deletions; of one key the newest first
 * index    'r' revision (8), sub (4)            → type (1 byte: 0 put, 1 delete), previous, key
 *          what each revision did, in order; previous is the mod revision of the version that this
 *          one replaced, 0 if there was none
 * state    'm'                                  → see {@link StoreState}
 * members  'a' id (8)                           → attributes as in {@link dev.jangada.kv.command.CommandCodec}
 * leases   'e' id (8)                           → time to live in seconds, deadline (numbers)
 *          with a time of 0, one that is over and has keys left
 * alarms   'w' type (1), id of the member (8)   → nothing
 * attached 'k' id of the lease (8), key         → nothing
 *          the keys that go when a lease ends
 * deadline 'd' deadline (8), id (8)             → nothing
 *          the leases in the order in which they end, by the lease clock in milliseconds
 *
 * settings 'u' 'm'                              → whether permissions count, see {@link AuthRecords}
 * users    'u' 'u' name                         → see {@link AuthRecords}
 * roles    'u' 'r' name                         → see {@link AuthRecords}
 *
 * version  = create revision, mod revision, version, lease (numbers), value (the rest)
 * </pre>
 *
 * <p>Numbers are as in {@link ByteWriter}; those of a fixed size are big-endian, so that they sort.
 * A key is escaped by writing 00 as 00 FF and ending it with 00 01, so that keys sort as themselves
 * although something follows them.
 */
final class Layout {

  private static final byte MEMBER = 'a';
  private static final byte DEADLINE = 'd';
  private static final byte LEASE = 'e';
  private static final byte ATTACHED = 'k';
  private static final byte LATEST = 'l';
  private static final byte HISTORY = 'h';
  private static final byte INDEX = 'r';
  private static final byte ALARM = 'w';

  private static final AlarmType[] ALARM_TYPES = AlarmType.values();

  private static final byte AUTH = 'u';
  private static final byte USER = 'u';
  private static final byte ROLE = 'r';

  /** The key of what says whether permissions count. */
  static final byte[] AUTH_SETTINGS_KEY = {AUTH, 'm'};

  /** After all users. */
  static final byte[] AUTH_USERS_END = {AUTH, USER + 1};

  /** After all roles. */
  static final byte[] AUTH_ROLES_END = {AUTH, ROLE + 1};

  /** The key of the {@link StoreState}. */
  static final byte[] STATE_KEY = {'m'};

  /** Before everything there is. */
  static final byte[] START = {};

  /** After everything there is. */
  static final byte[] END = {(byte) 0xff};

  /** What stands in the history for a deletion. */
  static final byte[] DELETION = new byte[0];

  private static final byte[] LATEST_END = {LATEST + 1};
  private static final byte[] HISTORY_END = {HISTORY + 1};

  private Layout() {}

  /** One write: what the index holds for a revision. */
  record Event(boolean delete, long previousRevision, Bytes key) {}

  static byte[] latestKey(Bytes key) {
    byte[] bytes = new byte[1 + key.length()];
    bytes[0] = LATEST;
    System.arraycopy(key.array(), 0, bytes, 1, key.length());
    return bytes;
  }

  static byte[] latestEnd(@Nullable Bytes to) {
    return to == null ? LATEST_END : latestKey(to);
  }

  static Bytes keyOfLatest(byte[] latestKey) {
    return Bytes.wrap(Arrays.copyOfRange(latestKey, 1, latestKey.length));
  }

  /** Where the version that a revision made of a key is in the history. */
  static byte[] historyKey(Bytes key, long revision) {
    byte[] bytes = escaped(key, 8);
    putLong(bytes, bytes.length - 8, ~revision);
    return bytes;
  }

  /** Where the attributes of a member are. */
  static byte[] memberKey(long id) {
    byte[] bytes = new byte[9];
    bytes[0] = MEMBER;
    putLong(bytes, 1, id);
    return bytes;
  }

  /** Whether a key is one of {@link #memberKey}. */
  static boolean isMemberKey(byte[] key) {
    return key[0] == MEMBER;
  }

  /** Before the attributes of all members. */
  static byte[] membersStart() {
    return new byte[] {MEMBER};
  }

  /** After the attributes of all members. */
  static byte[] membersEnd() {
    return new byte[] {MEMBER + 1};
  }

  static byte[] member(MemberAttributes member) {
    ByteWriter out = new ByteWriter(128);
    member.writeTo(out);
    return out.toByteArray();
  }

  static MemberAttributes member(byte[] bytes) {
    try {
      ByteReader in = new ByteReader(bytes);
      MemberAttributes member = MemberAttributes.readFrom(in);
      in.end();
      return member;
    } catch (MalformedEncodingException e) {
      throw damaged("attributes of a member", e);
    }
  }

  /** Before all versions of a key in the history, and after those of the keys before it. */
  static byte[] historyStart(Bytes key) {
    return escaped(key, 0);
  }

  /** After all versions of a key in the history, and before those of the keys after it. */
  static byte[] historyEnd(Bytes key) {
    byte[] bytes = escaped(key, 0);
    bytes[bytes.length - 1]++;
    return bytes;
  }

  /** Where a range of keys that ends before the given one ends in the history. */
  static byte[] historyRangeEnd(@Nullable Bytes to) {
    return to == null ? HISTORY_END : historyStart(to);
  }

  static Bytes keyOfHistory(byte[] historyKey) {
    byte[] key = new byte[historyKey.length];
    int length = 0;
    for (int i = 1; i < historyKey.length - 8; i++) {
      if (historyKey[i] != 0) {
        key[length++] = historyKey[i];
      } else if (historyKey[++i] == (byte) 0xff) {
        key[length++] = 0;
      } else {
        break;
      }
    }
    return Bytes.wrap(Arrays.copyOf(key, length));
  }

  static long revisionOfHistory(byte[] historyKey) {
    return ~getLong(historyKey, historyKey.length - 8);
  }

  /** Where the index holds what a revision did. */
  static byte[] indexKey(long revision, int sub) {
    byte[] bytes = new byte[13];
    bytes[0] = INDEX;
    putLong(bytes, 1, revision);
    for (int i = 0; i < 4; i++) {
      bytes[9 + i] = (byte) (sub >>> (24 - 8 * i));
    }
    return bytes;
  }

  static long revisionOfIndex(byte[] indexKey) {
    return getLong(indexKey, 1);
  }

  static byte[] event(boolean delete, long previousRevision, Bytes key) {
    return new ByteWriter(11 + key.length())
        .oneByte(delete ? 1 : 0)
        .number(previousRevision)
        .raw(key.array())
        .toByteArray();
  }

  static Event event(byte[] indexKey, byte[] bytes) {
    try {
      ByteReader in = new ByteReader(bytes);
      return new Event(in.flags(1) == 1, in.number(), in.rest());
    } catch (MalformedEncodingException e) {
      throw damaged("event of revision " + revisionOfIndex(indexKey), e);
    }
  }

  static byte[] version(
      long createRevision, long modRevision, long version, long lease, Bytes value) {
    return new ByteWriter(16 + value.length())
        .number(createRevision)
        .number(modRevision)
        .number(version)
        .number(lease)
        .raw(value.array())
        .toByteArray();
  }

  static KeyValue version(Bytes key, byte[] bytes) {
    try {
      ByteReader in = new ByteReader(bytes);
      long createRevision = in.number();
      long modRevision = in.number();
      long version = in.number();
      long lease = in.number();
      return new KeyValue(key, createRevision, modRevision, version, in.rest(), lease);
    } catch (MalformedEncodingException e) {
      throw damaged("version of key " + key, e);
    }
  }

  /** The mod revision of a version, without taking the rest apart. */
  static long modRevision(byte[] bytes) {
    try {
      ByteReader in = new ByteReader(bytes);
      in.number();
      return in.number();
    } catch (MalformedEncodingException e) {
      throw damaged("version of a key", e);
    }
  }

  static byte[] leaseKey(long id) {
    byte[] bytes = new byte[9];
    bytes[0] = LEASE;
    putLong(bytes, 1, id);
    return bytes;
  }

  /** Before all leases. */
  static byte[] leasesStart() {
    return new byte[] {LEASE};
  }

  /** After all leases. */
  static byte[] leasesEnd() {
    return new byte[] {LEASE + 1};
  }

  static long idOfLease(byte[] leaseKey) {
    return getLong(leaseKey, 1);
  }

  static byte[] lease(Lease lease) {
    return new ByteWriter(16)
        .number(lease.ttlSeconds())
        .number(lease.deadlineMillis())
        .toByteArray();
  }

  static Lease lease(long id, byte[] bytes) {
    try {
      ByteReader in = new ByteReader(bytes);
      Lease lease = new Lease(id, in.number(), in.number());
      in.end();
      return lease;
    } catch (MalformedEncodingException e) {
      throw damaged("lease " + id, e);
    }
  }

  /** Where it stands that a key is attached to a lease. */
  static byte[] attachedKey(long lease, Bytes key) {
    byte[] bytes = new byte[9 + key.length()];
    bytes[0] = ATTACHED;
    putLong(bytes, 1, lease);
    System.arraycopy(key.array(), 0, bytes, 9, key.length());
    return bytes;
  }

  /** After all keys that are attached to a lease. */
  static byte[] attachedEnd(long lease) {
    // The greatest id, unsigned, has none after it.
    return lease == -1 ? new byte[] {ATTACHED + 1} : attachedKey(lease + 1, Bytes.EMPTY);
  }

  static Bytes keyOfAttached(byte[] attachedKey) {
    return Bytes.wrap(Arrays.copyOfRange(attachedKey, 9, attachedKey.length));
  }

  /** Where it stands that a lease has a deadline. */
  static byte[] deadlineKey(long deadlineMillis, long lease) {
    byte[] bytes = new byte[17];
    bytes[0] = DEADLINE;
    putLong(bytes, 1, deadlineMillis);
    putLong(bytes, 9, lease);
    return bytes;
  }

  static long idOfDeadline(byte[] deadlineKey) {
    return getLong(deadlineKey, 9);
  }

  /** Where it stands that an alarm is raised. */
  static byte[] alarmKey(Alarm alarm) {
    byte[] bytes = new byte[10];
    bytes[0] = ALARM;
    bytes[1] = (byte) alarm.type().code();
    putLong(bytes, 2, alarm.member());
    return bytes;
  }

  /** Whether a key is one of {@link #alarmKey}. */
  static boolean isAlarmKey(byte[] key) {
    return key[0] == ALARM;
  }

  /** Before all alarms. */
  static byte[] alarmsStart() {
    return new byte[] {ALARM};
  }

  /** After all alarms. */
  static byte[] alarmsEnd() {
    return new byte[] {ALARM + 1};
  }

  static Alarm alarm(byte[] alarmKey) {
    for (AlarmType type : ALARM_TYPES) {
      if (alarmKey.length == 10 && alarmKey[1] == type.code()) {
        return new Alarm(getLong(alarmKey, 2), type);
      }
    }
    throw damaged("an alarm of no known type");
  }

  /** Where a user is; before all users for no name. */
  static byte[] userKey(String name) {
    return authKey(USER, name);
  }

  /** Where a role is; before all roles for no name. */
  static byte[] roleKey(String name) {
    return authKey(ROLE, name);
  }

  private static byte[] authKey(byte kind, String name) {
    return new ByteWriter(2 + name.length())
        .oneByte(AUTH)
        .oneByte(kind)
        .raw(Bytes.utf8(name).array())
        .toByteArray();
  }

  /** What was read contradicts itself. */
  static StoreException damaged(String what) {
    return new StoreException("damaged store: " + what, null);
  }

  private static StoreException damaged(String what, MalformedEncodingException cause) {
    return new StoreException("damaged store: " + what + ": " + cause.getMessage(), cause);
  }

  /** The history's prefix, the escaped key and its end mark, and room for more. */
  private static byte[] escaped(Bytes key, int room) {
    byte[] plain = key.array();
    int zeros = 0;
    for (byte b : plain) {
      if (b == 0) {
        zeros++;
      }
    }
    byte[] bytes = new byte[1 + plain.length + zeros + 2 + room];
    int at = 0;
    bytes[at++] = HISTORY;
    for (byte b : plain) {
      bytes[at++] = b;
      if (b == 0) {
        bytes[at++] = (byte) 0xff;
      }
    }
    bytes[at + 1] = 1;
    return bytes;
  }

  private static void putLong(byte[] bytes, int at, long value) {
    for (int i = 0; i < 8; i++) {
      bytes[at + i] = (byte) (value >>> (56 - 8 * i));
    }
  }

  private static long getLong(byte[] bytes, int at) {
    long value = 0;
    for (int i = 0; i < 8; i++) {
      value = value << 8 | (bytes[at + i] & 0xff);
    }
    return value;
  }
}
