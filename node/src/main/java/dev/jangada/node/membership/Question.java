package dev.jangada.node.membership;

import dev.jangada.node.request.RaftException;
import dev.jangada.raft.ChangeRefusal;
import dev.jangada.raft.MalformedMessageException;
import dev.jangada.raft.Membership;
import dev.jangada.raft.MembershipChange;
import dev.jangada.raft.MembershipCodec;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What nodes ask each other, beside the messages of consensus, and what they reply. The bytes are
 * those of {@link DataOutputStream}:
 *
 * <pre>
 * question   = 1:i8                                            ; who belongs to the cluster?
 *            | 2:i8 cluster:i64 millis:i64 count:i8 count*change ; leader, change the membership!
 *            | 3:i8 cluster:i64 bytes                         ; for those who use the node
 * change     = 1:i8 id:i64 address:utf                         ; AddVoter
 *            | 2:i8 id:i64 address:utf promote:i8              ; AddLearner
 *            | 3:i8 id:i64                                     ; Promote
 *            | 4:i8 id:i64                                     ; Demote
 *            | 5:i8 id:i64                                     ; Remove
 *            | 6:i8 id:i64 address:utf                         ; Move
 *            | 7:i8 id:i64 incarnation:i64                     ; Identify
 * reply      = 1:i8 cluster:i64 length:i16 membership          ; {@link MembershipCodec}'s
 *            | 2:i8 reason:utf unknown:i8 refusal:utf message:utf ; the change has failed
 *            | 3:i8 bytes                                     ; of those who use the node
 * </pre>
 */
sealed interface Question {

  /** Who belongs to the cluster. */
  record WhoBelongs() implements Question {}

  /** Asks the leader for a change. */
  record Change(long cluster, long millis, List<MembershipChange> changes) implements Question {
    public Change {
      changes = List.copyOf(changes);
    }
  }

  /**
   * What those who use the node ask of each other.
   *
   * @param bytes not modified any more
   */
  record Private(long cluster, byte[] bytes) implements Question {}

  /** A reply. */
  sealed interface Reply {}

  /** Who belongs to the cluster; after a change, when it is committed. */
  record Members(long cluster, Membership membership) implements Reply {}

  /** The change has failed. */
  record Failed(RaftException failure) implements Reply {}

  /**
   * What those who use the node reply to each other.
   *
   * @param bytes not modified any more
   */
  record PrivateReply(byte[] bytes) implements Reply {}

  /** The bytes of a question. */
  static byte[] encode(Question question) {
    return bytes(out -> {
      switch (question) {
        case WhoBelongs who -> out.writeByte(1);
        case Change change -> {
          out.writeByte(2);
          out.writeLong(change.cluster());
          out.writeLong(change.millis());
          out.writeByte(change.changes().size());
          for (MembershipChange one : change.changes()) {
            write(one, out);
          }
        }
        case Private(long cluster, byte[] bytes) -> {
          out.writeByte(3);
          out.writeLong(cluster);
          out.write(bytes);
        }
      }
    });
  }

  private static void write(MembershipChange change, DataOutputStream out) throws IOException {
    switch (change) {
      case MembershipChange.AddVoter add -> head(1, add, out).writeUTF(add.address());
      case MembershipChange.AddLearner add -> {
        head(2, add, out).writeUTF(add.address());
        out.writeBoolean(add.promote());
      }
      case MembershipChange.Promote promote -> head(3, promote, out);
      case MembershipChange.Demote demote -> head(4, demote, out);
      case MembershipChange.Remove remove -> head(5, remove, out);
      case MembershipChange.Move move -> head(6, move, out).writeUTF(move.address());
      case MembershipChange.Identify identify ->
          head(7, identify, out).writeLong(identify.incarnation());
    }
  }

  private static DataOutputStream head(int kind, MembershipChange change, DataOutputStream out)
      throws IOException {
    out.writeByte(kind);
    out.writeLong(change.id());
    return out;
  }

  /**
   * Reads a question.
   *
   * @throws IOException if the bytes are none
   */
  static Question decode(byte[] bytes) throws IOException {
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes));
    int kind = in.readByte();
    if (kind == 1) {
      return new WhoBelongs();
    }
    if (kind != 2 && kind != 3) {
      throw new IOException("a question of the unknown kind " + kind);
    }
    long cluster = in.readLong();
    if (kind == 3) {
      return new Private(cluster, in.readAllBytes());
    }
    long millis = in.readLong();
    int count = in.readUnsignedByte();
    if (millis < 1 || count < 1) {
      throw new IOException("a change with " + count + " parts, in " + millis + " ms");
    }
    List<MembershipChange> changes = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      changes.add(readChange(in));
    }
    return new Change(cluster, millis, changes);
  }

  private static MembershipChange readChange(DataInputStream in) throws IOException {
    int kind = in.readByte();
    long id = in.readLong();
    if (id == 0) {
      throw new IOException("a change of member 0, which means nobody");
    }
    try {
      return readChange(kind, id, in);
    } catch (IllegalArgumentException e) {
      throw new IOException("a change that makes no sense: " + e.getMessage(), e);
    }
  }

  private static MembershipChange readChange(int kind, long id, DataInputStream in)
      throws IOException {
    return switch (kind) {
      case 1 -> new MembershipChange.AddVoter(id, in.readUTF());
      case 2 -> new MembershipChange.AddLearner(id, in.readUTF(), in.readBoolean());
      case 3 -> new MembershipChange.Promote(id);
      case 4 -> new MembershipChange.Demote(id);
      case 5 -> new MembershipChange.Remove(id);
      case 6 -> new MembershipChange.Move(id, in.readUTF());
      case 7 -> new MembershipChange.Identify(id, in.readLong());
      default -> throw new IOException("a change of the unknown kind " + kind);
    };
  }

  /** The bytes of a reply. */
  static byte[] encode(Reply reply) {
    return bytes(out -> {
      switch (reply) {
        case Members members -> {
          byte[] membership = MembershipCodec.encode(members.membership());
          out.writeByte(1);
          out.writeLong(members.cluster());
          out.writeShort(membership.length);
          out.write(membership);
        }
        case Failed failed -> {
          RaftException failure = failed.failure();
          ChangeRefusal refusal = failure.changeRefusal();
          out.writeByte(2);
          out.writeUTF(failure.reason().name());
          out.writeBoolean(failure.outcomeUnknown());
          out.writeUTF(refusal == null ? "" : refusal.name());
          out.writeUTF(String.valueOf(failure.getMessage()));
        }
        case PrivateReply(byte[] bytes) -> {
          out.writeByte(3);
          out.write(bytes);
        }
      }
    });
  }

  /**
   * Reads a reply.
   *
   * @throws IOException if the bytes are none
   */
  static Reply decodeReply(byte[] bytes) throws IOException {
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes));
    int kind = in.readByte();
    try {
      if (kind == 1) {
        long cluster = in.readLong();
        byte[] membership = new byte[in.readUnsignedShort()];
        in.readFully(membership);
        return new Members(cluster, MembershipCodec.decode(membership));
      }
      if (kind == 2) {
        RaftException.Reason reason = RaftException.Reason.valueOf(in.readUTF());
        boolean unknown = in.readBoolean();
        String refusal = in.readUTF();
        @Nullable ChangeRefusal why = refusal.isEmpty() ? null : ChangeRefusal.valueOf(refusal);
        return new Failed(new RaftException(reason, unknown, in.readUTF(), why));
      }
      if (kind == 3) {
        return new PrivateReply(in.readAllBytes());
      }
    } catch (MalformedMessageException | IllegalArgumentException e) {
      throw new IOException("a reply that makes no sense: " + e.getMessage(), e);
    }
    throw new IOException("a reply of the unknown kind " + kind);
  }

  /** Writes into memory. */
  interface Writing {
    void to(DataOutputStream out) throws IOException;
  }

  private static byte[] bytes(Writing writing) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      writing.to(out);
    } catch (IOException impossible) {
      throw new UncheckedIOException("memory takes all that is written", impossible);
    }
    return bytes.toByteArray();
  }
}
