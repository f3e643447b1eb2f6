package dev.jangada.cli.ctl;

import com.google.protobuf.ByteString;
import dev.jangada.etcd.api.etcdserverpb.DeleteRangeResponse;
import dev.jangada.etcd.api.etcdserverpb.PutResponse;
import dev.jangada.etcd.api.etcdserverpb.RangeResponse;
import dev.jangada.etcd.api.mvccpb.KeyValue;

/**
 * How keys and values are printed.
 *
 * @param hex bytes as {@code \xNN}
 * @param valuesOnly no keys
 */
record KeyValues(boolean hex, boolean valuesOnly) {

  void simple(Printer out, KeyValue keyValue) {
    if (!valuesOnly) {
      out.line(bytes(keyValue.getKey()));
    }
    out.line(bytes(keyValue.getValue()));
  }

  private ByteString bytes(ByteString bytes) {
    if (!hex) {
      return bytes;
    }
    StringBuilder text = new StringBuilder();
    bytes.forEach(value -> text.append(Quoting.hex(value)));
    return ByteString.copyFromUtf8(text.toString());
  }

  void simple(Printer out, RangeResponse response) {
    response.getKvsList().forEach(keyValue -> simple(out, keyValue));
  }

  void simple(Printer out, PutResponse response) {
    out.line("OK");
    if (response.hasPrevKv()) {
      simple(out, response.getPrevKv());
    }
  }

  void simple(Printer out, DeleteRangeResponse response) {
    out.line(Long.toString(response.getDeleted()));
    response.getPrevKvsList().forEach(keyValue -> simple(out, keyValue));
  }

  static void fields(Printer out, RangeResponse response) {
    Answer.header(out, response.getHeader());
    response.getKvsList().forEach(keyValue -> fields(out, "", keyValue));
    out.field("More", response.getMore()).field("Count", response.getCount());
  }

  static void fields(Printer out, PutResponse response) {
    Answer.header(out, response.getHeader());
    if (response.hasPrevKv()) {
      fields(out, "Prev", response.getPrevKv());
    }
  }

  static void fields(Printer out, DeleteRangeResponse response) {
    Answer.header(out, response.getHeader());
    out.field("Deleted", response.getDeleted());
    response.getPrevKvsList().forEach(keyValue -> fields(out, "Prev", keyValue));
  }

  static void fields(Printer out, String prefix, KeyValue keyValue) {
    out.quoted(prefix + "Key", keyValue.getKey())
        .field(prefix + "CreateRevision", keyValue.getCreateRevision())
        .field(prefix + "ModRevision", keyValue.getModRevision())
        .field(prefix + "Version", keyValue.getVersion())
        .quoted(prefix + "Value", keyValue.getValue())
        .field(prefix + "Lease", keyValue.getLease());
  }

  Answer answer(RangeResponse response) {
    return Answer.of(response)
        .simple(out -> simple(out, response))
        .fields(out -> fields(out, response));
  }
}
