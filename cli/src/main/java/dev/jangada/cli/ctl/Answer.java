package dev.jangada.cli.ctl;

import com.google.protobuf.Message;
import dev.jangada.etcd.api.etcdserverpb.ResponseHeader;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What a command found out, and how it looks in each format. A format that nobody has described is
 * one that etcdctl does not have for this command either: asking for it is refused.
 */
final class Answer {

  private final Object json;
  private @Nullable Consumer<Printer> simple;
  private @Nullable Consumer<Printer> fields;
  private @Nullable Table table;

  private Answer(Object json) {
    this.json = json;
  }

  /** The server's answer. In JSON it is printed as it is. */
  static Answer of(Message response) {
    return new Answer(EtcdJson.of(response));
  }

  /**
   * What no single message tells.
   *
   * @param json what {@link EtcdJson#write} takes
   */
  static Answer ofJson(Object json) {
    return new Answer(json);
  }

  Answer simple(Consumer<Printer> printing) {
    this.simple = printing;
    return this;
  }

  /** In the simple format, just this line. */
  Answer simple(String line) {
    return simple(out -> out.line(line));
  }

  Answer fields(Consumer<Printer> printing) {
    this.fields = printing;
    return this;
  }

  /** In the format "fields", the header and nothing else. */
  Answer fields(ResponseHeader header) {
    return fields(out -> header(out, header));
  }

  /** The same rows for the table and, without its frame, for the simple format. */
  Answer table(Table rows) {
    this.table = rows;
    return simple(rows::printPlain);
  }

  /** The lines with which every answer begins in the format "fields". */
  static void header(Printer out, ResponseHeader header) {
    out.field("ClusterID", Long.toUnsignedString(header.getClusterId()))
        .field("MemberID", Long.toUnsignedString(header.getMemberId()))
        .field("Revision", header.getRevision())
        .field("RaftTerm", Long.toUnsignedString(header.getRaftTerm()));
  }

  /**
   * Writes it, and flushes.
   *
   * @throws CtlException if there is no such format for this answer
   */
  void print(Format format, Printer out) {
    switch (format) {
      case JSON -> out.line(EtcdJson.write(json));
      case SIMPLE -> described(simple, format).accept(out);
      case FIELDS -> described(fields, format).accept(out);
      case TABLE -> described(table, format).print(out);
    }
    out.flush();
  }

  private static <T> T described(@Nullable T description, Format format) {
    if (description == null) {
      throw new CtlException(
          CtlException.Kind.UNSUPPORTED, format + " not supported as output format");
    }
    return description;
  }
}
