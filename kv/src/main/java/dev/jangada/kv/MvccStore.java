package dev.jangada.kv;

import dev.jangada.kv.auth.AuthState;
import dev.jangada.kv.auth.Authorizer;
import dev.jangada.kv.command.Alarm;
import dev.jangada.kv.store.OrderedStore;
import dev.jangada.kv.store.StoreException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Many versions of each key in an {@link OrderedStore}.
 *
 * <p><b>Goals.</b> Reading what is current is one look-up a key. What is not in use takes up no
 * memory: there is no index of keys or versions on the heap. Every revision can be read until it is
 * compacted, and what each revision did can be listed in order. Compaction costs what it removes,
 * not what it keeps.
 *
 * <p><b>Representation</b> ({@link Layout} has the bytes). The newest version of each key is in one
 * place, <i>latest</i>. A put moves the version it replaces to the <i>history</i> and notes in the
 * <i>index</i>, under its revision, the key and the revision of the version it replaced; a delete
 * does the same and leaves a mark in the history. So a key's version of a given revision is the
 * latest one, if that is old enough, and else the first one in the history that is.
 *
 * <p><b>Compaction</b> sets the compacted revision, and that is all that is part of the replicated
 * state: nothing below it can be read from that moment on. What is given up is removed later, a
 * little with every batch, by walking the index from where the removal before it ended: each event
 * up to the compacted revision names the version that it replaced, which nobody can read any more.
 * How far that has come is this node's own affair: neither reads nor the hash depend on it.
 *
 * <p><b>Cost.</b> A value is written once, and a second time when it is replaced; never again by
 * compaction. A put reads the version it replaces, which it needs for its version number anyway.
 *
 * <p><b>Rejected</b>: values by revision with an index of keys beside (a current read would be two
 * look-ups, a range as many random ones as it has keys); every version also in the history from the
 * start (each value written twice at once); scanning all keys to compact.
 *
 * <p><b>Threads.</b> One thread writes. After each batch it publishes a {@link View}, which any
 * number of threads read: always the state between two entries of the log, with the revision that
 * belongs to it.
 */
final class MvccStore implements AutoCloseable {

  private final OrderedStore store;

  /** The view of the last batch; null when closed. */
  private volatile @Nullable View current;

  /** Views that have not been released. Guarded by this. */
  private int openViews;

  /** Whether there is no view because the whole store is being replaced. Guarded by this. */
  private boolean restoring;

  /** Backups that are being read: they hold a view for as long as their readers take. */
  private final Set<KvBackup> backups = ConcurrentHashMap.newKeySet();

  /** Takes over the store and closes it, at once if what is in it cannot be read. */
  MvccStore(OrderedStore store) {
    this.store = store;
    try (OrderedStore.Snapshot snapshot = store.snapshot()) {
      publish(
          StoreState.decode(snapshot.get(Layout.STATE_KEY)),
          AuthBatch.load(snapshot),
          AlarmBatch.load(snapshot));
    } catch (Throwable failure) {
      store.close();
      throw failure;
    }
  }

  /**
   * The state of the last batch, to be closed by the caller. Any thread.
   *
   * <p>While one is held the store is not closed under it: so whatever touches the engine from
   * another thread than the writer's holds one. While the store is being {@linkplain #restore
   * restored} this waits, and restoring waits for those who hold one: nobody may ask for a second.
   *
   * @throws IllegalStateException if the store has been closed
   */
  View view() {
    while (true) {
      View view = current;
      if (view == null) {
        awaitRestored();
      } else if (view.retain()) {
        return view;
      }
      // The writer has just replaced it.
    }
  }

  private synchronized void awaitRestored() {
    awaitThat(() -> !restoring);
    if (current == null) {
      throw new IllegalStateException("the store is closed");
    }
  }

  /** Numbers of the last batch. Any thread. */
  StoreState state() {
    try (View view = view()) {
      return view.state();
    }
  }

  /** As a crash at this moment would leave them. Any thread. */
  StoreState durableState() {
    return whileOpen(() -> StoreState.decode(store.getDurable(Layout.STATE_KEY)));
  }

  /**
   * Starts a batch. The writer's thread; nothing is committed while it is in use.
   *
   * @param collectsEvents whether it is to keep in mind what its writes do
   */
  MvccBatch newBatch(boolean collectsEvents) {
    View view = current;
    if (view == null) {
      throw new IllegalStateException("the store is closed");
    }
    return view.newBatch(collectsEvents);
  }

  /** Commits a batch and publishes its outcome. The writer's thread. */
  void commit(MvccBatch batch, long appliedIndex) {
    publish(batch.commit(store, appliedIndex), batch.auth().state(), batch.alarms().raised());
  }

  /** Holds on to the state as it is now. The writer's thread. */
  OrderedStore.Checkpoint checkpoint() {
    return store.checkpoint();
  }

  /** Begins to read everything there is now. Any thread. */
  KvBackup backup() {
    AtomicReference<KvBackup> self = new AtomicReference<>();
    View view = view();
    KvBackup backup;
    try {
      backup = new KvBackup(view, store.sizeInBytes(), () -> backups.remove(self.get()));
    } catch (Throwable failure) {
      view.close();
      throw failure;
    }
    self.set(backup);
    backups.add(backup);
    if (current == null) {
      // Whoever replaces or closes the store may not have seen it, and would wait for it.
      backup.close();
    }
    return backup;
  }

  /**
   * Replaces everything in the store. The writer's thread.
   *
   * @param appliedIndex what the applied index must then be
   * @throws IOException if that cannot be; nothing has changed
   * @throws StoreException if the engine failed; the store is closed
   */
  void restore(long appliedIndex, InputStream in) throws IOException {
    try (OrderedStore.Restoration restoration = store.restore(in)) {
      StoreState next = stateIn(restoration);
      if (next.appliedIndex() != appliedIndex) {
        throw new IOException(
            "the snapshot should end with entry "
                + appliedIndex
                + ", but ends with "
                + next.appliedIndex());
      }
      suspendReads();
      try {
        restoration.commit();
        publishRestored(next);
      } catch (Throwable failure) {
        // Neither the old contents nor the new can be relied on in this life of the process.
        store.close();
        throw failure;
      } finally {
        resumeReads();
      }
    }
  }

  /** Who may do what, as of the last batch. Any thread. */
  AuthState auth() {
    try (View view = view()) {
      return view.auth();
    }
  }

  /** The alarms that are raised, as of the last batch. Any thread. */
  NavigableSet<Alarm> alarms() {
    try (View view = view()) {
      return view.alarms();
    }
  }

  private static StoreState stateIn(OrderedStore.Restoration restoration) throws IOException {
    try {
      return StoreState.decode(restoration.get(Layout.STATE_KEY));
    } catch (StoreException unknown) {
      throw new IOException("the snapshot cannot be used: " + unknown.getMessage(), unknown);
    }
  }

  /** Lets nobody begin to read, and waits for those who do. */
  private void suspendReads() {
    View last = current;
    if (last == null) {
      throw new IllegalStateException("the store is closed");
    }
    synchronized (this) {
      restoring = true;
    }
    current = null;
    last.close();
    backups.forEach(KvBackup::close);
    store.stopReclaiming();
    awaitReaders();
  }

  private synchronized void resumeReads() {
    restoring = false;
    notifyAll();
  }

  /** Makes everything committed so far survive a crash. */
  void flush() {
    whileOpen(() -> {
      store.flush();
      return true;
    });
  }

  /** Gives back space that deleted data still takes up, without keeping anybody waiting. */
  void reclaim() {
    whileOpen(() -> {
      // Once there is no view that is current, somebody waits for this to return.
      store.reclaim(() -> current != null);
      return true;
    });
  }

  long sizeInBytes() {
    return whileOpen(() -> store.sizeInBytes());
  }

  Map<String, Long> metrics() {
    return whileOpen(() -> store.metrics());
  }

  private <T> T whileOpen(Supplier<T> action) {
    View held = view();
    try {
      return action.get();
    } finally {
      held.close();
    }
  }

  private void publishRestored(StoreState state) {
    try (OrderedStore.Snapshot snapshot = store.snapshot()) {
      publish(state, AuthBatch.load(snapshot), AlarmBatch.load(snapshot));
    }
  }

  private void publish(StoreState state, AuthState auth, NavigableSet<Alarm> alarms) {
    View replaced = current;
    current = new View(store.snapshot(), state, auth, alarms);
    if (replaced != null) {
      replaced.close();
    }
  }

  /** Waits for readers to finish, then closes the store. The writer's thread. Idempotent. */
  @Override
  public void close() {
    View last = current;
    if (last == null) {
      return;
    }
    current = null;
    last.close();
    backups.forEach(KvBackup::close);
    store.stopReclaiming();
    awaitReaders();
    store.close();
  }

  private synchronized void awaitReaders() {
    awaitThat(() -> openViews == 0);
  }

  /** Waits under the monitor. */
  private void awaitThat(BooleanSupplier condition) {
    boolean interrupted = false;
    while (!condition.getAsBoolean()) {
      try {
        wait();
      } catch (InterruptedException e) {
        // To go on would pull the engine's memory from under a reader.
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private synchronized void opened() {
    openViews++;
  }

  private synchronized void released() {
    openViews--;
    notifyAll();
  }

  /** The state between two entries of the log. Safe for several threads. */
  final class View implements AutoCloseable {
    private final OrderedStore.Snapshot snapshot;
    private final StoreState state;
    private final AuthState auth;
    private final NavigableSet<Alarm> alarms;

    /** Who uses this: the store while it is the current one, and every reader. */
    private final AtomicInteger holders = new AtomicInteger(1);

    private View(
        OrderedStore.Snapshot snapshot,
        StoreState state,
        AuthState auth,
        NavigableSet<Alarm> alarms) {
      this.snapshot = snapshot;
      this.state = state;
      this.auth = auth;
      this.alarms = alarms;
      opened();
    }

    StoreState state() {
      return state;
    }

    OrderedStore.Cursor cursor(byte[] from, byte[] to) {
      return snapshot.cursor(from, to);
    }

    AuthState auth() {
      return auth;
    }

    NavigableSet<Alarm> alarms() {
      return alarms;
    }

    /** Decides what callers may do with this state. */
    Authorizer authorizer() {
      return new Authorizer(auth, leases()::keys);
    }

    MvccReader reader() {
      return new MvccReader(snapshot);
    }

    LeaseReader leases() {
      return new LeaseReader(snapshot);
    }

    /** A batch on top of this state. For one thread. */
    MvccBatch newBatch(boolean collectsEvents) {
      return new MvccBatch(snapshot, state, auth, alarms, collectsEvents);
    }

    private boolean retain() {
      return holders.getAndUpdate(count -> count == 0 ? 0 : count + 1) > 0;
    }

    /** Gives back one hold; the last one releases the snapshot. */
    @Override
    public void close() {
      if (holders.decrementAndGet() == 0) {
        snapshot.close();
        released();
      }
    }
  }
}
