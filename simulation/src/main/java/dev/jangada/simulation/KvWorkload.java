package dev.jangada.simulation;

import dev.jangada.kv.KvStateMachine;
import dev.jangada.kv.bytes.Bytes;
import dev.jangada.kv.bytes.MalformedEncodingException;
import dev.jangada.kv.command.Command;
import dev.jangada.kv.command.CommandCodec;
import dev.jangada.kv.command.CompactRequest;
import dev.jangada.kv.command.CompactResponse;
import dev.jangada.kv.command.Compare;
import dev.jangada.kv.command.DeleteRangeRequest;
import dev.jangada.kv.command.DeleteRangeResponse;
import dev.jangada.kv.command.Failure;
import dev.jangada.kv.command.KeyValue;
import dev.jangada.kv.command.PutRequest;
import dev.jangada.kv.command.PutResponse;
import dev.jangada.kv.command.RangeRequest;
import dev.jangada.kv.command.RangeResponse;
import dev.jangada.kv.command.RangeResult;
import dev.jangada.kv.command.Result;
import dev.jangada.kv.command.ResultCodec;
import dev.jangada.kv.command.TxnRequest;
import dev.jangada.kv.command.TxnResponse;
import dev.jangada.raft.StateMachine;
import dev.jangada.simulation.check.KeyValueModel;
import dev.jangada.simulation.check.KeyValueModel.Compact;
import dev.jangada.simulation.check.KeyValueModel.CompareAndPut;
import dev.jangada.simulation.check.KeyValueModel.Delete;
import dev.jangada.simulation.check.KeyValueModel.Get;
import dev.jangada.simulation.check.KeyValueModel.Put;
import dev.jangada.simulation.check.KeyValueModel.Reply;
import dev.jangada.simulation.check.KeyValueModel.Request;
import dev.jangada.simulation.check.KeyValueModel.Version;
import dev.jangada.simulation.check.Model;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;

/**
 * Puts, gets, deletes and compare-and-puts on a few keys of the key-value store, and now and then a
 * compaction, so that the store does not grow for as long as the run lasts.
 */
public final class KvWorkload implements Workload<Request, Reply> {

  /** One request out of so many is a compaction. */
  private static final int COMPACTION_INTERVAL = 50;

  private final int keys;

  /** By key: the mod revision that some client saw last, to be expected by another one. */
  private final Map<String, Long> seen = new TreeMap<>();

  /** The latest revision that a client has seen. */
  private long latest = 1;

  /** A workload on so many keys. */
  public KvWorkload(int keys) {
    this.keys = keys;
  }

  @Override
  public Model<?, Request, Reply> model() {
    return new KeyValueModel();
  }

  @Override
  public Request next(RandomGenerator random, int client, long number) {
    if (number % COMPACTION_INTERVAL == COMPACTION_INTERVAL - 1) {
      // Sometimes one that is compacted already, or that is yet to come.
      return new Compact(Math.max(1, latest + 3 - random.nextInt(20)));
    }
    String key = "k" + random.nextInt(keys);
    return switch (random.nextInt(10)) {
      case 0, 1, 2 -> new Put(key, "v" + number);
      case 3 -> new Delete(key);
      case 4, 5, 6 -> new CompareAndPut(key, seen.getOrDefault(key, 0L), "v" + number);
      default -> new Get(key);
    };
  }

  @Override
  public boolean isRead(Request request) {
    return request instanceof Get;
  }

  @Override
  public byte[] command(Request request) {
    Bytes key = Bytes.utf8(request.key());
    Command command =
        switch (request) {
          case Put put -> PutRequest.of(key, Bytes.utf8(put.value()));
          case Delete delete -> DeleteRangeRequest.of(key);
          case CompareAndPut put ->
              new TxnRequest(
                  List.of(
                      Compare.number(
                          key, Compare.Target.MOD, Compare.Operator.EQUAL, put.modRevision())),
                  List.of(PutRequest.of(key, Bytes.utf8(put.value()))),
                  List.of());
          case Compact compact ->
              new CompactRequest(compact.revision(), compact.revision() % 2 == 0);
          case Get get -> throw new IllegalArgumentException("a get takes no command");
        };
    return CommandCodec.encode(command);
  }

  @Override
  public Reply result(Request request, byte[] bytes) {
    Result result;
    try {
      result = ResultCodec.decode(bytes);
    } catch (MalformedEncodingException e) {
      throw new AssertionError("the store answers with rubbish", e);
    }
    return switch (result) {
      case PutResponse put -> {
        saw(put.revision());
        yield new Reply(put.revision(), true, null);
      }
      case CompactResponse compact -> new Reply(compact.revision(), true, null);
      case Failure refused when request instanceof Compact -> new Reply(0, false, null);
      case DeleteRangeResponse delete -> new Reply(delete.revision(), delete.deleted() > 0, null);
      case TxnResponse txn -> {
        if (txn.succeeded()) {
          seen.put(request.key(), txn.revision());
          saw(txn.revision());
        }
        yield new Reply(txn.revision(), txn.succeeded(), null);
      }
      default -> throw new AssertionError(request + " was answered with " + result);
    };
  }

  @Override
  public Reply read(Request request, StateMachine machine) {
    RangeResult result =
        ((KvStateMachine) machine).range(RangeRequest.of(Bytes.utf8(request.key())));
    if (!(result instanceof RangeResponse range)) {
      throw new AssertionError(request + " was answered with " + result);
    }
    if (range.keyValues().isEmpty()) {
      seen.put(request.key(), 0L);
      return new Reply(range.revision(), true, null);
    }
    KeyValue found = range.keyValues().getFirst();
    seen.put(request.key(), found.modRevision());
    return new Reply(range.revision(), true, new Version(text(found.value()), found.modRevision()));
  }

  private void saw(long revision) {
    latest = Math.max(latest, revision);
  }

  private static String text(Bytes bytes) {
    return new String(bytes.array(), StandardCharsets.UTF_8);
  }
}
