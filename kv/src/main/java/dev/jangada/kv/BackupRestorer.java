package dev.jangada.kv;

import dev.jangada.kv.backup.BackupInfo;
import dev.jangada.kv.backup.BackupReader;
import dev.jangada.kv.store.OrderedStore;
import java.io.IOException;

/** Writes the records of a backup into a store, in batches. */
final class BackupRestorer implements BackupReader.Receiver {

  private static final int BATCH_BYTES = 4 << 20;

  private final OrderedStore store;
  private OrderedStore.Batch batch;
  private long batchBytes;

  private BackupRestorer(OrderedStore store) {
    this.store = store;
    this.batch = store.newBatch();
  }

  static BackupInfo restore(BackupReader backup, OrderedStore store) throws IOException {
    BackupRestorer restorer = new BackupRestorer(store);
    try {
      BackupInfo info = backup.readTo(restorer);
      restorer.commit();
      checkState(info, store);
      store.flush();
      return info;
    } finally {
      restorer.batch.close();
    }
  }

  /** The store says itself what it is of, and must say the same. */
  private static void checkState(BackupInfo info, OrderedStore store) throws IOException {
    StoreState state;
    try (OrderedStore.Snapshot snapshot = store.snapshot()) {
      state = StoreState.decode(snapshot.get(Layout.STATE_KEY));
    }
    if (state.appliedIndex() != info.appliedIndex() || state.revision() != info.revision()) {
      throw new IOException(
          "the backup is of revision %d after entry %d, but what is in it of revision %d after %d"
              .formatted(
                  info.revision(), info.appliedIndex(), state.revision(), state.appliedIndex()));
    }
  }

  @Override
  public void record(byte[] key, byte[] value) {
    if (Layout.isMemberKey(key) || Layout.isAlarmKey(key)) {
      // The members of the cluster that was are not those of the one that will be, nor are their
      // alarms.
      return;
    }
    batch.put(key, value);
    batchBytes += key.length + value.length;
    if (batchBytes >= BATCH_BYTES) {
      commit();
      batch = store.newBatch();
    }
  }

  private void commit() {
    batch.commit();
    batch.close();
    batchBytes = 0;
  }
}
