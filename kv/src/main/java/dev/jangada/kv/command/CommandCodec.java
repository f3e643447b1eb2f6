package dev.jangada.kv.command;

import dev.jangada.kv.bytes.ByteReader;
import dev.jangada.kv.bytes.ByteWriter;
import dev.jangada.kv.bytes.Bytes;
import dev.jangada.kv.bytes.MalformedEncodingException;
import java.util.ArrayList;
import java.util.List;

/**
 * Commands as bytes: the data of a log entry.
 *
 * <pre>
 * command    = version (1 byte, 1), operation, compact, member, alarm, one about leases,
 *              one about users and roles (see {@link AuthCodec}), authenticated, or own
 * operation  = kind (1 byte), fields
 *   1 range    key, rangeEnd, limit, revision, sort order, sort target, flags,
 *              minMod, maxMod, minCreate, maxCreate
 *              flags: 1 keysOnly, 2 countOnly
 *   2 put      key, value, lease, flags: 1 prevKv, 2 ignoreValue, 4 ignoreLease
 *   3 delete   key, rangeEnd, flags: 1 prevKv
 *   4 txn      count of compares, compares, count of success, operations,
 *              count of failure, operations
 * compact    = kind (1 byte, 5), revision, flags: 1 physical
 * member     = kind (1 byte, 6), id, name, count of client URLs, client URLs
 * grant      = kind (1 byte, 7), id, time to live in seconds
 * revoke     = kind (1 byte, 8), id
 * keep alive = kind (1 byte, 9), id
 * advance    = kind (1 byte, 10), milliseconds, term
 * alarm      = kind (1 byte, 11), type (1 byte), member, flags: 1 raised
 * own        = kind (1 byte, 15), command without its version
 * authenticated = kind (1 byte, 16), user, auth revision, command without its version
 * compare    = key, rangeEnd, target (1 byte), operator (1 byte), number, value
 * </pre>
 *
 * with numbers and bytes as in {@link ByteWriter}; a sort order, sort target, compare target or
 * operator is one byte, its code. A range stands inside a transaction only. The bytes of a command
 * are the same wherever and whenever it is encoded.
 */
public final class CommandCodec {

  private static final int VERSION = 1;

  private static final int RANGE = 1;
  private static final int PUT = 2;
  private static final int DELETE_RANGE = 3;
  private static final int TXN = 4;
  private static final int COMPACT = 5;
  private static final int PUBLISH_MEMBER = 6;
  private static final int LEASE_GRANT = 7;
  private static final int LEASE_REVOKE = 8;
  private static final int LEASE_KEEP_ALIVE = 9;
  private static final int ADVANCE_LEASE_CLOCK = 10;
  private static final int CHANGE_ALARM = 11;

  private static final int OWN = 15;

  private static final int AUTHENTICATED = 16;

  private static final AlarmType[] ALARM_TYPES = AlarmType.values();
  private static final RangeRequest.SortOrder[] SORT_ORDERS = RangeRequest.SortOrder.values();
  private static final RangeRequest.SortTarget[] SORT_TARGETS = RangeRequest.SortTarget.values();
  private static final Compare.Target[] TARGETS = Compare.Target.values();
  private static final Compare.Operator[] OPERATORS = Compare.Operator.values();

  private CommandCodec() {}

  /**
   * Encodes a command.
   *
   * @throws IllegalArgumentException if transactions are nested deeper than {@link
   *     TxnRequest#MAX_DEPTH}, which {@link RequestValidator} refuses
   */
  public static byte[] encode(Command command) {
    int expectedBytes =
        command instanceof PutRequest put ? put.key().length() + put.value().length() + 24 : 128;
    ByteWriter out = new ByteWriter(expectedBytes).oneByte(VERSION);
    write(out, command);
    return out.toByteArray();
  }

  private static void write(ByteWriter out, Command command) {
    switch (command) {
      case PutRequest put -> write(out, put, 0);
      case DeleteRangeRequest delete -> write(out, delete, 0);
      case TxnRequest txn -> write(out, txn, 0);
      case CompactRequest compact ->
          out.oneByte(COMPACT)
              .number(compact.revision())
              .oneByte(flags(compact.physical(), false, false));
      case PublishMemberRequest publish -> publish.member().writeTo(out.oneByte(PUBLISH_MEMBER));
      case ChangeAlarmRequest change ->
          out.oneByte(CHANGE_ALARM)
              .oneByte(change.alarm().type().code())
              .number(change.alarm().member())
              .oneByte(flags(change.raised(), false, false));
      case LeaseCommand lease -> write(out, lease);
      case AuthCommand auth -> AuthCodec.write(out, auth);
      case AuthenticatedRequest authenticated -> {
        Caller caller = authenticated.caller();
        out.oneByte(AUTHENTICATED).text(caller.user()).number(caller.authRevision());
        write(out, authenticated.command());
      }
      case MemberRequest own -> write(out.oneByte(OWN), own.command());
    }
  }

  /**
   * Decodes a command.
   *
   * @throws MalformedEncodingException if the bytes are not the encoding of exactly one command
   */
  public static Command decode(byte[] bytes) throws MalformedEncodingException {
    ByteReader in = new ByteReader(bytes);
    int version = in.oneByte();
    if (version != VERSION) {
      throw new MalformedEncodingException(
          "command of version " + version + ", this node understands version " + VERSION);
    }
    int kind = in.oneByte();
    Command command =
        switch (kind) {
          case AUTHENTICATED -> readAuthenticated(in);
          case OWN -> new MemberRequest(read(in, in.oneByte()));
          default -> read(in, kind);
        };
    in.end();
    return command;
  }

  private static AuthenticatedRequest readAuthenticated(ByteReader in)
      throws MalformedEncodingException {
    Caller caller = new Caller(in.text(), in.number());
    return new AuthenticatedRequest(caller, read(in, in.oneByte()));
  }

  private static Command read(ByteReader in, int kind) throws MalformedEncodingException {
    return switch (kind) {
      case PUT -> readPut(in);
      case DELETE_RANGE -> readDeleteRange(in);
      case TXN -> readTxn(in, 1);
      case COMPACT -> new CompactRequest(in.number(), in.flags(1) != 0);
      case PUBLISH_MEMBER -> new PublishMemberRequest(MemberAttributes.readFrom(in));
      case CHANGE_ALARM -> readChangeAlarm(in);
      case LEASE_GRANT -> readLeaseGrant(in);
      case LEASE_REVOKE -> new LeaseRevokeRequest(in.number());
      case LEASE_KEEP_ALIVE -> new LeaseKeepAliveRequest(in.number());
      case ADVANCE_LEASE_CLOCK -> readAdvanceLeaseClock(in);
      default -> AuthCodec.read(in, kind);
    };
  }

  private static void write(ByteWriter out, LeaseCommand command) {
    switch (command) {
      case LeaseGrantRequest grant ->
          out.oneByte(LEASE_GRANT).number(grant.id()).number(grant.ttlSeconds());
      case LeaseRevokeRequest revoke -> out.oneByte(LEASE_REVOKE).number(revoke.id());
      case LeaseKeepAliveRequest keepAlive -> out.oneByte(LEASE_KEEP_ALIVE).number(keepAlive.id());
      case AdvanceLeaseClockRequest advance ->
          out.oneByte(ADVANCE_LEASE_CLOCK).number(advance.millis()).number(advance.term());
    }
  }

  private static ChangeAlarmRequest readChangeAlarm(ByteReader in)
      throws MalformedEncodingException {
    AlarmType type = in.constant(ALARM_TYPES);
    return new ChangeAlarmRequest(new Alarm(in.number(), type), in.flags(1) != 0);
  }

  private static LeaseGrantRequest readLeaseGrant(ByteReader in) throws MalformedEncodingException {
    long id = in.number();
    long ttlSeconds = in.number();
    if (!LeaseGrantRequest.isValid(id, ttlSeconds)) {
      throw new MalformedEncodingException("lease " + id + " of " + ttlSeconds + " s");
    }
    return new LeaseGrantRequest(id, ttlSeconds);
  }

  private static AdvanceLeaseClockRequest readAdvanceLeaseClock(ByteReader in)
      throws MalformedEncodingException {
    long millis = in.number();
    long term = in.number();
    if (!AdvanceLeaseClockRequest.isValid(millis, term)) {
      throw new MalformedEncodingException("lease clock by " + millis + " ms in term " + term);
    }
    return new AdvanceLeaseClockRequest(millis, term);
  }

  private static void write(ByteWriter out, Operation operation, int depth) {
    switch (operation) {
      case RangeRequest range ->
          out.oneByte(RANGE)
              .bytes(range.key())
              .bytes(range.rangeEnd())
              .number(range.limit())
              .number(range.revision())
              .oneByte(range.sortOrder().code())
              .oneByte(range.sortTarget().code())
              .oneByte(flags(range.keysOnly(), range.countOnly(), false))
              .number(range.minModRevision())
              .number(range.maxModRevision())
              .number(range.minCreateRevision())
              .number(range.maxCreateRevision());
      case PutRequest put ->
          out.oneByte(PUT)
              .bytes(put.key())
              .bytes(put.value())
              .number(put.lease())
              .oneByte(flags(put.prevKv(), put.ignoreValue(), put.ignoreLease()));
      case DeleteRangeRequest delete ->
          out.oneByte(DELETE_RANGE)
              .bytes(delete.key())
              .bytes(delete.rangeEnd())
              .oneByte(flags(delete.prevKv(), false, false));
      case TxnRequest txn -> writeTxn(out, txn, depth + 1);
    }
  }

  private static void writeTxn(ByteWriter out, TxnRequest txn, int depth) {
    if (depth > TxnRequest.MAX_DEPTH) {
      throw new IllegalArgumentException(
          "transaction nested deeper than " + TxnRequest.MAX_DEPTH + " levels");
    }
    out.oneByte(TXN).number(txn.compares().size());
    for (Compare compare : txn.compares()) {
      out.bytes(compare.key())
          .bytes(compare.rangeEnd())
          .oneByte(compare.target().code())
          .oneByte(compare.operator().code())
          .number(compare.number())
          .bytes(compare.value());
    }
    writeBranch(out, txn.success(), depth);
    writeBranch(out, txn.failure(), depth);
  }

  private static void writeBranch(ByteWriter out, List<Operation> branch, int depth) {
    out.number(branch.size());
    for (Operation operation : branch) {
      write(out, operation, depth);
    }
  }

  private static PutRequest readPut(ByteReader in) throws MalformedEncodingException {
    Bytes key = in.bytes();
    Bytes value = in.bytes();
    long lease = in.number();
    int flags = in.flags(7);
    return new PutRequest(key, value, lease, (flags & 1) != 0, (flags & 2) != 0, (flags & 4) != 0);
  }

  private static DeleteRangeRequest readDeleteRange(ByteReader in)
      throws MalformedEncodingException {
    return new DeleteRangeRequest(in.bytes(), in.bytes(), in.flags(1) != 0);
  }

  private static RangeRequest readRange(ByteReader in) throws MalformedEncodingException {
    RangeRequest.Builder range =
        RangeRequest.builder(in.bytes())
            .rangeEnd(in.bytes())
            .limit(in.number())
            .revision(in.number())
            .sort(in.constant(SORT_ORDERS), in.constant(SORT_TARGETS));
    int flags = in.flags(3);
    return range
        .keysOnly((flags & 1) != 0)
        .countOnly((flags & 2) != 0)
        .modRevisions(in.number(), in.number())
        .createRevisions(in.number(), in.number())
        .build();
  }

  private static TxnRequest readTxn(ByteReader in, int depth) throws MalformedEncodingException {
    if (depth > TxnRequest.MAX_DEPTH) {
      throw new MalformedEncodingException(
          "transaction nested deeper than " + TxnRequest.MAX_DEPTH + " levels");
    }
    int count = in.count();
    List<Compare> compares = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      compares.add(
          new Compare(
              in.bytes(),
              in.bytes(),
              in.constant(TARGETS),
              in.constant(OPERATORS),
              in.number(),
              in.bytes()));
    }
    return new TxnRequest(compares, readBranch(in, depth), readBranch(in, depth));
  }

  private static List<Operation> readBranch(ByteReader in, int depth)
      throws MalformedEncodingException {
    int count = in.count();
    List<Operation> branch = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int kind = in.oneByte();
      branch.add(
          switch (kind) {
            case RANGE -> readRange(in);
            case PUT -> readPut(in);
            case DELETE_RANGE -> readDeleteRange(in);
            case TXN -> readTxn(in, depth + 1);
            default -> throw new MalformedEncodingException("unknown kind of operation " + kind);
          });
    }
    return branch;
  }

  private static int flags(boolean first, boolean second, boolean third) {
    return (first ? 1 : 0) | (second ? 2 : 0) | (third ? 4 : 0);
  }
}
