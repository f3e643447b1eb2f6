package dev.jangada.node.snapshot;

import dev.jangada.raft.EntryId;
import dev.jangada.raft.StateMachine;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Sends snapshots to followers whose next entry is not in the leader's log any more: to one at a
 * time, piece by piece, so few pieces at a time that everything else that goes to that follower
 * still gets through.
 *
 * <p>The first piece is sent alone: its acknowledgement says from where on the follower needs the
 * rest, which is not the beginning if it was interrupted. What gets lost is noticed by an
 * acknowledgement that repeats an earlier one, once, or by a standstill of an election timeout, and
 * everything after it is sent once more. A follower of which nothing is heard, or which does not
 * get on, is given up; the core asks again for one that is still there.
 *
 * <p>One picture of the state serves all followers that want one, as long as it is recent, and is
 * kept for a while after that. Were an old one sent as long as the log goes on from it, followers
 * that come one after the other would have the log kept from there on without end.
 *
 * <p>Deterministic, like the driver that it is a part of.
 */
final class SnapshotSender {

  /** After so many election timeouts without an answer a follower is given up. */
  private static final int SILENCE_TIMEOUTS = 5;

  /** After so many of them already, the log is no longer kept for its sake. */
  private static final int PATIENT_TIMEOUTS = 2;

  /** After so many election timeouts in which it got no further, a follower is given up, too. */
  private static final int STANDSTILL_TIMEOUTS = 60;

  /** So many election timeouts a picture is kept that nobody wants. */
  private static final int IDLE_TIMEOUTS = 20;

  /** What follows from events; nothing calls back. */
  interface Outlet {

    /** Asks for a picture of the state; {@link #captured} follows. */
    void capture();

    /** Asks for a piece of a picture; {@link #piece} follows. */
    void read(EntryId last, StateMachine.Snapshot snapshot, long offset, int length);

    /** Sends a piece. */
    void send(long peer, EntryId last, long total, long offset, byte[] data);

    /** A picture begins to be sent. */
    void sending(long peer, EntryId last, long total);

    /** A follower has the whole snapshot, or was given up. */
    void sent(long peer, EntryId last, boolean complete);

    /** Lets go of a picture, after what was asked for earlier. */
    void close(StateMachine.Snapshot snapshot);
  }

  private final SnapshotPolicy policy;
  private final int electionTimeoutTicks;
  private final LongSupplier base;
  private final LongSupplier recent;
  private final Outlet outlet;

  private long tick;

  /** Followers that wait for their turn. */
  private final Set<Long> wanting = new LinkedHashSet<>();

  private boolean capturing;
  private @Nullable Picture picture;
  private long pictureUsedAt;

  /** Whether the picture has begun to be sent to anybody. */
  private boolean pictureUsed;

  /** The follower that is sent a snapshot, 0 for none. */
  private long peer;

  /** The follower has everything before this offset. */
  private long acknowledged;

  /** Offset of what is to be sent next. */
  private long next;

  private boolean reading;

  /** Nothing was heard since the beginning, or for long: one piece at a time. */
  private boolean probing;

  /** Whether the piece at {@link #next} has been sent; matters for an empty snapshot only. */
  private boolean emptySent;

  private long heardAt;
  private long advancedAt;

  /** Where, and when, was last gone back to, to send it again. */
  private long resentFrom;

  private long resentAt;

  private record Picture(EntryId last, StateMachine.Snapshot snapshot) {}

  /**
   * Creates a sender.
   *
   * @param base says what the log has been cut up to
   * @param recent says from which entry on a picture is recent enough to be sent once more
   */
  SnapshotSender(
      SnapshotPolicy policy,
      int electionTimeoutTicks,
      LongSupplier base,
      LongSupplier recent,
      Outlet outlet) {
    this.policy = policy;
    this.electionTimeoutTicks = electionTimeoutTicks;
    this.base = base;
    this.recent = recent;
    this.outlet = outlet;
  }

  /** A follower needs a snapshot. */
  void wanted(long follower) {
    if (follower != peer) {
      wanting.add(follower);
      pump();
    }
  }

  /** This node leads no more, or in another term: nobody waits for its snapshots. */
  void leadershipChanged() {
    wanting.clear();
    peer = 0;
  }

  /** There is the picture that was asked for. */
  void captured(EntryId last, StateMachine.Snapshot snapshot) {
    capturing = false;
    Picture old = picture;
    if (old != null) {
      outlet.close(old.snapshot());
    }
    picture = new Picture(last, snapshot);
    pictureUsedAt = tick;
    pictureUsed = false;
    pump();
  }

  /** A piece has been read. */
  void piece(EntryId last, long offset, byte[] data) {
    reading = false;
    Picture sent = picture;
    if (peer != 0 && sent != null && sent.last().equals(last) && offset == next) {
      emptySent = true;
      next += data.length;
      outlet.send(peer, last, sent.snapshot().size(), offset, data);
    }
    pump();
  }

  /** A follower says that it has everything before an offset. */
  void acknowledged(long follower, EntryId last, long received) {
    Picture sent = picture;
    if (follower != peer
        || sent == null
        || !sent.last().equals(last)
        || received < 0
        || received > sent.snapshot().size()) {
      return;
    }
    heardAt = tick;
    boolean lostTrack = probing;
    probing = false;
    if (received == sent.snapshot().size()) {
      end(true);
    } else if (received > acknowledged) {
      acknowledged = received;
      next = Math.max(next, received);
      advancedAt = tick;
    } else if (lostTrack || (received == acknowledged && resentFrom != received)) {
      // A piece was lost. What is sent again is answered by repetitions, too: were each taken for a
      // loss, there would be no end of it. And only after a silence is an answer believed that
      // takes back an earlier one: the follower has been restarted.
      resend(received);
    }
    pump();
  }

  /** One unit of time has passed. */
  void tick() {
    tick++;
    if (peer == 0 || picture == null) {
      if (picture != null && tick - pictureUsedAt >= timeouts(IDLE_TIMEOUTS)) {
        outlet.close(picture.snapshot());
        picture = null;
      }
      return;
    }
    pictureUsedAt = tick;
    if (tick - heardAt >= timeouts(SILENCE_TIMEOUTS)
        || tick - advancedAt >= timeouts(STANDSTILL_TIMEOUTS)) {
      end(false);
      pump();
    } else if (!reading && tick - Math.max(advancedAt, resentAt) >= electionTimeoutTicks) {
      resend(acknowledged);
      probing = true;
      pump();
    }
  }

  /** How many ticks there are, the last one included, until one has consequences. */
  long ticksUntilDue() {
    if (picture == null) {
      return Long.MAX_VALUE;
    }
    long due = pictureUsedAt + timeouts(IDLE_TIMEOUTS);
    if (peer != 0) {
      due =
          Math.min(
              heardAt + timeouts(SILENCE_TIMEOUTS), advancedAt + timeouts(STANDSTILL_TIMEOUTS));
      due = Math.min(due, Math.max(advancedAt, resentAt) + electionTimeoutTicks);
    }
    return Math.max(1, due - tick);
  }

  private void resend(long from) {
    acknowledged = from;
    next = from;
    resentFrom = from;
    resentAt = tick;
    emptySent = false;
  }

  private long timeouts(int count) {
    return (long) count * electionTimeoutTicks;
  }

  private void end(boolean complete) {
    Picture sent = picture;
    long follower = peer;
    peer = 0;
    if (sent != null) {
      outlet.sent(follower, sent.last(), complete);
    }
  }

  /** Does what can be done now. */
  private void pump() {
    if (peer == 0 && !begin()) {
      return;
    }
    Picture sent = picture;
    if (sent == null || reading) {
      return;
    }
    long total = sent.snapshot().size();
    long window = (probing ? 1 : policy.windowChunks()) * (long) policy.chunkBytes();
    if (next - acknowledged < window && (next < total || (total == 0 && !emptySent))) {
      reading = true;
      int length = (int) Math.min(policy.chunkBytes(), total - next);
      outlet.read(sent.last(), sent.snapshot(), next, length);
    }
  }

  /** Turns to the next follower that wants a snapshot. False if there is none, or no picture. */
  private boolean begin() {
    if (wanting.isEmpty() || capturing) {
      return false;
    }
    Picture present = picture;
    if (present == null
        || present.last().index() < base.getAsLong()
        || (pictureUsed && present.last().index() < recent.getAsLong())) {
      capturing = true;
      outlet.capture();
      return false;
    }
    long follower = wanting.iterator().next();
    wanting.remove(follower);
    peer = follower;
    pictureUsed = true;
    acknowledged = 0;
    next = 0;
    probing = true;
    emptySent = false;
    heardAt = tick;
    advancedAt = tick;
    resentFrom = -1;
    resentAt = tick;
    outlet.sending(follower, present.last(), present.snapshot().size());
    return true;
  }

  /**
   * Index from which on the log must be kept for the followers' sake; MAX_VALUE if for nobody's. A
   * follower that does not answer may be away for long, while the log would grow. Should it come
   * back, what it is being sent still brings it closer, and the next snapshot finds the log kept.
   */
  long needed() {
    Picture sent = picture;
    if (sent == null || (peer == 0 && wanting.isEmpty())) {
      return Long.MAX_VALUE;
    }
    boolean isSilent = peer != 0 && tick - heardAt >= timeouts(PATIENT_TIMEOUTS);
    boolean isTooLate = sent.last().index() < base.getAsLong();
    return isSilent || isTooLate ? Long.MAX_VALUE : sent.last().index();
  }

  /** Lets go of the picture, for good. */
  void close() {
    Picture held = picture;
    picture = null;
    peer = 0;
    wanting.clear();
    if (held != null) {
      outlet.close(held.snapshot());
    }
  }
}
