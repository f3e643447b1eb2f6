package dev.jangada.kv.command;

import dev.jangada.kv.bytes.Bytes;
import dev.jangada.kv.bytes.Coded;

/**
 * Asks for the keys of a range, at one revision.
 *
 * <p>The four revision bounds leave keys out of the answer but not out of its count; 0 sets no
 * bound. Sorting comes before the limit.
 *
 * @param key first key, see {@link KeyRange}
 * @param rangeEnd end of the range; empty for a single key
 * @param limit most keys to return; 0 or less for all
 * @param revision the revision to read at; 0 or less for the current one
 * @param sortOrder order of the answer; {@link SortOrder#NONE} is ascending by the target
 * @param sortTarget what to sort by; equal ones are in key order
 * @param keysOnly leave out the values
 * @param countOnly return the count only
 * @param minModRevision lowest mod revision wanted
 * @param maxModRevision highest mod revision wanted
 * @param minCreateRevision lowest create revision wanted
 * @param maxCreateRevision highest create revision wanted
 */
public record RangeRequest(
    Bytes key,
    Bytes rangeEnd,
    long limit,
    long revision,
    SortOrder sortOrder,
    SortTarget sortTarget,
    boolean keysOnly,
    boolean countOnly,
    long minModRevision,
    long maxModRevision,
    long minCreateRevision,
    long maxCreateRevision)
    implements Operation {

  /** Direction of sorting. */
  public enum SortOrder implements Coded {
    NONE(0),
    ASCEND(1),
    DESCEND(2);

    private final int code;

    SortOrder(int code) {
      this.code = code;
    }

    @Override
    public int code() {
      return code;
    }
  }

  /** What to sort by. */
  public enum SortTarget implements Coded {
    KEY(0),
    VERSION(1),
    CREATE(2),
    MOD(3),
    VALUE(4);

    private final int code;

    SortTarget(int code) {
      this.code = code;
    }

    @Override
    public int code() {
      return code;
    }
  }

  /** One key, now. */
  public static RangeRequest of(Bytes key) {
    return builder(key).build();
  }

  /** All keys of a range, now. */
  public static RangeRequest of(Bytes key, Bytes rangeEnd) {
    return builder(key).rangeEnd(rangeEnd).build();
  }

  /** Starts from a request for one key, now. */
  public static Builder builder(Bytes key) {
    return new Builder(key);
  }

  /** The keys asked for. */
  public KeyRange keys() {
    return KeyRange.of(key, rangeEnd);
  }

  @Override
  public boolean isReadOnly() {
    return true;
  }

  /** Whether a key with these revisions passes the four bounds. */
  public boolean accepts(long modRevision, long createRevision) {
    return (minModRevision == 0 || modRevision >= minModRevision)
        && (maxModRevision == 0 || modRevision <= maxModRevision)
        && (minCreateRevision == 0 || createRevision >= minCreateRevision)
        && (maxCreateRevision == 0 || createRevision <= maxCreateRevision);
  }

  /** Sets one component after the other. For one thread. */
  public static final class Builder {
    private final Bytes key;
    private Bytes rangeEnd = Bytes.EMPTY;
    private long limit;
    private long revision;
    private SortOrder sortOrder = SortOrder.NONE;
    private SortTarget sortTarget = SortTarget.KEY;
    private boolean keysOnly;
    private boolean countOnly;
    private long minModRevision;
    private long maxModRevision;
    private long minCreateRevision;
    private long maxCreateRevision;

    private Builder(Bytes key) {
      this.key = key;
    }

    public Builder rangeEnd(Bytes rangeEnd) {
      this.rangeEnd = rangeEnd;
      return this;
    }

    public Builder limit(long limit) {
      this.limit = limit;
      return this;
    }

    public Builder revision(long revision) {
      this.revision = revision;
      return this;
    }

    public Builder sort(SortOrder order, SortTarget target) {
      this.sortOrder = order;
      this.sortTarget = target;
      return this;
    }

    public Builder keysOnly(boolean keysOnly) {
      this.keysOnly = keysOnly;
      return this;
    }

    public Builder countOnly(boolean countOnly) {
      this.countOnly = countOnly;
      return this;
    }

    public Builder modRevisions(long min, long max) {
      this.minModRevision = min;
      this.maxModRevision = max;
      return this;
    }

    public Builder createRevisions(long min, long max) {
      this.minCreateRevision = min;
      this.maxCreateRevision = max;
      return this;
    }

    public RangeRequest build() {
      return new RangeRequest(
          key,
          rangeEnd,
          limit,
          revision,
          sortOrder,
          sortTarget,
          keysOnly,
          countOnly,
          minModRevision,
          maxModRevision,
          minCreateRevision,
          maxCreateRevision);
    }
  }
}
