package dev.jangada.raft;

import dev.jangada.raft.Message.AppendAccepted;
import dev.jangada.raft.Message.AppendRejected;
import dev.jangada.raft.Message.AppendRequest;
import dev.jangada.raft.Message.Forward;
import dev.jangada.raft.Message.ForwardRefused;
import dev.jangada.raft.Message.PreVoteRequest;
import dev.jangada.raft.Message.PreVoteResponse;
import dev.jangada.raft.Message.ReadIndexRequest;
import dev.jangada.raft.Message.ReadIndexResponse;
import dev.jangada.raft.Message.SnapshotAck;
import dev.jangada.raft.Message.SnapshotChunk;
import dev.jangada.raft.Message.StaleTerm;
import dev.jangada.raft.Message.TimeoutNow;
import dev.jangada.raft.Message.VoteRequest;
import dev.jangada.raft.Message.VoteResponse;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/**
 * The bytes of a {@link Message} on the wire, without a frame around them.
 *
 * <p>The format, version {@value #VERSION}; numbers are big-endian, {@code entry} is {@link
 * EntryCodec}'s:
 *
 * <pre>
 * message  = kind from to term body
 * kind     = int8
 * from, to = int64              ; ids of nodes, not 0
 * term     = int64              ; at least 0 in kinds 2, 11 and 13, at least 1 in the others
 *
 * body     =                                             ; kind
 *    last                                                ;  1 PreVoteRequest
 *  | granted                                             ;  2 PreVoteResponse
 *  | last transfer                                       ;  3 VoteRequest
 *  | granted                                             ;  4 VoteResponse
 *  | previous commit readRound answered count count*entry ; 5 AppendRequest
 *  | match readRound                                     ;  6 AppendAccepted
 *  | previousIndex conflictTerm conflictIndex readRound  ;  7 AppendRejected
 *  |                                                     ;  8 StaleTerm
 *  |                                                     ;  9 TimeoutNow
 *  | count count*proposal                                ; 10 Forward
 *  | reason count count*sequence                         ; 11 ForwardRefused
 *  | readId                                              ; 12 ReadIndexRequest
 *  | readId readIndex                                    ; 13 ReadIndexResponse
 *  | snapshot total offset length membership length data ; 14 SnapshotChunk
 *  | snapshot received                                   ; 15 SnapshotAck
 *
 * last, previous    = index term                         ; of an entry, both int64, or both 0
 * snapshot          = index term                         ; of its last entry, neither 0
 * proposal          = proposer sequence length data
 * granted, transfer, answered = int8                     ; 0 no, 1 yes
 * reason            = int8                               ; {@link Refusal#code()}
 * membership        = length * int8                      ; {@link MembershipCodec}'s
 * count, length     = int32                              ; at least 0
 * data              = length * int8
 * all else          = int64
 * </pre>
 *
 * <p>A message ends where its bytes end. There is exactly one encoding of each message: bytes that
 * decode are the bytes that encoding the result gives again.
 *
 * <p>{@link #decode} believes nothing. It checks what a message must satisfy in itself, whoever
 * sent it, so that the core may rely on that: known kinds, ids and terms in range, entries
 * contiguous from their predecessor, with terms that never fall and never exceed the message's own,
 * a candidate's log older than the term it stands for, hints within what was refused, chunks within
 * their snapshot. What is allocated is bounded by a small multiple of the bytes at hand, whatever
 * the counts and lengths in them claim.
 *
 * <p>Stateless and safe for use by several threads; buffers are used by one at a time.
 */
public final class MessageCodec {

  /**
   * Version of the format, that of {@link EntryCodec} included; two nodes that differ in it must
   * not talk.
   */
  public static final int VERSION = 3;

  private static final byte PRE_VOTE_REQUEST = 1;
  private static final byte PRE_VOTE_RESPONSE = 2;
  private static final byte VOTE_REQUEST = 3;
  private static final byte VOTE_RESPONSE = 4;
  private static final byte APPEND_REQUEST = 5;
  private static final byte APPEND_ACCEPTED = 6;
  private static final byte APPEND_REJECTED = 7;
  private static final byte STALE_TERM = 8;
  private static final byte TIMEOUT_NOW = 9;
  private static final byte FORWARD = 10;
  private static final byte FORWARD_REFUSED = 11;
  private static final byte READ_INDEX_REQUEST = 12;
  private static final byte READ_INDEX_RESPONSE = 13;
  private static final byte SNAPSHOT_CHUNK = 14;
  private static final byte SNAPSHOT_ACK = 15;

  /** Kind, from, to and term. */
  private static final int HEADER_BYTES = 1 + 3 * Long.BYTES;

  private static final int ENTRY_ID_BYTES = 2 * Long.BYTES;
  private static final int PROPOSAL_HEADER_BYTES = 2 * Long.BYTES + Integer.BYTES;

  /** What the encoding of an append takes besides its entries. */
  static final int APPEND_HEADER_BYTES =
      HEADER_BYTES + ENTRY_ID_BYTES + 2 * Long.BYTES + 1 + Integer.BYTES;

  /** What the encoding of a piece of a snapshot takes besides its membership and its data. */
  static final int SNAPSHOT_CHUNK_HEADER_BYTES =
      HEADER_BYTES + ENTRY_ID_BYTES + 2 * Long.BYTES + 2 * Integer.BYTES;

  private MessageCodec() {}

  /**
   * How many bytes {@link #encode} will write.
   *
   * @throws ArithmeticException if they are more than an {@code int} counts
   */
  public static int encodedSize(Message message) {
    return switch (message) {
      case PreVoteRequest m -> HEADER_BYTES + ENTRY_ID_BYTES;
      case PreVoteResponse m -> HEADER_BYTES + 1;
      case VoteRequest m -> HEADER_BYTES + ENTRY_ID_BYTES + 1;
      case VoteResponse m -> HEADER_BYTES + 1;
      case AppendRequest m -> {
        int size = APPEND_HEADER_BYTES;
        for (Entry entry : m.entries()) {
          size = Math.addExact(size, EntryCodec.encodedSize(entry));
        }
        yield size;
      }
      case AppendAccepted m -> HEADER_BYTES + 2 * Long.BYTES;
      case AppendRejected m -> HEADER_BYTES + 4 * Long.BYTES;
      case StaleTerm m -> HEADER_BYTES;
      case TimeoutNow m -> HEADER_BYTES;
      case Forward m -> {
        int size = HEADER_BYTES + Integer.BYTES;
        for (Proposal proposal : m.proposals()) {
          size = Math.addExact(size, PROPOSAL_HEADER_BYTES);
          size = Math.addExact(size, proposal.data().length);
        }
        yield size;
      }
      case ForwardRefused m ->
          Math.addExact(
              HEADER_BYTES + 1 + Integer.BYTES,
              Math.multiplyExact(Long.BYTES, m.sequences().size()));
      case ReadIndexRequest m -> HEADER_BYTES + Long.BYTES;
      case ReadIndexResponse m -> HEADER_BYTES + 2 * Long.BYTES;
      case SnapshotChunk m ->
          Math.addExact(
              SNAPSHOT_CHUNK_HEADER_BYTES + MembershipCodec.size(m.membership()), m.data().length);
      case SnapshotAck m -> HEADER_BYTES + ENTRY_ID_BYTES + Long.BYTES;
    };
  }

  /**
   * An upper bound of the encoded size of any message whose entries or proposals, accepted or
   * refused, have at most this {@link Entry#weight()} together, or whose piece of a snapshot has at
   * most so many bytes. What bounds frames by it never stands in the way of a message that the
   * core's limits allow.
   */
  public static long maxEncodedSize(long weight) {
    return Math.max(APPEND_HEADER_BYTES, SNAPSHOT_CHUNK_HEADER_BYTES + MembershipCodec.MAX_BYTES)
        + weight;
  }

  /**
   * Writes a message at the buffer's position and moves the position behind it.
   *
   * @param out a big-endian buffer
   * @throws java.nio.BufferOverflowException if fewer than {@link #encodedSize} bytes remain
   * @throws IllegalArgumentException if the buffer is little-endian
   */
  public static void encode(Message message, ByteBuffer out) {
    EntryCodec.requireBigEndian(out);
    switch (message) {
      case PreVoteRequest m -> putEntryId(putHeader(PRE_VOTE_REQUEST, m, out), m.last());
      case PreVoteResponse m -> putHeader(PRE_VOTE_RESPONSE, m, out).put(flag(m.granted()));
      case VoteRequest m ->
          putEntryId(putHeader(VOTE_REQUEST, m, out), m.last()).put(flag(m.transfer()));
      case VoteResponse m -> putHeader(VOTE_RESPONSE, m, out).put(flag(m.granted()));
      case AppendRequest m -> {
        putEntryId(putHeader(APPEND_REQUEST, m, out), m.previous())
            .putLong(m.commit())
            .putLong(m.readRound())
            .put(flag(m.answered()))
            .putInt(m.entries().size());
        for (Entry entry : m.entries()) {
          EntryCodec.encode(entry, out);
        }
      }
      case AppendAccepted m ->
          putHeader(APPEND_ACCEPTED, m, out).putLong(m.match()).putLong(m.readRound());
      case AppendRejected m ->
          putHeader(APPEND_REJECTED, m, out)
              .putLong(m.previousIndex())
              .putLong(m.conflictTerm())
              .putLong(m.conflictIndex())
              .putLong(m.readRound());
      case StaleTerm m -> putHeader(STALE_TERM, m, out);
      case TimeoutNow m -> putHeader(TIMEOUT_NOW, m, out);
      case Forward m -> {
        putHeader(FORWARD, m, out).putInt(m.proposals().size());
        for (Proposal proposal : m.proposals()) {
          out.putLong(proposal.proposer())
              .putLong(proposal.sequence())
              .putInt(proposal.data().length)
              .put(proposal.data());
        }
      }
      case ForwardRefused m -> {
        putHeader(FORWARD_REFUSED, m, out).put(m.reason().code()).putInt(m.sequences().size());
        for (long sequence : m.sequences()) {
          out.putLong(sequence);
        }
      }
      case ReadIndexRequest m -> putHeader(READ_INDEX_REQUEST, m, out).putLong(m.id());
      case ReadIndexResponse m ->
          putHeader(READ_INDEX_RESPONSE, m, out).putLong(m.id()).putLong(m.index());
      case SnapshotChunk m -> {
        byte[] membership = MembershipCodec.encode(m.membership());
        putEntryId(putHeader(SNAPSHOT_CHUNK, m, out), m.last())
            .putLong(m.total())
            .putLong(m.offset())
            .putInt(membership.length)
            .put(membership)
            .putInt(m.data().length)
            .put(m.data());
      }
      case SnapshotAck m ->
          putEntryId(putHeader(SNAPSHOT_ACK, m, out), m.last()).putLong(m.received());
    }
  }

  /**
   * Reads the message that takes up all that remains of the buffer. What it holds is copied, so
   * that the buffer may be reused; its lists cannot be modified.
   *
   * @param in a big-endian buffer
   * @throws MalformedMessageException if the bytes are not a message, or not only one; the position
   *     is then anywhere
   * @throws IllegalArgumentException if the buffer is little-endian
   */
  public static Message decode(ByteBuffer in) throws MalformedMessageException {
    EntryCodec.requireBigEndian(in);
    require(in, HEADER_BYTES, "a message");
    byte kind = in.get();
    long from = in.getLong();
    long to = in.getLong();
    long term = in.getLong();
    if (from == 0 || to == 0) {
      throw new MalformedMessageException("message from " + from + " to " + to + ": 0 is no id");
    }
    Message message =
        switch (kind) {
          case PRE_VOTE_REQUEST ->
              new PreVoteRequest(from, to, positive(term, "term"), getOlderEntryId(in, term));
          case PRE_VOTE_RESPONSE -> decodePreVoteResponse(from, to, term, in);
          case VOTE_REQUEST ->
              new VoteRequest(
                  from,
                  to,
                  positive(term, "term"),
                  getOlderEntryId(in, term),
                  getFlag(in, "transfer"));
          case VOTE_RESPONSE ->
              new VoteResponse(from, to, positive(term, "term"), getFlag(in, "granted"));
          case APPEND_REQUEST -> decodeAppendRequest(from, to, positive(term, "term"), in);
          case APPEND_ACCEPTED ->
              new AppendAccepted(
                  from,
                  to,
                  positive(term, "term"),
                  notNegative(getLong(in, "match"), "match"),
                  notNegative(getLong(in, "readRound"), "readRound"));
          case APPEND_REJECTED -> decodeAppendRejected(from, to, positive(term, "term"), in);
          case STALE_TERM -> new StaleTerm(from, to, positive(term, "term"));
          case TIMEOUT_NOW -> new TimeoutNow(from, to, positive(term, "term"));
          case FORWARD -> new Forward(from, to, positive(term, "term"), getProposals(in));
          case FORWARD_REFUSED -> decodeForwardRefused(from, to, notNegative(term, "term"), in);
          case READ_INDEX_REQUEST ->
              new ReadIndexRequest(from, to, positive(term, "term"), getLong(in, "id"));
          case READ_INDEX_RESPONSE ->
              new ReadIndexResponse(
                  from,
                  to,
                  notNegative(term, "term"),
                  getLong(in, "id"),
                  notNegative(getLong(in, "index"), "index"));
          case SNAPSHOT_CHUNK -> decodeSnapshotChunk(from, to, positive(term, "term"), in);
          case SNAPSHOT_ACK ->
              new SnapshotAck(
                  from,
                  to,
                  positive(term, "term"),
                  getSnapshotId(in, term),
                  notNegative(getLong(in, "received"), "received"));
          default -> throw new MalformedMessageException("message of the unknown kind " + kind);
        };
    if (in.hasRemaining()) {
      throw new MalformedMessageException(
          in.remaining() + " bytes after the end of a message of kind " + kind);
    }
    return message;
  }

  private static PreVoteResponse decodePreVoteResponse(long from, long to, long term, ByteBuffer in)
      throws MalformedMessageException {
    boolean granted = getFlag(in, "granted");
    // What is granted is the term asked about, at least 1; a refusal carries the responder's own.
    long checked = granted ? positive(term, "term") : notNegative(term, "term");
    return new PreVoteResponse(from, to, checked, granted);
  }

  private static AppendRequest decodeAppendRequest(long from, long to, long term, ByteBuffer in)
      throws MalformedMessageException {
    EntryId previous = getEntryId(in);
    if (previous.term() > term) {
      throw new MalformedMessageException(
          "append of term " + term + " follows on " + previous + ", of a later term");
    }
    long commit = notNegative(getLong(in, "commit"), "commit");
    long readRound = notNegative(getLong(in, "readRound"), "readRound");
    boolean answered = getFlag(in, "answered");
    List<Entry> entries = getEntries(in, previous, term);
    return new AppendRequest(from, to, term, previous, entries, commit, readRound, answered);
  }

  private static List<Entry> getEntries(ByteBuffer in, EntryId previous, long maxTerm)
      throws MalformedMessageException {
    Entry[] entries = new Entry[getCount(in, EntryCodec.HEADER_BYTES, "entries")];
    EntryId before = previous;
    for (int i = 0; i < entries.length; i++) {
      Entry entry = EntryCodec.decode(in);
      // By subtraction, because the index after Long.MAX_VALUE is no index.
      if (entry.index() - 1 != before.index()) {
        throw new MalformedMessageException("entry " + entry.id() + " follows on " + before);
      }
      if (entry.term() < before.term() || entry.term() > maxTerm) {
        throw new MalformedMessageException(
            "entry "
                + entry.id()
                + " follows on "
                + before
                + " in an append of term "
                + maxTerm
                + ": terms must not fall, nor exceed the leader's");
      }
      entries[i] = entry;
      before = entry.id();
    }
    return Collections.unmodifiableList(Arrays.asList(entries));
  }

  private static AppendRejected decodeAppendRejected(long from, long to, long term, ByteBuffer in)
      throws MalformedMessageException {
    long previousIndex = positive(getLong(in, "previousIndex"), "previousIndex");
    long conflictTerm = notNegative(getLong(in, "conflictTerm"), "conflictTerm");
    long conflictIndex = positive(getLong(in, "conflictIndex"), "conflictIndex");
    long readRound = notNegative(getLong(in, "readRound"), "readRound");
    if (conflictIndex > previousIndex || conflictTerm > term) {
      throw new MalformedMessageException(
          "rejection at "
              + previousIndex
              + " in term "
              + term
              + " names the later conflict "
              + conflictIndex
              + " of term "
              + conflictTerm);
    }
    return new AppendRejected(
        from, to, term, previousIndex, conflictTerm, conflictIndex, readRound);
  }

  private static ForwardRefused decodeForwardRefused(long from, long to, long term, ByteBuffer in)
      throws MalformedMessageException {
    require(in, 1, "reason");
    byte code = in.get();
    Refusal reason = Refusal.ofCode(code);
    if (reason == null) {
      throw new MalformedMessageException("refusal for the unknown reason " + code);
    }
    Long[] sequences = new Long[getCount(in, Long.BYTES, "sequences")];
    for (int i = 0; i < sequences.length; i++) {
      sequences[i] = getLong(in, "sequence");
    }
    return new ForwardRefused(
        from, to, term, Collections.unmodifiableList(Arrays.asList(sequences)), reason);
  }

  private static SnapshotChunk decodeSnapshotChunk(long from, long to, long term, ByteBuffer in)
      throws MalformedMessageException {
    EntryId last = getSnapshotId(in, term);
    long total = notNegative(getLong(in, "total"), "total");
    long offset = notNegative(getLong(in, "offset"), "offset");
    require(in, Integer.BYTES, "length of a membership");
    Membership membership = MembershipCodec.decode(EntryCodec.readData(in, in.getInt()));
    require(in, Integer.BYTES, "length of a chunk");
    int length = in.getInt();
    // By subtraction, because a sum could overflow.
    if (length > total - offset) {
      throw new MalformedMessageException(
          "chunk of "
              + length
              + " bytes at "
              + offset
              + " does not fit into a snapshot of "
              + total);
    }
    byte[] data = EntryCodec.readData(in, length);
    return new SnapshotChunk(from, to, term, last, membership, total, offset, data);
  }

  /** Reads the identity of a snapshot: an entry that was committed by the term of the message. */
  private static EntryId getSnapshotId(ByteBuffer in, long term) throws MalformedMessageException {
    EntryId last = getEntryId(in);
    if (last.equals(EntryId.NONE) || last.term() > term) {
      throw new MalformedMessageException(
          "no snapshot that a leader of term " + term + " sends can end with " + last);
    }
    return last;
  }

  private static List<Proposal> getProposals(ByteBuffer in) throws MalformedMessageException {
    Proposal[] proposals = new Proposal[getCount(in, PROPOSAL_HEADER_BYTES, "proposals")];
    for (int i = 0; i < proposals.length; i++) {
      require(in, PROPOSAL_HEADER_BYTES, "proposal");
      long proposer = in.getLong();
      if (proposer == 0) {
        throw new MalformedMessageException("proposal of node 0: 0 is no id");
      }
      long sequence = in.getLong();
      int length = in.getInt();
      proposals[i] = new Proposal(proposer, sequence, EntryCodec.readData(in, length));
    }
    return Collections.unmodifiableList(Arrays.asList(proposals));
  }

  /**
   * Reads how many elements follow, and refuses more than could fit into the bytes at hand, so that
   * a list may be allocated for them.
   */
  private static int getCount(ByteBuffer in, int minElementBytes, String what)
      throws MalformedMessageException {
    require(in, Integer.BYTES, "number of " + what);
    int count = in.getInt();
    if (count < 0 || count > in.remaining() / minElementBytes) {
      throw new MalformedMessageException(
          count + " " + what + " do not fit into the " + in.remaining() + " bytes that remain");
    }
    return count;
  }

  private static ByteBuffer putHeader(byte kind, Message message, ByteBuffer out) {
    return out.put(kind).putLong(message.from()).putLong(message.to()).putLong(message.term());
  }

  private static ByteBuffer putEntryId(ByteBuffer out, EntryId id) {
    return out.putLong(id.index()).putLong(id.term());
  }

  /** Reads the last entry of a candidate's log, all of which is older than its candidacy. */
  private static EntryId getOlderEntryId(ByteBuffer in, long term)
      throws MalformedMessageException {
    EntryId id = getEntryId(in);
    if (id.term() >= term) {
      throw new MalformedMessageException(
          "candidate for term " + term + " whose log ends with " + id + ", not of an older term");
    }
    return id;
  }

  private static EntryId getEntryId(ByteBuffer in) throws MalformedMessageException {
    require(in, ENTRY_ID_BYTES, "identity of an entry");
    long index = in.getLong();
    long term = in.getLong();
    if (index < 0 || term < 0 || (index == 0) != (term == 0)) {
      throw new MalformedMessageException("no entry can have index " + index + " and term " + term);
    }
    return new EntryId(index, term);
  }

  private static long getLong(ByteBuffer in, String what) throws MalformedMessageException {
    require(in, Long.BYTES, what);
    return in.getLong();
  }

  private static byte flag(boolean value) {
    return (byte) (value ? 1 : 0);
  }

  private static boolean getFlag(ByteBuffer in, String what) throws MalformedMessageException {
    require(in, 1, what);
    byte value = in.get();
    if (value != 0 && value != 1) {
      throw new MalformedMessageException(what + " must be 0 or 1, is " + value);
    }
    return value == 1;
  }

  private static long positive(long value, String what) throws MalformedMessageException {
    if (value < 1) {
      throw new MalformedMessageException(what + " must be at least 1, is " + value);
    }
    return value;
  }

  private static long notNegative(long value, String what) throws MalformedMessageException {
    if (value < 0) {
      throw new MalformedMessageException(what + " must not be negative, is " + value);
    }
    return value;
  }

  private static void require(ByteBuffer in, int bytes, String what)
      throws MalformedMessageException {
    if (in.remaining() < bytes) {
      throw new MalformedMessageException(
          what
              + " needs at least "
              + bytes
              + " bytes at offset "
              + in.position()
              + ", where "
              + in.remaining()
              + " remain");
    }
  }
}
