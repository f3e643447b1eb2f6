package dev.jangada.kv;

import dev.jangada.kv.store.OrderedStore;
import dev.jangada.raft.Entry;
import dev.jangada.raft.StateMachine;
import java.util.List;

/** The replicated key-value store. */
@SuppressWarnings("DoNotCallSuggester") // until the methods follow
public final class KvStateMachine implements StateMachine {

  private final OrderedStore store;

  public KvStateMachine(OrderedStore store) {
    this.store = store;
  }

  @Override
  public long appliedIndex() {
    throw new UnsupportedOperationException();
  }

  /** As {@link #appliedIndex}, but of what a crash at this moment would leave. */
  public long durableAppliedIndex() {
    throw new UnsupportedOperationException();
  }

  @Override
  public List<byte[]> apply(List<Entry> entries) {
    throw new UnsupportedOperationException();
  }

  /** Reads a range. Any thread. */
  public RangeResult range(RangeRequest request) {
    throw new UnsupportedOperationException();
  }

  /** Carries out a transaction that is {@link TxnRequest#isReadOnly}. Any thread. */
  public Result read(TxnRequest request) {
    throw new UnsupportedOperationException();
  }

  /** The current revision, 1 in an empty store. Any thread. */
  public long revision() {
    throw new UnsupportedOperationException();
  }

  /** The compacted revision; 0 if there was no compaction. Any thread. */
  public long compactedRevision() {
    throw new UnsupportedOperationException();
  }

  /** Hashes all versions up to a revision; 0 for the current one. Any thread. */
  public HashResult hash(long revision) {
    throw new UnsupportedOperationException();
  }

  /** Bytes that the store takes up, about. Any thread. */
  public long sizeInBytes() {
    return store.sizeInBytes();
  }

  /** Number of entries refused because they held no command. Any thread. */
  public long malformedEntries() {
    throw new UnsupportedOperationException();
  }

  @Override
  public void close() {
    store.close();
  }
}
