package dev.jangada.kv.command;

import java.util.List;

/**
 * Answer to a {@link RangeRequest}.
 *
 * @param revision the current revision, also where an older one was read
 * @param keyValues the keys, in the order asked for
 * @param more whether the limit left any out
 * @param count how many keys are in the range at the revision read, whatever the limit and the
 *     revision bounds
 */
public record RangeResponse(long revision, List<KeyValue> keyValues, boolean more, long count)
    implements Response, RangeResult {

  public RangeResponse {
    keyValues = List.copyOf(keyValues);
  }
}
