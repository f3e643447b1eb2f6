package dev.jangada.node.transport;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.jangada.raft.MalformedMessageException;
import dev.jangada.raft.Member;
import dev.jangada.raft.MessageCodec;
import io.netty.buffer.ByteBuf;

/**
 * The first words on a connection: who opened it says hello, and the other end answers. After an
 * answer that accepts, the connection carries {@link Frame}s from who opened it to the other end,
 * and nothing in the other direction. Numbers are big-endian:
 *
 * <pre>
 * hello       = helloMagic version cluster from to incarnation log length address
 * answer      = answerMagic version verdict detail incarnation
 * helloMagic  = "JANGADA?"
 * answerMagic = "JANGADA!"
 * version     = int32      ; {@link #VERSION}
 * cluster     = int64      ; id of the cluster
 * from, to    = int64      ; ids of the nodes
 * incarnation = int64      ; drawn at random by a node each time it starts
 * log         = int64      ; drawn at random by a node when it began its log; 0 if it does not say
 * length      = int16
 * address     = length * int8 ; UTF-8, where the connecting node is reached, as host:port
 * verdict     = int8       ; {@link Verdict}
 * detail      = int64      ; what the answering node expected where the verdict refuses, else log
 * </pre>
 *
 * <p>Magic and version of a hello, and the whole of an answer, stay as they are in all versions, so
 * that nodes of different versions can tell each other so.
 */
final class Handshake {

  /** Version of all that passes between nodes: of this and {@link Frame}, and of the messages. */
  static final int VERSION = 2 << 16 | MessageCodec.VERSION;

  /** {@code JANGADA?} in ASCII. */
  static final long HELLO_MAGIC = 0x4a414e474144413fL;

  /** {@code JANGADA!} in ASCII. */
  static final long ANSWER_MAGIC = 0x4a414e4741444121L;

  /** As much of a hello as is the same in all versions. */
  static final int HELLO_PREFIX_BYTES = Long.BYTES + Integer.BYTES;

  /** What follows on the prefix in this version, but for the address. */
  static final int HELLO_REST_BYTES = 5 * Long.BYTES + Short.BYTES;

  /** The most that follows on the prefix: no character has more than three bytes here. */
  static final int MAX_HELLO_REST_BYTES = HELLO_REST_BYTES + 3 * Member.MAX_ADDRESS_CHARS;

  static final int ANSWER_BYTES = Long.BYTES + Integer.BYTES + 1 + 2 * Long.BYTES;

  private Handshake() {}

  /** What a node thinks of a hello. */
  enum Verdict {
    ACCEPTED(0),
    OTHER_VERSION(1),
    OTHER_CLUSTER(2),
    OTHER_DESTINATION(3),
    UNKNOWN_SENDER(4),
    /** The connecting node was a member, and will never be one again. */
    REMOVED(5),
    /** The connecting node does not have the log that it is known by. */
    OTHER_INCARNATION(6);

    private static final Verdict[] VALUES = values();

    /** The byte that stands for this verdict in an answer. */
    private final byte code;

    Verdict(int code) {
      this.code = (byte) code;
    }

    private static Verdict ofCode(byte code) throws MalformedMessageException {
      for (Verdict candidate : VALUES) {
        if (candidate.code == code) {
          return candidate;
        }
      }
      throw new MalformedMessageException("it gives the unknown verdict " + code);
    }
  }

  /** What follows on the prefix of a hello. */
  record Hello(
      long cluster, long from, long to, long incarnation, long logIncarnation, String address) {

    /** A hello of a node that tells neither its log nor its address. */
    Hello(long cluster, long from, long to, long incarnation) {
      this(cluster, from, to, incarnation, 0, "");
    }
  }

  /** An answer; the version is the answering node's. */
  record Answer(int version, Verdict verdict, long detail, long incarnation) {}

  static void writeHello(Hello hello, ByteBuf out) {
    byte[] address = hello.address.getBytes(UTF_8);
    out.writeLong(HELLO_MAGIC)
        .writeInt(VERSION)
        .writeLong(hello.cluster)
        .writeLong(hello.from)
        .writeLong(hello.to)
        .writeLong(hello.incarnation)
        .writeLong(hello.logIncarnation)
        .writeShort(address.length)
        .writeBytes(address);
  }

  /** How many bytes what follows on the prefix takes, once {@link #HELLO_REST_BYTES} are there. */
  static int helloRestBytes(ByteBuf in) {
    return HELLO_REST_BYTES
        + in.getUnsignedShort(in.readerIndex() + HELLO_REST_BYTES - Short.BYTES);
  }

  static Hello readHelloRest(ByteBuf in) {
    return new Hello(
        in.readLong(),
        in.readLong(),
        in.readLong(),
        in.readLong(),
        in.readLong(),
        in.readCharSequence(in.readUnsignedShort(), UTF_8).toString());
  }

  static void writeAnswer(Answer answer, ByteBuf out) {
    out.writeLong(ANSWER_MAGIC)
        .writeInt(answer.version)
        .writeByte(answer.verdict.code)
        .writeLong(answer.detail)
        .writeLong(answer.incarnation);
  }

  static Answer readAnswer(ByteBuf in) throws MalformedMessageException {
    if (in.readLong() != ANSWER_MAGIC) {
      throw new MalformedMessageException("what listens there does not speak Jangada's protocol");
    }
    int version = in.readInt();
    Verdict verdict = Verdict.ofCode(in.readByte());
    return new Answer(version, verdict, in.readLong(), in.readLong());
  }

  /** A version for people. */
  static String versionName(int version) {
    return (version >>> 16) + "." + (version & 0xffff);
  }

  /**
   * Says why a connection was refused, in words that fit into the logs of both ends.
   *
   * @param connecting what the connecting node said of itself or asked for
   * @param answering what the answering node has instead
   */
  static String reason(Verdict verdict, String connecting, String answering) {
    return switch (verdict) {
      case ACCEPTED -> "it was accepted";
      case OTHER_VERSION ->
          ("the connecting node speaks version %s of the protocol, the answering node version %s;"
                  + " run the same release on both")
              .formatted(connecting, answering);
      case OTHER_CLUSTER ->
          ("the connecting node belongs to cluster %s, the answering node to cluster %s;"
                  + " check the cluster's name or token on both")
              .formatted(connecting, answering);
      case OTHER_DESTINATION ->
          ("the connecting node looks for member %s, the answering node is member %s;"
                  + " check the addresses of the peers")
              .formatted(connecting, answering);
      case UNKNOWN_SENDER ->
          ("the connecting node is member %s, which is not among the peers of the answering node,"
                  + " member %s; check that both have the same list of members")
              .formatted(connecting, answering);
      case REMOVED ->
          ("the connecting node is member %s, which was removed from the cluster, as the answering"
                  + " node, member %s, knows; to join again it has to be added as a new member, and"
                  + " to start with an empty data directory")
              .formatted(connecting, answering);
      case OTHER_INCARNATION ->
          ("the connecting node is member %s, but without the log that the cluster knows it by, as"
                  + " the answering node, member %s, says: it has lost its data, and with them what"
                  + " it had promised; remove the member, add it anew, and start it with an empty"
                  + " data directory")
              .formatted(connecting, answering);
    };
  }

  static String name(long id) {
    return Long.toHexString(id);
  }
}
