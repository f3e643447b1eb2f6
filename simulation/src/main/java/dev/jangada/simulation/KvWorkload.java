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
import dev.jangada.kv.command.LeaseGrantRequest;
import dev.jangada.kv.command.LeaseGrantResponse;
import dev.jangada.kv.command.LeaseKeepAliveRequest;
import dev.jangada.kv.command.LeaseKeepAliveResponse;
import dev.jangada.kv.command.LeaseRevokeRequest;
import dev.jangada.kv.command.LeaseRevokeResponse;
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
import dev.jangada.simulation.check.KeyValueModel.Grant;
import dev.jangada.simulation.check.KeyValueModel.KeepAlive;
import dev.jangada.simulation.check.KeyValueModel.Look;
import dev.jangada.simulation.check.KeyValueModel.OfLease;
import dev.jangada.simulation.check.KeyValueModel.Put;
import dev.jangada.simulation.check.KeyValueModel.Reply;
import dev.jangada.simulation.check.KeyValueModel.Request;
import dev.jangada.simulation.check.KeyValueModel.Revoke;
import dev.jangada.simulation.check.KeyValueModel.TimeIsUp;
import dev.jangada.simulation.check.KeyValueModel.Version;
import dev.jangada.simulation.check.Model;
import dev.jangada.simulation.check.Operation;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;

/**
 * Puts, gets, deletes and compare-and-puts on a few keys of the key-value store, and now and then a
 * compaction, so that the store does not grow for as long as the run lasts. Where there are leases,
 * keys are attached to them, and go with them.
 */
public final class KvWorkload implements Workload<Request, Reply> {

  /** One request out of so many is a compaction. */
  private static final int COMPACTION_INTERVAL = 50;

  /** One request out of so many is about a lease. */
  private static final int LEASE_INTERVAL = 5;

  private final int keys;
  private final boolean withLeases;
  private final LeaseBook book = new LeaseBook();
  private final LeaseHolders holders = new LeaseHolders(book);
  private final LeasesEndInTime timing = new LeasesEndInTime(book);

  /** By key: the mod revision that some client saw last, to be expected by another one. */
  private final Map<String, Long> seen = new TreeMap<>();

  /** The latest revision that a client has seen. */
  private long latest = 1;

  /** A workload on so many keys, without leases. */
  public KvWorkload(int keys) {
    this(keys, false);
  }

  private KvWorkload(int keys, boolean withLeases) {
    this.keys = keys;
    this.withLeases = withLeases;
  }

  /** A workload on so many keys, with leases. */
  public static KvWorkload withLeases(int keys) {
    return new KvWorkload(keys, true);
  }

  /** A workload on four keys, with leases or without. */
  public static KvWorkload random(RandomGenerator random) {
    return new KvWorkload(4, random.nextBoolean());
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
    if (withLeases && random.nextInt(LEASE_INTERVAL) == 0) {
      Request ofLease = holders.next(random, client, number, key, seen.getOrDefault(key, 0L));
      if (ofLease != null) {
        return ofLease;
      }
    }
    return switch (random.nextInt(10)) {
      case 0, 1, 2 -> new Put(key, "v" + number);
      case 3 -> new Delete(key);
      case 4, 5, 6 -> new CompareAndPut(key, seen.getOrDefault(key, 0L), "v" + number);
      default -> new Get(key);
    };
  }

  @Override
  public boolean isRead(Request request) {
    return request instanceof Get || request instanceof Look;
  }

  @Override
  public byte[] command(Request request) {
    Bytes key = Bytes.utf8(request.key());
    Command command =
        switch (request) {
          case Put put -> put(key, put.value(), put.lease());
          case Delete delete -> DeleteRangeRequest.of(key);
          case CompareAndPut put ->
              new TxnRequest(
                  List.of(
                      Compare.number(
                          key, Compare.Target.MOD, Compare.Operator.EQUAL, put.modRevision())),
                  List.of(put(key, put.value(), put.lease())),
                  List.of(RangeRequest.builder(key).revision(put.modRevision()).build()));
          case Compact compact ->
              new CompactRequest(compact.revision(), compact.revision() % 2 == 0);
          case Grant grant -> new LeaseGrantRequest(grant.lease(), grant.ttlSeconds());
          case KeepAlive keepAlive -> new LeaseKeepAliveRequest(keepAlive.lease());
          case Revoke revoke -> new LeaseRevokeRequest(revoke.lease());
          case Get get -> throw new IllegalArgumentException("a get takes no command");
          case Look look -> throw new IllegalArgumentException("a look takes no command");
          case TimeIsUp end -> throw new IllegalArgumentException("nobody asks for " + end);
        };
    return CommandCodec.encode(command);
  }

  private static PutRequest put(Bytes key, String value, long lease) {
    return new PutRequest(key, Bytes.utf8(value), lease, false, false, false);
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
      case LeaseGrantResponse grant -> new Reply(grant.revision(), true, null);
      case LeaseKeepAliveResponse keepAlive -> new Reply(keepAlive.revision(), true, null);
      case LeaseRevokeResponse revoke -> {
        saw(revoke.revision());
        yield new Reply(revoke.revision(), true, null);
      }
      case Failure refused when mayBeRefused(request) -> new Reply(0, false, null);
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

  private static boolean mayBeRefused(Request request) {
    return switch (request) {
      case Compact compact -> true;
      case OfLease ofLease -> true;
      case Put put -> put.lease() != 0;
      case CompareAndPut put -> put.lease() != 0 || put.modRevision() != 0;
      default -> false;
    };
  }

  @Override
  public void answered(int client, Request request, Reply reply, long askedNanos) {
    if (!withLeases) {
      return;
    }
    holders.answered(client, request, reply);
    if (reply.succeeded()) {
      switch (request) {
        case Grant grant -> timing.promised(grant.lease(), grant.ttlSeconds(), askedNanos);
        case KeepAlive keepAlive -> timing.keptAlive(keepAlive.lease(), askedNanos);
        default -> {
          // Says nothing of how long a lease lasts.
        }
      }
    }
  }

  @Override
  public List<Property> properties() {
    return withLeases ? List.of(new LeasesAreAsLogged(book), timing) : List.of();
  }

  @Override
  public List<Operation<Request, Reply>> unasked() {
    return timing.endings();
  }

  @Override
  public Reply read(Request request, StateMachine machine) {
    if (request instanceof Look look) {
      KvStateMachine store = (KvStateMachine) machine;
      return new Reply(store.revision(), store.lease(look.lease(), false) != null, null);
    }
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
    return new Reply(
        range.revision(),
        true,
        new Version(text(found.value()), found.modRevision(), found.lease()));
  }

  private void saw(long revision) {
    latest = Math.max(latest, revision);
  }

  private static String text(Bytes bytes) {
    return new String(bytes.array(), StandardCharsets.UTF_8);
  }
}
