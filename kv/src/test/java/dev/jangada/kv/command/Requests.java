package dev.jangada.kv.command;

import dev.jangada.kv.bytes.Bytes;
import java.nio.charset.StandardCharsets;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Tuple;

/** Arbitrary requests over few keys, so that they meet often. */
public final class Requests {

  private static final Bytes NO_END = Bytes.wrap(new byte[1]);

  private Requests() {}

  /** Keys that are prefixes of each other or end in the bytes that an escape has to get right. */
  public static Arbitrary<Bytes> keys() {
    return Arbitraries.of(
            List.of("a", "a\0", "a\0\0", "a\0\1", "a\1", "a\u00ff", "b", "b\0b", "\0", "\u00ff"))
        .map(Requests::latin);
  }

  public static Bytes latin(String text) {
    return Bytes.wrap(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  private static Arbitrary<Bytes> rangeEnds() {
    return Arbitraries.frequencyOf(
        Tuple.of(3, Arbitraries.just(Bytes.EMPTY)),
        Tuple.of(2, Arbitraries.just(NO_END)),
        Tuple.of(3, keys()));
  }

  private static Arbitrary<Bytes> values() {
    return Arbitraries.of(List.of("", "x", "y", "z")).map(Bytes::utf8);
  }

  private static Arbitrary<Boolean> rarely() {
    return Arbitraries.frequency(Tuple.of(5, false), Tuple.of(1, true));
  }

  private static Arbitrary<Long> revisions() {
    return Arbitraries.frequencyOf(
        Tuple.of(2, Arbitraries.just(0L)), Tuple.of(3, Arbitraries.longs().between(-1, 25)));
  }

  public static Arbitrary<RangeRequest> ranges() {
    Arbitrary<RangeRequest.Builder> plain =
        Combinators.combine(keys(), rangeEnds(), revisions(), Arbitraries.longs().between(-1, 4))
            .as((key, end, revision, limit) ->
                RangeRequest.builder(key).rangeEnd(end).revision(revision).limit(limit));
    Arbitrary<Long> bounds =
        Arbitraries.frequencyOf(
            Tuple.of(3, Arbitraries.just(0L)), Tuple.of(1, Arbitraries.longs().between(-1, 20)));
    return Combinators.combine(
            plain,
            Arbitraries.of(RangeRequest.SortOrder.class),
            Arbitraries.of(RangeRequest.SortTarget.class),
            rarely(),
            rarely(),
            bounds.array(Long[].class).ofSize(4))
        .as((range, order, target, keysOnly, countOnly, limits) ->
            range
                .sort(order, target)
                .keysOnly(keysOnly)
                .countOnly(countOnly)
                .modRevisions(limits[0], limits[1])
                .createRevisions(limits[2], limits[3])
                .build());
  }

  /** Few, so that they meet often; the greatest as an unsigned number among them. */
  public static Arbitrary<Long> leaseIds() {
    return Arbitraries.of(1L, 2L, Long.MIN_VALUE, -1L);
  }

  /** Commands about leases; time passes in two of three entries that say so, if of term 1. */
  public static Arbitrary<LeaseCommand> leases() {
    Arbitrary<LeaseCommand> grants =
        Combinators.combine(leaseIds(), Arbitraries.longs().between(1, 3))
            .as(LeaseGrantRequest::new);
    Arbitrary<LeaseCommand> advances =
        Combinators.combine(Arbitraries.of(1L, 999L, 1_000L), Arbitraries.of(1L, 1L, 2L))
            .as(AdvanceLeaseClockRequest::new);
    return Arbitraries.frequencyOf(
        Tuple.of(4, grants),
        Tuple.of(1, leaseIds().map(id -> (LeaseCommand) new LeaseRevokeRequest(id))),
        Tuple.of(1, leaseIds().map(id -> (LeaseCommand) new LeaseKeepAliveRequest(id))),
        Tuple.of(4, advances));
  }

  public static Arbitrary<PutRequest> puts() {
    Arbitrary<Long> leases =
        Arbitraries.frequencyOf(Tuple.of(3, Arbitraries.just(0L)), Tuple.of(2, leaseIds()));
    return Combinators.combine(keys(), values(), leases, rarely(), rarely(), rarely())
        .as(PutRequest::new);
  }

  public static Arbitrary<DeleteRangeRequest> deletes() {
    return Combinators.combine(keys(), rangeEnds(), Arbitraries.of(true, false))
        .as(DeleteRangeRequest::new);
  }

  public static Arbitrary<Compare> compares() {
    return Combinators.combine(
            keys(),
            rangeEnds(),
            Arbitraries.of(Compare.Target.class),
            Arbitraries.of(Compare.Operator.class),
            Arbitraries.longs().between(0, 6),
            values())
        .as(Compare::new);
  }

  public static Arbitrary<TxnRequest> txns(int depth) {
    Arbitrary<List<Operation>> branches = operations(depth).list().ofMaxSize(3);
    return Combinators.combine(compares().list().ofMaxSize(2), branches, branches)
        .as(TxnRequest::new);
  }

  private static Arbitrary<Operation> operations(int depth) {
    Arbitrary<Operation> leaves =
        Arbitraries.oneOf(
            ranges().map(op -> (Operation) op),
            puts().map(op -> (Operation) op),
            puts().map(op -> (Operation) op),
            deletes().map(op -> (Operation) op));
    return depth == 0
        ? leaves
        : Arbitraries.frequencyOf(
            Tuple.of(5, leaves), Tuple.of(1, txns(depth - 1).map(op -> (Operation) op)));
  }

  public static Arbitrary<Command> commands() {
    Arbitrary<CompactRequest> compactions =
        Combinators.combine(Arbitraries.longs().between(-1, 25), Arbitraries.of(true, false))
            .as(CompactRequest::new);
    return Arbitraries.frequencyOf(
        Tuple.of(6, puts().map(command -> (Command) command)),
        Tuple.of(3, deletes().map(command -> (Command) command)),
        Tuple.of(5, txns(2).map(command -> (Command) command)),
        Tuple.of(2, compactions.map(command -> (Command) command)),
        Tuple.of(7, leases().map(command -> (Command) command)));
  }
}
