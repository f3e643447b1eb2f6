package dev.jangada.kv;

import dev.jangada.kv.bytes.Bytes;
import dev.jangada.kv.bytes.MalformedEncodingException;
import dev.jangada.kv.command.Command;
import dev.jangada.kv.command.CommandCodec;
import dev.jangada.kv.command.CompactRequest;
import dev.jangada.kv.command.DeleteRangeRequest;
import dev.jangada.kv.command.DeleteRangeResponse;
import dev.jangada.kv.command.KeyValue;
import dev.jangada.kv.command.PutRequest;
import dev.jangada.kv.command.PutResponse;
import dev.jangada.kv.command.RangeRequest;
import dev.jangada.kv.command.RangeResponse;
import dev.jangada.kv.command.Result;
import dev.jangada.kv.command.ResultCodec;
import dev.jangada.raft.Entry;
import dev.jangada.raft.Proposal;
import java.util.List;

/** Sends requests to a state machine, one entry each, and reads with texts for bytes. */
final class Client implements AutoCloseable {

  static final Bytes ALL = Bytes.wrap(new byte[1]);

  private final Engine engine;

  Client(Engine engine) {
    this.engine = engine;
  }

  static Client onHeap() {
    return new Client(Engine.heap());
  }

  static Bytes bytes(String text) {
    return Bytes.utf8(text);
  }

  KvStateMachine machine() {
    return engine.machine();
  }

  Engine engine() {
    return engine;
  }

  Result send(Command command) {
    return send(CommandCodec.encode(command));
  }

  Result send(byte[] data) {
    long index = machine().appliedIndex() + 1;
    Entry entry = Entry.command(index, 1, new Proposal(1, index, data));
    return decode(machine().apply(List.of(entry)).getFirst());
  }

  static Result decode(byte[] result) {
    try {
      return ResultCodec.decode(result);
    } catch (MalformedEncodingException e) {
      throw new AssertionError("the state machine answered with rubbish", e);
    }
  }

  PutResponse put(String key, String value) {
    return (PutResponse) send(PutRequest.of(bytes(key), bytes(value)));
  }

  DeleteRangeResponse delete(String key) {
    return (DeleteRangeResponse) send(DeleteRangeRequest.of(bytes(key)));
  }

  Result compact(long revision) {
    return send(new CompactRequest(revision, false));
  }

  RangeResponse range(RangeRequest request) {
    return (RangeResponse) machine().range(request);
  }

  /** The key as {@code key=value create/mod/version}; "absent" if there is none. */
  String get(String key) {
    return get(key, 0);
  }

  String get(String key, long revision) {
    RangeResponse response = range(RangeRequest.builder(bytes(key)).revision(revision).build());
    return response.keyValues().isEmpty() ? "absent" : show(response.keyValues().getFirst());
  }

  static String show(KeyValue kv) {
    return "%s=%s %d/%d/%d"
        .formatted(kv.key(), kv.value(), kv.createRevision(), kv.modRevision(), kv.version());
  }

  /** The keys of an answer. */
  static List<String> keys(RangeResponse response) {
    return response.keyValues().stream().map(kv -> kv.key().toString()).toList();
  }

  @Override
  public void close() {
    engine.close();
  }
}
