package dev.jangada.simulation;

import dev.jangada.kv.KvStateMachine;
import dev.jangada.kv.command.KvHash;
import dev.jangada.kv.store.HeapStore;
import dev.jangada.raft.StateMachine;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongPredicate;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The key-value store on a heap engine, which forgets in a crash what it had not flushed, or on
 * some nodes everything: then it depends on the node's snapshots.
 */
public final class KvApplication implements Application {

  /** Decides for each node whether its store forgets everything. */
  private final LongPredicate forgets;

  private final Map<Integer, FlushingStore> stores = new TreeMap<>();
  private final Map<Integer, KvStateMachine> machines = new TreeMap<>();

  /** How many times a node was told that the moment is good to make its store durable. */
  private int checkpoints;

  /** With stores that keep what they have flushed. */
  public KvApplication() {
    this(node -> false);
  }

  private KvApplication(LongPredicate forgets) {
    this.forgets = forgets;
  }

  /**
   * With stores that keep what they have flushed on some nodes, and nothing at all on others: which
   * ones is drawn.
   */
  public static KvApplication random(RandomGenerator random) {
    long forgetful = random.nextBoolean() ? random.nextLong() : 0;
    return new KvApplication(node -> (forgetful >>> node & 1) == 1);
  }

  @Override
  public StateMachine start(int node) {
    FlushingStore before = stores.get(node);
    FlushingStore store;
    if (before != null) {
      store = before.afterCrash();
    } else {
      store = new FlushingStore(forgets.test(node) ? HeapStore.inMemory() : new HeapStore());
    }
    KvStateMachine machine = new KvStateMachine(store);
    new WatchedEvents(machine).listen();
    stores.put(node, store);
    machines.put(node, machine);
    return machine;
  }

  @Override
  public @Nullable Chore chore(int node) {
    KvStateMachine machine = machines.get(node);
    return machine == null ? null : new LeaseChore(machine);
  }

  @Override
  public boolean isAtRest(int node) {
    KvStateMachine machine = machines.get(node);
    return machine == null || machine.leaseClock().leases() == 0;
  }

  @Override
  public void checkpoint(int node) {
    FlushingStore store = stores.get(node);
    if (store != null) {
      store.flushAfter(checkpoints++ % 3);
    }
  }

  @Override
  public String digest(int node) {
    KvStateMachine machine = machines.get(node);
    return machine != null && machine.hash(0) instanceof KvHash hash ? hash.toString() : "none";
  }
}
