package dev.jangada.kv;

import dev.jangada.kv.auth.AuthState;
import dev.jangada.kv.backup.BackupInfo;
import dev.jangada.kv.backup.BackupReader;
import dev.jangada.kv.bytes.Bytes;
import dev.jangada.kv.bytes.MalformedEncodingException;
import dev.jangada.kv.command.Alarm;
import dev.jangada.kv.command.AuthenticatedRequest;
import dev.jangada.kv.command.Caller;
import dev.jangada.kv.command.Command;
import dev.jangada.kv.command.CommandCodec;
import dev.jangada.kv.command.CompactRequest;
import dev.jangada.kv.command.CompactResponse;
import dev.jangada.kv.command.Failure;
import dev.jangada.kv.command.HashResult;
import dev.jangada.kv.command.KvError;
import dev.jangada.kv.command.KvHash;
import dev.jangada.kv.command.MemberAttributes;
import dev.jangada.kv.command.RangeRequest;
import dev.jangada.kv.command.RangeResult;
import dev.jangada.kv.command.Result;
import dev.jangada.kv.command.ResultCodec;
import dev.jangada.kv.command.TxnRequest;
import dev.jangada.kv.store.OrderedStore;
import dev.jangada.raft.Entry;
import dev.jangada.raft.EntryType;
import dev.jangada.raft.Invariant;
import dev.jangada.raft.StateMachine;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The replicated key-value store.
 *
 * <p>Entries of the log hold a {@link Command} each, as encoded by {@link CommandCodec}; what
 * {@link #apply} answers for them is a {@link Result}, as encoded by {@link ResultCodec}. A run of
 * entries is applied in one batch of the store, together with the index of the last one: a crash
 * keeps both or neither, and applying again what it lost gives the same state.
 *
 * <p>Reading takes no entry: it is done by any thread, while entries are applied, on the state
 * after some entry, the last one whose {@link #apply} has returned or a later one. Whether that is
 * recent enough is up to the caller. The revision in the answer is the one of the state read.
 *
 * <p>Reads throw {@link IllegalStateException} once this is closed, and {@link
 * dev.jangada.kv.store.StoreException} where the store fails.
 */
public final class KvStateMachine implements StateMachine {

  private static final Logger LOG = LoggerFactory.getLogger(KvStateMachine.class);

  private static final byte[] NO_RESULT = new byte[0];

  /**
   * What a batch removes of what compaction gave up: this many versions, and twice as many as it
   * writes. So removal catches up however fast writing is, and a write that comes alone is held up
   * by a fraction of a millisecond.
   */
  private static final long REMOVALS_PER_BATCH = 128;

  /** The same where a client waits for all of it to be removed. */
  private static final long REMOVALS_PER_BATCH_OF_THEIR_OWN = 4_096;

  /**
   * A batch that weighs this part of what a command may take is committed before the next entry is
   * applied, so that many large deletions in a row do not add up.
   */
  private static final int BATCH_DIVISOR = 4;

  private final MvccStore store;

  /** Held by whoever changes the store: the thread that applies, or one that reclaims space. */
  private final Object writing = new Object();

  /** Nobody begins to change the store any more. */
  private volatile boolean closing;

  private final long maxCommandBytes;
  private final AtomicLong malformedEntries = new AtomicLong();
  private volatile @Nullable EventListener eventListener;

  /**
   * Goes on from what is in a store.
   *
   * @param store taken over: closed with this, and if this fails
   * @throws dev.jangada.kv.store.StoreException if it was written by a version that is not known
   */
  public KvStateMachine(OrderedStore store) {
    this(store, WorkLimit.DEFAULT_BYTES);
  }

  /**
   * The same with another limit, which all members would have to have.
   *
   * @param maxCommandBytes how much memory a command may take, see {@link WorkLimit}
   */
  KvStateMachine(OrderedStore store, long maxCommandBytes) {
    this.store = new MvccStore(store);
    this.maxCommandBytes = maxCommandBytes;
  }

  @Override
  public long appliedIndex() {
    return store.state().appliedIndex();
  }

  /**
   * What {@link #appliedIndex} would be after a crash at this moment: entries up to it are not
   * needed any more to build the state. Any thread.
   */
  public long durableAppliedIndex() {
    return store.durableState().appliedIndex();
  }

  @Override
  public long durableIndex() {
    return durableAppliedIndex();
  }

  @Override
  public boolean supportsSnapshots() {
    return true;
  }

  @Override
  public Snapshot snapshot() {
    synchronized (writing) {
      return new KvSnapshot(appliedIndex(), store.checkpoint());
    }
  }

  /**
   * {@inheritDoc} Reads wait while the state is exchanged, not while the snapshot is read.
   *
   * @throws dev.jangada.kv.store.StoreException if the store failed; the machine is closed
   */
  @Override
  public void restore(long index, InputStream in) throws IOException {
    synchronized (writing) {
      store.restore(index, in);
    }
    EventListener listener = eventListener;
    if (listener != null) {
      listener.restored(revision());
      listener.accessChanged();
    }
  }

  private record KvSnapshot(long index, OrderedStore.Checkpoint checkpoint) implements Snapshot {

    @Override
    public long size() {
      return checkpoint.size();
    }

    @Override
    public InputStream open() throws IOException {
      return checkpoint.open();
    }

    @Override
    public void close() {
      checkpoint.close();
    }
  }

  @Override
  public List<byte[]> apply(List<Entry> entries) {
    List<byte[]> results = new ArrayList<>(entries.size());
    synchronized (writing) {
      while (results.size() < entries.size()) {
        applyBatch(entries.subList(results.size(), entries.size()), results);
      }
    }
    return results;
  }

  /**
   * Applies some entries in one batch: all of them, unless they change very much.
   *
   * @param results gets one for each entry that was applied
   */
  private void applyBatch(List<Entry> entries, List<byte[]> results) {
    long expectedIndex = appliedIndex() + 1;
    EventListener listener = eventListener;
    MvccBatch batch = store.newBatch(listener != null);
    long authRevision = batch.auth().state().revision();
    NavigableSet<Alarm> alarms = batch.alarms().raised();
    CommandExecutor executor = new CommandExecutor(batch, maxCommandBytes);
    boolean removeAll = false;
    for (Entry entry : entries) {
      if (batch.weight() > maxCommandBytes / BATCH_DIVISOR) {
        break;
      }
      Invariant.check(
          entry.index() == expectedIndex,
          "entry %s is applied where %d is due",
          entry,
          expectedIndex);
      expectedIndex++;
      if (entry.type() != EntryType.COMMAND) {
        results.add(NO_RESULT);
        continue;
      }
      Result result;
      try {
        Command command = CommandCodec.decode(entry.data());
        result = executor.execute(command, entry.term());
        removeAll |=
            result instanceof CompactResponse
                && AuthenticatedRequest.bare(command) instanceof CompactRequest compact
                && compact.physical();
      } catch (MalformedEncodingException e) {
        malformedEntries.incrementAndGet();
        LOG.warn("entry {} holds no command: {}", entry, e.getMessage());
        result = new Failure(KvError.MALFORMED_COMMAND);
      }
      results.add(ResultCodec.encode(result));
    }
    batch.removeLeftovers(REMOVALS_PER_BATCH + 2 * batch.writes());
    store.commit(batch, expectedIndex - 1);
    logAlarms(alarms, batch.alarms().raised());
    if (listener != null) {
      listener.committed(batch.revision(), batch.events());
      if (batch.auth().state().revision() != authRevision) {
        listener.accessChanged();
      }
    }
    if (removeAll) {
      removeAllLeftovers();
    }
  }

  private static void logAlarms(NavigableSet<Alarm> before, NavigableSet<Alarm> after) {
    if (before.isEmpty() && after.isEmpty()) {
      return;
    }
    for (Alarm alarm : after) {
      if (!before.contains(alarm)) {
        LOG.warn("alarm raised: type={} member={}", alarm.type(), hex(alarm.member()));
      }
    }
    for (Alarm alarm : before) {
      if (!after.contains(alarm)) {
        LOG.info("alarm ended: type={} member={}", alarm.type(), hex(alarm.member()));
      }
    }
  }

  private static String hex(long member) {
    return Long.toHexString(member);
  }

  private void removeAllLeftovers() {
    while (removeLeftovers()) {
      // In batches of their own, so that memory stays bounded.
    }
  }

  /** Removes some of what compaction gave up; false if there is nothing left, or no time. */
  private boolean removeLeftovers() {
    synchronized (writing) {
      if (closing || store.state().removedRevision() >= store.state().compactedRevision()) {
        return false;
      }
      MvccBatch batch = store.newBatch(false);
      batch.removeLeftovers(REMOVALS_PER_BATCH_OF_THEIR_OWN);
      store.commit(batch, appliedIndex());
      return true;
    }
  }

  /** Reads a range, for whoever holds this machine: nobody is asked for permission. Any thread. */
  public RangeResult range(RangeRequest request) {
    try (MvccStore.View view = store.view()) {
      return range(view, request, ReadBudget.UNLIMITED);
    }
  }

  /**
   * The same for a caller who may not be allowed to.
   *
   * @param caller null for one who has not said who he is
   */
  public RangeResult range(RangeRequest request, @Nullable Caller caller) {
    return range(request, caller, ReadBudget.UNLIMITED);
  }

  /**
   * Reads a range if the caller may read it, by the permissions of the state that is read. Any
   * thread.
   *
   * @param caller null for one who has not said who he is
   * @param budget what the answer's memory is taken from; if there is not enough, {@link
   *     KvError#TOO_MUCH_AT_ONCE} is the answer, and what was taken is for the caller to give back
   */
  public RangeResult range(RangeRequest request, @Nullable Caller caller, ReadBudget budget) {
    try (MvccStore.View view = store.view()) {
      Optional<KvError> refusal = view.authorizer().checkOperation(caller, request);
      return refusal.isPresent() ? new Failure(refusal.get()) : range(view, request, budget);
    }
  }

  private static RangeResult range(MvccStore.View view, RangeRequest request, ReadBudget budget) {
    StoreState state = view.state();
    Optional<KvError> error =
        RangeReader.checkRevision(request.revision(), state.revision(), state.compactedRevision());
    return error.isPresent()
        ? new Failure(error.get())
        : RangeReader.read(view.reader(), request, state.revision(), budget);
  }

  /**
   * Carries out a transaction that changes nothing, if the caller may do what is in it. Any thread.
   *
   * @param caller null for one who has not said who he is
   * @param budget as for {@link #range(RangeRequest, Caller, ReadBudget)}
   * @throws IllegalArgumentException unless the transaction {@link TxnRequest#isReadOnly}
   */
  public Result read(TxnRequest request, @Nullable Caller caller, ReadBudget budget) {
    requireReadOnly(request);
    try (MvccStore.View view = store.view()) {
      Optional<KvError> refusal = view.authorizer().checkOperation(caller, request);
      return refusal.isPresent()
          ? new Failure(refusal.get())
          : new CommandExecutor(view.newBatch(false), maxCommandBytes).read(request, budget);
    }
  }

  private static void requireReadOnly(TxnRequest request) {
    if (!request.isReadOnly()) {
      throw new IllegalArgumentException("a transaction that may write has to go through the log");
    }
  }

  /** The alarms that are raised, as of the last entries applied. Not to be modified. Any thread. */
  public NavigableSet<Alarm> alarms() {
    return store.alarms();
  }

  /** Who may do what, as of the last entries applied. Any thread. */
  public AuthState auth() {
    return store.auth();
  }

  /**
   * Carries out a transaction that changes nothing, for whoever holds this machine. Any thread.
   *
   * @throws IllegalArgumentException unless the transaction {@link TxnRequest#isReadOnly}
   */
  public Result read(TxnRequest request) {
    requireReadOnly(request);
    try (MvccStore.View view = store.view()) {
      return new CommandExecutor(view.newBatch(false), maxCommandBytes)
          .read(request, ReadBudget.UNLIMITED);
    }
  }

  /**
   * Has somebody told what happens to keys from now on. Only one can be told; to be called before
   * the first entry is applied, so that nothing is missed.
   */
  public void listen(EventListener listener) {
    eventListener = listener;
  }

  /**
   * Reads what revisions did to some keys, from a given one on. Any thread.
   *
   * @param keys which keys are of interest
   * @param from the first revision of interest, at least 1
   * @param maxLooked stop after looking at about so many events, whole revisions and one at least
   * @param maxBytes stop when the events found weigh this much, at the end of a revision
   */
  public EventPage events(Predicate<Bytes> keys, long from, int maxLooked, long maxBytes) {
    try (MvccStore.View view = store.view()) {
      StoreState state = view.state();
      if (from < state.compactedRevision()) {
        return new EventPage(List.of(), from, state.compactedRevision());
      }
      return view.reader().events(keys, from, state, maxLooked, maxBytes);
    }
  }

  /** What members have published of themselves, in the order of their unsigned ids. Any thread. */
  public List<MemberAttributes> members() {
    try (MvccStore.View view = store.view()) {
      return view.reader().members();
    }
  }

  /**
   * A lease as it is now. Any thread.
   *
   * @param withKeys whether the keys attached to it are wanted
   * @return null if there is no such lease
   */
  public @Nullable LeaseStatus lease(long id, boolean withKeys) {
    try (MvccStore.View view = store.view()) {
      LeaseReader reader = view.leases();
      Lease lease = reader.get(id);
      return lease == null
          ? null
          : new LeaseStatus(
              id,
              lease.ttlSeconds(),
              lease.remainingSeconds(view.state().leases().clockMillis()),
              withKeys ? reader.keys(id) : List.of());
    }
  }

  /** The ids of all leases, in the order of unsigned numbers. Any thread. */
  public List<Long> leases() {
    try (MvccStore.View view = store.view()) {
      return view.leases().ids();
    }
  }

  /** How far the clock of the leases has come. Any thread. */
  public LeaseClock leaseClock() {
    LeaseState leases = store.state().leases();
    return new LeaseClock(leases.clockMillis(), leases.count());
  }

  /** Begins to read everything in the store, as it is now, into a backup. Any thread. */
  public KvBackup backup() {
    return store.backup();
  }

  /**
   * Fills an empty store from a backup, durably. A state machine on it then goes on after {@link
   * BackupInfo#appliedIndex}, in a cluster whose log begins there.
   *
   * @param store nothing is in it; not closed
   * @throws IOException if the backup cannot be read or is damaged; the store is of no use then
   */
  public static BackupInfo restore(BackupReader backup, OrderedStore store) throws IOException {
    return BackupRestorer.restore(backup, store);
  }

  /** The current revision; 1 in an empty store. Any thread. */
  public long revision() {
    return store.state().revision();
  }

  /** The compacted revision; 0 if there was no compaction. Any thread. */
  public long compactedRevision() {
    return store.state().compactedRevision();
  }

  /**
   * Hashes all versions that can be read up to a revision. Reads the whole store, on the caller's
   * thread. Any thread.
   *
   * @param revision the revision; 0 or less for the current one. Refused if it is above the current
   *     one, or not above the compacted one
   */
  public HashResult hash(long revision) {
    try (MvccStore.View view = store.view()) {
      StoreState state = view.state();
      if (revision > state.revision()) {
        return new Failure(KvError.FUTURE_REVISION);
      }
      if (revision > 0 && revision <= state.compactedRevision()) {
        return new Failure(KvError.COMPACTED);
      }
      long upTo = revision <= 0 ? state.revision() : revision;
      return new KvHash(
          view.reader().hash(state.compactedRevision(), upTo),
          upTo,
          state.compactedRevision(),
          state.revision());
    }
  }

  /**
   * Makes everything applied so far survive a crash, so that {@link #durableAppliedIndex} is what
   * {@link #appliedIndex} was, at least. Waits for the disk. Any thread, not after {@link #close}.
   */
  @Override
  public void flush() {
    store.flush();
  }

  /**
   * Gives back now the space that deleted data still takes up, which otherwise happens by itself
   * over time. Returns when it is done, which may take long, or when the store is replaced or
   * closed. Nothing waits for it. Any thread.
   */
  public void reclaim() {
    // Otherwise that is done with what is written, and while there is no space nothing is.
    removeAllLeftovers();
    store.reclaim();
  }

  /** Bytes that the store takes up, on disk and in buffers: about. Any thread. */
  public long sizeInBytes() {
    return store.sizeInBytes();
  }

  /** Number of entries refused, since the start, because they held no command. Any thread. */
  public long malformedEntries() {
    return malformedEntries.get();
  }

  /** Figures for monitoring, by name, sorted. Any thread. */
  public Map<String, Long> metrics() {
    Map<String, Long> metrics = new TreeMap<>(store.metrics());
    StoreState state = store.state();
    metrics.put("revision", state.revision());
    metrics.put("compacted_revision", state.compactedRevision());
    metrics.put("removed_revision", state.removedRevision());
    metrics.put("malformed_entries", malformedEntries());
    metrics.put("leases", state.leases().count());
    return metrics;
  }

  /** Waits for reads, and for a change, under way, and closes the store. */
  @Override
  public void close() {
    closing = true;
    // Whoever reclaims space may be changing it. The engine's memory must not go from under that.
    synchronized (writing) {
      store.close();
    }
  }
}
