package dev.jangada.simulation;

import dev.jangada.kv.KvHash;
import dev.jangada.kv.KvStateMachine;
import dev.jangada.kv.store.HeapStore;
import dev.jangada.raft.StateMachine;
import java.util.Map;
import java.util.TreeMap;

/** The key-value store on a heap engine, which forgets in a crash what it had not flushed. */
public final class KvApplication implements Application {

  private final Map<Integer, HeapStore> stores = new TreeMap<>();
  private final Map<Integer, KvStateMachine> machines = new TreeMap<>();

  @Override
  public StateMachine start(int node) {
    HeapStore before = stores.get(node);
    HeapStore store = before == null ? new HeapStore() : before.afterCrash();
    KvStateMachine machine = new KvStateMachine(store);
    stores.put(node, store);
    machines.put(node, machine);
    return machine;
  }

  @Override
  public void checkpoint(int node) {
    HeapStore store = stores.get(node);
    if (store != null) {
      store.flush();
    }
  }

  @Override
  public String digest(int node) {
    KvStateMachine machine = machines.get(node);
    return machine != null && machine.hash(0) instanceof KvHash hash ? hash.toString() : "none";
  }
}
