package dev.jangada.kv.command;

import dev.jangada.kv.bytes.ByteReader;
import dev.jangada.kv.bytes.ByteWriter;
import dev.jangada.kv.bytes.Bytes;
import dev.jangada.kv.bytes.MalformedEncodingException;
import java.util.ArrayList;
import java.util.List;

/**
 * Results as bytes: what the state machine answers for an entry, to whoever proposed it on the same
 * node. They are neither stored nor sent to other nodes, so the format has no version.
 *
 * <pre>
 * result    = kind (1 byte), fields
 *   0 failure  error (1 byte)
 *   1 range    revision, flags: 1 more; count, count of keys, keys
 *   2 put      revision, flags: 1 has prevKv; prevKv
 *   3 delete   revision, deleted, count of prevKvs, prevKvs
 *   4 txn      revision, flags: 1 succeeded; count of responses, responses (results, no failures)
 *   5 compact  revision
 *   6 member   revision
 *   7 grant    revision
 *   8 revoke   revision
 *   9 keep alive  revision, time to live in seconds
 *   10 advance revision
 *   11 alarm   revision, flags: 1 found
 *   16 auth    revision
 * key       = key, create revision, mod revision, version, lease, value
 * </pre>
 *
 * with numbers and bytes as in {@link ByteWriter}.
 */
public final class ResultCodec {

  private static final int FAILURE = 0;
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
  private static final int AUTH = 16;

  private static final KvError[] ERRORS = KvError.values();

  private ResultCodec() {}

  /** Encodes a result. */
  public static byte[] encode(Result result) {
    return switch (result) {
      case Failure failure -> new byte[] {FAILURE, (byte) failure.error().code()};
      case Response response -> {
        ByteWriter out = new ByteWriter(32);
        write(out, response);
        yield out.toByteArray();
      }
    };
  }

  /**
   * Decodes a result.
   *
   * @throws MalformedEncodingException if the bytes are not the encoding of exactly one result
   */
  public static Result decode(byte[] bytes) throws MalformedEncodingException {
    ByteReader in = new ByteReader(bytes);
    int kind = in.oneByte();
    Result result = kind == FAILURE ? readFailure(in) : readResponse(in, kind, 0);
    in.end();
    return result;
  }

  private static void write(ByteWriter out, Response response) {
    switch (response) {
      case RangeResponse range -> {
        out.oneByte(RANGE)
            .number(range.revision())
            .oneByte(range.more() ? 1 : 0)
            .number(range.count());
        write(out, range.keyValues());
      }
      case PutResponse put -> {
        KeyValue prevKv = put.prevKv();
        out.oneByte(PUT).number(put.revision()).oneByte(prevKv != null ? 1 : 0);
        if (prevKv != null) {
          write(out, prevKv);
        }
      }
      case DeleteRangeResponse delete -> {
        out.oneByte(DELETE_RANGE).number(delete.revision()).number(delete.deleted());
        write(out, delete.prevKvs());
      }
      case TxnResponse txn -> {
        out.oneByte(TXN)
            .number(txn.revision())
            .oneByte(txn.succeeded() ? 1 : 0)
            .number(txn.responses().size());
        for (Response inner : txn.responses()) {
          write(out, inner);
        }
      }
      case CompactResponse compact -> out.oneByte(COMPACT).number(compact.revision());
      case PublishMemberResponse publish -> out.oneByte(PUBLISH_MEMBER).number(publish.revision());
      case ChangeAlarmResponse change ->
          out.oneByte(CHANGE_ALARM).number(change.revision()).oneByte(change.found() ? 1 : 0);
      case LeaseResponse lease -> write(out, lease);
      case AuthResponse auth -> out.oneByte(AUTH).number(auth.revision());
    }
  }

  private static void write(ByteWriter out, LeaseResponse response) {
    switch (response) {
      case LeaseGrantResponse grant -> out.oneByte(LEASE_GRANT).number(grant.revision());
      case LeaseRevokeResponse revoke -> out.oneByte(LEASE_REVOKE).number(revoke.revision());
      case LeaseKeepAliveResponse keepAlive ->
          out.oneByte(LEASE_KEEP_ALIVE).number(keepAlive.revision()).number(keepAlive.ttlSeconds());
      case AdvanceLeaseClockResponse advance ->
          out.oneByte(ADVANCE_LEASE_CLOCK).number(advance.revision());
    }
  }

  private static void write(ByteWriter out, List<KeyValue> keyValues) {
    out.number(keyValues.size());
    for (KeyValue kv : keyValues) {
      write(out, kv);
    }
  }

  private static void write(ByteWriter out, KeyValue kv) {
    out.bytes(kv.key())
        .number(kv.createRevision())
        .number(kv.modRevision())
        .number(kv.version())
        .number(kv.lease())
        .bytes(kv.value());
  }

  private static Failure readFailure(ByteReader in) throws MalformedEncodingException {
    return new Failure(in.constant(ERRORS));
  }

  private static Response readResponse(ByteReader in, int kind, int depth)
      throws MalformedEncodingException {
    return switch (kind) {
      case RANGE -> {
        long revision = in.number();
        boolean more = in.flags(1) != 0;
        long count = in.number();
        yield new RangeResponse(revision, readKeyValues(in), more, count);
      }
      case PUT -> {
        long revision = in.number();
        yield new PutResponse(revision, in.flags(1) != 0 ? readKeyValue(in) : null);
      }
      case DELETE_RANGE -> new DeleteRangeResponse(in.number(), in.number(), readKeyValues(in));
      case TXN -> readTxn(in, depth + 1);
      case COMPACT -> new CompactResponse(in.number());
      case PUBLISH_MEMBER -> new PublishMemberResponse(in.number());
      case LEASE_GRANT -> new LeaseGrantResponse(in.number());
      case LEASE_REVOKE -> new LeaseRevokeResponse(in.number());
      case LEASE_KEEP_ALIVE -> new LeaseKeepAliveResponse(in.number(), in.number());
      case ADVANCE_LEASE_CLOCK -> new AdvanceLeaseClockResponse(in.number());
      case CHANGE_ALARM -> new ChangeAlarmResponse(in.number(), in.flags(1) != 0);
      case AUTH -> new AuthResponse(in.number());
      default -> throw new MalformedEncodingException("unknown kind of result " + kind);
    };
  }

  private static TxnResponse readTxn(ByteReader in, int depth) throws MalformedEncodingException {
    if (depth > TxnRequest.MAX_DEPTH) {
      throw new MalformedEncodingException(
          "answer to a transaction nested deeper than " + TxnRequest.MAX_DEPTH + " levels");
    }
    long revision = in.number();
    boolean succeeded = in.flags(1) != 0;
    int count = in.count();
    List<Response> responses = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      responses.add(readResponse(in, in.oneByte(), depth));
    }
    return new TxnResponse(revision, succeeded, responses);
  }

  private static List<KeyValue> readKeyValues(ByteReader in) throws MalformedEncodingException {
    int count = in.count();
    List<KeyValue> keyValues = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      keyValues.add(readKeyValue(in));
    }
    return keyValues;
  }

  private static KeyValue readKeyValue(ByteReader in) throws MalformedEncodingException {
    Bytes key = in.bytes();
    long createRevision = in.number();
    long modRevision = in.number();
    long version = in.number();
    long lease = in.number();
    return new KeyValue(key, createRevision, modRevision, version, in.bytes(), lease);
  }
}
