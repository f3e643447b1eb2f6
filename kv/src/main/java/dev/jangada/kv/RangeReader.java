package dev.jangada.kv;

import dev.jangada.kv.command.Failure;
import dev.jangada.kv.command.KeyValue;
import dev.jangada.kv.command.KvError;
import dev.jangada.kv.command.RangeRequest;
import dev.jangada.kv.command.RangeResponse;
import dev.jangada.kv.command.RangeResult;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Answers range requests: limits, sorts and filters what {@link MvccReader} finds.
 *
 * <p>Takes time for every key of the range, also where a limit cuts the answer short, because the
 * answer says how many there are; memory for the keys up to the limit, or for all of them if they
 * have to be sorted by anything but ascending keys. That memory is taken from a {@link ReadBudget}.
 */
final class RangeReader {

  private static final Failure TOO_MUCH = new Failure(KvError.TOO_MUCH_AT_ONCE);

  private RangeReader() {}

  /** Why nothing can be read at a revision; empty if it can. */
  static Optional<KvError> checkRevision(long requested, long current, long compacted) {
    if (requested > current) {
      return Optional.of(KvError.FUTURE_REVISION);
    }
    if (requested > 0 && requested < compacted) {
      return Optional.of(KvError.COMPACTED);
    }
    return Optional.empty();
  }

  /**
   * Answers a request whose revision has been checked.
   *
   * @param revision the current revision
   * @param budget what the keys of the range, or that one, are reckoned against
   */
  static RangeResult read(
      MvccReader reader, RangeRequest request, long revision, ReadBudget budget) {
    long at =
        request.revision() <= 0 || request.revision() >= revision
            ? MvccReader.LATEST
            : request.revision();
    if (request.rangeEnd().isEmpty()) {
      RangeResponse one = readKey(reader, request, at, revision);
      return one.keyValues().stream().allMatch(budget::take) ? one : TOO_MUCH;
    }

    boolean reorder =
        request.sortTarget() != RangeRequest.SortTarget.KEY
            || request.sortOrder() == RangeRequest.SortOrder.DESCEND;
    long limit = request.limit() <= 0 ? Long.MAX_VALUE : request.limit();
    List<KeyValue> found = new ArrayList<>();
    long count = 0;
    boolean more = false;
    try (MvccReader.VersionCursor cursor = reader.cursor(request.keys(), at)) {
      while (cursor.next()) {
        count++;
        // Past the limit only the keys are counted, once it is known that it cut something.
        if (request.countOnly() || more) {
          continue;
        }
        KeyValue kv = cursor.current();
        if (!request.accepts(kv.modRevision(), kv.createRevision())) {
          continue;
        }
        if (!reorder && found.size() >= limit) {
          more = true;
        } else {
          KeyValue kept =
              request.keysOnly() && request.sortTarget() != RangeRequest.SortTarget.VALUE
                  ? kv.withoutValue()
                  : kv;
          if (!budget.take(kept)) {
            return TOO_MUCH;
          }
          found.add(kept);
        }
      }
    }

    if (reorder) {
      found.sort(order(request));
      if (found.size() > limit) {
        more = true;
        found = found.subList(0, (int) limit);
      }
    }
    if (request.keysOnly() && request.sortTarget() == RangeRequest.SortTarget.VALUE) {
      found.replaceAll(KeyValue::withoutValue);
    }
    return new RangeResponse(revision, found, more, count);
  }

  private static RangeResponse readKey(
      MvccReader reader, RangeRequest request, long at, long revision) {
    KeyValue kv = reader.get(request.key(), at);
    if (kv == null) {
      return new RangeResponse(revision, List.of(), false, 0);
    }
    if (request.countOnly() || !request.accepts(kv.modRevision(), kv.createRevision())) {
      return new RangeResponse(revision, List.of(), false, 1);
    }
    KeyValue shown = request.keysOnly() ? kv.withoutValue() : kv;
    return new RangeResponse(revision, List.of(shown), false, 1);
  }

  private static Comparator<KeyValue> order(RangeRequest request) {
    Comparator<KeyValue> ascending =
        switch (request.sortTarget()) {
          case KEY -> Comparator.comparing(KeyValue::key);
          case VERSION -> Comparator.comparingLong(KeyValue::version);
          case CREATE -> Comparator.comparingLong(KeyValue::createRevision);
          case MOD -> Comparator.comparingLong(KeyValue::modRevision);
          case VALUE -> Comparator.comparing(KeyValue::value);
        };
    return request.sortOrder() == RangeRequest.SortOrder.DESCEND ? ascending.reversed() : ascending;
  }
}
