package dev.jangada.raft;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.ArrayList;
import java.util.List;

/**
 * The bytes of a {@link Membership}: in the log, in snapshots and on the wire.
 *
 * <pre>
 * membership  = version count count*member count count*removed
 * version     = int8               ; {@value #VERSION}
 * member      = id standing incarnation length address
 * id, removed = int64              ; not 0; of members ascending
 * standing    = int8               ; {@link Member.Standing}
 * incarnation = int64
 * length      = int16
 * address     = length * int8      ; UTF-8
 * count       = int16
 * </pre>
 *
 * <p>Numbers are big-endian. There is exactly one encoding of each membership. It is never longer
 * than {@value #MAX_BYTES}, so that it fits into the first page of a file.
 */
public final class MembershipCodec {

  /** The most bytes that a membership may take. */
  public static final int MAX_BYTES = 3584;

  private static final byte VERSION = 1;

  private static final int MEMBER_HEADER_BYTES = Long.BYTES + 1 + Long.BYTES + Short.BYTES;

  private MembershipCodec() {}

  /** How many bytes a membership takes; one with more than {@link #MAX_BYTES} has no encoding. */
  public static int size(Membership membership) {
    int size = 1 + 2 * Short.BYTES + membership.removed().size() * Long.BYTES;
    for (Member member : membership.members()) {
      size += MEMBER_HEADER_BYTES + member.address().getBytes(UTF_8).length;
    }
    return size;
  }

  /**
   * The bytes of a membership.
   *
   * @throws IllegalArgumentException if it takes more than {@link #MAX_BYTES}
   */
  public static byte[] encode(Membership membership) {
    int size = size(membership);
    if (size > MAX_BYTES) {
      throw new IllegalArgumentException(
          "the membership takes " + size + " bytes, and may take " + MAX_BYTES);
    }
    ByteBuffer out = ByteBuffer.allocate(size);
    out.put(VERSION).putShort((short) membership.members().size());
    for (Member member : membership.members()) {
      byte[] address = member.address().getBytes(UTF_8);
      out.putLong(member.id())
          .put(member.standing().code())
          .putLong(member.incarnation())
          .putShort((short) address.length)
          .put(address);
    }
    out.putShort((short) membership.removed().size());
    membership.removed().forEach(out::putLong);
    return out.array();
  }

  /**
   * Reads a membership.
   *
   * @throws MalformedMessageException if the bytes are not one
   */
  public static Membership decode(byte[] bytes) throws MalformedMessageException {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    require(bytes.length <= MAX_BYTES, "it takes " + bytes.length + " bytes");
    require(in.remaining() >= 1 + Short.BYTES, "it ends too early");
    byte version = in.get();
    require(version == VERSION, "it has the unknown version " + version);
    List<Member> members = new ArrayList<>();
    for (int count = count(in, MEMBER_HEADER_BYTES); count > 0; count--) {
      members.add(member(in));
    }
    require(in.remaining() >= Short.BYTES, "it ends too early");
    List<Long> removed = new ArrayList<>();
    for (int count = count(in, Long.BYTES); count > 0; count--) {
      removed.add(in.getLong());
    }
    require(!in.hasRemaining(), in.remaining() + " bytes follow after its end");
    try {
      return new Membership(members, removed);
    } catch (IllegalArgumentException e) {
      throw new MalformedMessageException("no membership: " + e.getMessage());
    }
  }

  private static int count(ByteBuffer in, int minBytes) throws MalformedMessageException {
    int count = in.getShort();
    require(count >= 0 && count <= in.remaining() / minBytes, count + " do not fit into it");
    return count;
  }

  private static Member member(ByteBuffer in) throws MalformedMessageException {
    require(in.remaining() >= MEMBER_HEADER_BYTES, "it ends too early");
    long id = in.getLong();
    byte code = in.get();
    Member.Standing standing = Member.Standing.ofCode(code);
    if (standing == null) {
      throw new MalformedMessageException("no membership: a member has the standing " + code);
    }
    long incarnation = in.getLong();
    int length = in.getShort();
    require(length >= 0 && length <= in.remaining(), "an address has " + length + " bytes");
    ByteBuffer address = in.slice(in.position(), length);
    in.position(in.position() + length);
    try {
      String text = UTF_8.newDecoder().decode(address).toString();
      return new Member(id, standing, text, incarnation);
    } catch (CharacterCodingException | IllegalArgumentException e) {
      throw new MalformedMessageException("no membership: " + e.getMessage());
    }
  }

  private static void require(boolean condition, String what) throws MalformedMessageException {
    if (!condition) {
      throw new MalformedMessageException("no membership: " + what);
    }
  }
}
