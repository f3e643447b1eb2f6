package dev.jangada.node.driver;

import dev.jangada.raft.Entry;
import dev.jangada.raft.Invariant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Committed entries on their way to the state machine, with those who wait for the results. */
public final class CommittedBatch {
  private final List<Entry> entries;

  /** For each entry the request that it came from, if it was made at this node; null if none. */
  private final @Nullable SubmitRequest @Nullable [] requests;

  CommittedBatch(List<Entry> entries, @Nullable SubmitRequest @Nullable [] requests) {
    this.entries = entries;
    this.requests = requests;
  }

  /** Contiguous with those of the batch before; at least one. */
  public List<Entry> entries() {
    return entries;
  }

  /** Index of the last entry. */
  public long lastIndex() {
    return entries.getLast().index();
  }

  /** Sum of the entries' weights. */
  public long weight() {
    long weight = 0;
    for (Entry entry : entries) {
      weight += entry.weight();
    }
    return weight;
  }

  /**
   * Gives each result to whoever submitted the command at this node. Called on whichever thread
   * applied the entries.
   *
   * @param results one for each entry, in order
   */
  public void complete(List<byte[]> results) {
    Invariant.check(
        results.size() == entries.size(),
        "the state machine returned %s results for the %s entries up to %s",
        results.size(),
        entries.size(),
        lastIndex());
    if (requests == null) {
      return;
    }
    for (int i = 0; i < requests.length; i++) {
      SubmitRequest request = requests[i];
      if (request != null) {
        request.outcome().applied(entries.get(i).index(), results.get(i));
      }
    }
  }

  /** Those who wait for the results, on the driver's thread only. */
  @Nullable SubmitRequest @Nullable [] requests() {
    return requests;
  }
}
