package dev.jangada.node.snapshot;

import dev.jangada.raft.EntryId;
import dev.jangada.raft.SnapshotMetadata;
import org.jspecify.annotations.Nullable;

/**
 * Puts together the snapshot that the leader sends, out of pieces that may get lost, come twice or
 * out of order: a piece that does not continue what is there is answered with the offset at which
 * it goes on. What was received is kept if the leader falls silent, and continued when the same
 * snapshot comes again.
 *
 * <p>Deterministic, like the driver that it is a part of.
 */
final class SnapshotReceiver {

  /** What follows from events; nothing calls back. */
  interface Outlet {

    /** Stores a piece; {@link #written} or {@link #stored} follows. */
    void write(SnapshotMetadata snapshot, long total, long offset, byte[] data);

    /** Tells the sender that everything before an offset is there. */
    void acknowledge(long sender, EntryId last, long received);
  }

  private final Outlet outlet;

  /** Who sends it, and the term that it leads. */
  private long sender;

  private long term;

  /** The snapshot that is coming in, or came in last. */
  private EntryId last = EntryId.NONE;

  private long total;

  /** Everything before this offset has been given away to be stored. */
  private long taken;

  /**
   * Everything before this offset has been stored. Only this is acknowledged: a sender keeps so
   * much on its way and no more, which is all that waits here for a disk that stands still.
   */
  private long stored;

  private boolean complete;

  /**
   * How many pieces were given away to be stored and are not, and how many of an earlier attempt.
   */
  private int unstored;

  private int unstoredOfEarlier;

  /** A snapshot that waits to be, or is being, restored. */
  private @Nullable EntryId installing;

  SnapshotReceiver(Outlet outlet) {
    this.outlet = outlet;
  }

  /**
   * A piece has arrived of a snapshot that this node has use for. What another leader has sent of a
   * snapshot of the same state is not gone on with: nothing says that two machines put the same
   * state into the same bytes, or one machine before and after a restart, and the pieces of the one
   * and of the other together would be neither.
   */
  void piece(long from, long inTerm, SnapshotMetadata of, long ofTotal, long offset, byte[] data) {
    EntryId ofLast = of.last();
    if (offset < 0 || data.length > ofTotal - offset || installing != null) {
      return;
    }
    if (from != sender || inTerm != term || !ofLast.equals(last) || ofTotal != total) {
      if (offset != 0) {
        outlet.acknowledge(from, ofLast, 0);
        return;
      }
      if (unstoredOfEarlier > 0) {
        // A disk that stands still while leaders come and go would be given ever more to do.
        return;
      }
      unstoredOfEarlier = unstored;
      sender = from;
      term = inTerm;
      begin(ofLast, ofTotal);
    }
    boolean open = taken < total || (total == 0 && !complete);
    if (open && offset == taken && (data.length > 0 || total == 0)) {
      taken += data.length;
      complete = taken == total;
      unstored++;
      outlet.write(of, total, offset, data);
    } else if (taken < total) {
      outlet.acknowledge(from, last, stored);
    }
    // Everything is there but not yet durable: the answer follows when it is.
  }

  private void begin(EntryId newLast, long newTotal) {
    last = newLast;
    total = newTotal;
    taken = 0;
    stored = 0;
    complete = false;
  }

  /** A snapshot is stored up to an offset: one piece more. */
  void written(EntryId ofLast, long received) {
    boolean isOfEarlier = unstoredOfEarlier > 0;
    countStored();
    if (!isOfEarlier && ofLast.equals(last)) {
      stored = received;
      outlet.acknowledge(sender, last, stored);
    }
  }

  private void countStored() {
    unstored--;
    unstoredOfEarlier = Math.max(0, unstoredOfEarlier - 1);
  }

  /** The whole snapshot is durable, its last piece included. */
  void stored(EntryId ofLast) {
    countStored();
    if (ofLast.equals(last)) {
      outlet.acknowledge(sender, last, total);
      begin(EntryId.NONE, 0);
    }
  }

  /** Takes nothing in any more, because a snapshot is going to be restored. */
  void installing(EntryId which) {
    installing = which;
  }

  /** Is ready for the next one. */
  void installed() {
    installing = null;
    begin(EntryId.NONE, 0);
  }
}
