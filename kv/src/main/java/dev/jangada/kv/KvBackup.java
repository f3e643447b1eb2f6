package dev.jangada.kv;

import dev.jangada.kv.backup.BackupWriter;
import dev.jangada.kv.store.OrderedStore;
import org.jspecify.annotations.Nullable;

/**
 * A backup of the store that is being read: the state between two entries of the log, as it was
 * when {@link KvStateMachine#backup} was called, whatever is written since. The bytes are described
 * at {@link BackupWriter}.
 *
 * <p>While one is open the store keeps what is superseded since. It ends early, with {@link
 * IllegalStateException}, when the whole store is replaced by a snapshot from another node, or
 * closed.
 *
 * <p>For any thread; to be closed.
 */
public final class KvBackup implements AutoCloseable {

  private final MvccStore.View view;
  private final OrderedStore.Cursor cursor;
  private final BackupWriter writer;
  private final Runnable onClose;
  private final long estimatedBytes;
  private boolean closed;

  KvBackup(MvccStore.View view, long estimatedBytes, Runnable onClose) {
    this.view = view;
    this.estimatedBytes = estimatedBytes;
    this.onClose = onClose;
    StoreState state = view.state();
    cursor = view.cursor(Layout.START, Layout.END);
    writer = new BackupWriter(cursor, state.appliedIndex(), state.revision());
  }

  /** The revision that it is of. */
  public long revision() {
    return view.state().revision();
  }

  /** How long it may be: about. Only the end says how long it is. */
  public long estimatedBytes() {
    return estimatedBytes;
  }

  /**
   * The bytes that come next, at most about 64 KiB and one value; null at the end. May wait for the
   * disk.
   *
   * @throws IllegalStateException if it was closed
   */
  public synchronized byte @Nullable [] next() {
    if (closed) {
      throw new IllegalStateException("the backup was closed, or the store was under it");
    }
    return writer.next();
  }

  /** Lets go of the state. Idempotent. */
  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      cursor.close();
      view.close();
      onClose.run();
    }
  }
}
