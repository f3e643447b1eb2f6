package dev.jangada.kv.command;

import java.util.List;

/**
 * Answer to a {@link DeleteRangeRequest}.
 *
 * @param revision the revision the delete made; the current one if it deleted nothing
 * @param deleted number of keys deleted
 * @param prevKvs what was deleted, in key order, if asked for
 */
public record DeleteRangeResponse(long revision, long deleted, List<KeyValue> prevKvs)
    implements Response {

  public DeleteRangeResponse {
    prevKvs = List.copyOf(prevKvs);
  }
}
