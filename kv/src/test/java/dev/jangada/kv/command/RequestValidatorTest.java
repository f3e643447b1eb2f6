package dev.jangada.kv.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jangada.kv.bytes.Bytes;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class RequestValidatorTest {

  private static final Bytes ALL = Bytes.wrap(new byte[1]);

  private static final RangeRequest RANGE = RangeRequest.of(Bytes.utf8("k"));
  private static final Compare COMPARE =
      Compare.number(Bytes.utf8("k"), Compare.Target.VERSION, Compare.Operator.EQUAL, 1);

  private final RequestValidator validator = new RequestValidator(3);

  private static PutRequest put(String key) {
    return PutRequest.of(Bytes.utf8(key), Bytes.utf8("v"));
  }

  private static DeleteRangeRequest delete(String key, String rangeEnd) {
    return DeleteRangeRequest.of(Bytes.utf8(key), Bytes.utf8(rangeEnd));
  }

  private static TxnRequest then(Operation... operations) {
    return new TxnRequest(List.of(), List.of(operations), List.of());
  }

  private static TxnRequest either(Operation success, Operation failure) {
    return new TxnRequest(List.of(), List.of(success), List.of(failure));
  }

  private void assertFine(Operation operation) {
    assertThat(validator.check(operation)).isEmpty();
  }

  private void assertRefused(Operation operation, KvError error) {
    assertThat(validator.check(operation)).contains(error);
  }

  @Test
  void plainRequestsAreFine() {
    assertFine(RANGE);
    assertFine(put("k"));
    assertFine(DeleteRangeRequest.of(ALL, ALL));
    assertFine(new TxnRequest(List.of(COMPARE), List.of(RANGE, put("k")), List.of(put("k"))));
    assertFine(then());
  }

  @Test
  void requestWithoutKeyIsRefusedWherever() {
    assertRefused(RangeRequest.of(Bytes.EMPTY), KvError.EMPTY_KEY);
    assertRefused(RangeRequest.of(Bytes.EMPTY, ALL), KvError.EMPTY_KEY);
    assertRefused(put(""), KvError.EMPTY_KEY);
    assertRefused(delete("", "z"), KvError.EMPTY_KEY);
    assertRefused(then(then(put(""))), KvError.EMPTY_KEY);
    assertRefused(either(RANGE, put("")), KvError.EMPTY_KEY);
    assertRefused(
        new TxnRequest(
            List.of(Compare.value(Bytes.EMPTY, Compare.Operator.EQUAL, Bytes.EMPTY)),
            List.of(),
            List.of()),
        KvError.EMPTY_KEY);
  }

  @Test
  void putThatKeepsWhatItBringsIsRefused() {
    Bytes k = Bytes.utf8("k");
    assertRefused(
        new PutRequest(k, Bytes.utf8("v"), 0, false, true, false), KvError.VALUE_PROVIDED);
    assertRefused(new PutRequest(k, Bytes.EMPTY, 7, false, false, true), KvError.LEASE_PROVIDED);
    assertFine(new PutRequest(k, Bytes.EMPTY, 7, false, true, false));
    assertFine(new PutRequest(k, Bytes.utf8("v"), 0, false, false, true));
  }

  @Test
  void comparesAndBranchesAreLimitedEachAlone() {
    List<Operation> three = Collections.nCopies(3, RANGE);
    List<Operation> four = Collections.nCopies(4, RANGE);
    List<Compare> compares = Collections.nCopies(3, COMPARE);
    assertFine(new TxnRequest(compares, three, three));
    assertRefused(new TxnRequest(List.of(), four, List.of()), KvError.TOO_MANY_OPERATIONS);
    assertRefused(new TxnRequest(List.of(), List.of(), four), KvError.TOO_MANY_OPERATIONS);
    assertRefused(
        new TxnRequest(Collections.nCopies(4, COMPARE), List.of(), List.of()),
        KvError.TOO_MANY_OPERATIONS);
  }

  @Test
  void nestedTransactionHasWhatTheOuterOneLeaves() {
    assertFine(then(RANGE, then(RANGE)));
    assertRefused(then(RANGE, then(RANGE, RANGE)), KvError.TOO_MANY_OPERATIONS);
    assertRefused(then(RANGE, RANGE, then(RANGE)), KvError.TOO_MANY_OPERATIONS);
  }

  @Test
  void nestingIsLimitedWhateverTheLimitOnOperations() {
    RequestValidator generous = new RequestValidator(1_000);
    TxnRequest deep = then();
    for (int depth = 1; depth < TxnRequest.MAX_DEPTH; depth++) {
      deep = then(deep);
    }
    assertThat(generous.check(deep)).isEmpty();
    assertThat(CommandCodec.encode(deep)).isNotEmpty();
    TxnRequest deeper = then(deep);
    assertThat(generous.check(deeper)).contains(KvError.TOO_MANY_OPERATIONS);
    assertThatThrownBy(() -> CommandCodec.encode(deeper))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void keyPutTwiceIsRefused() {
    assertRefused(then(put("k"), put("k")), KvError.DUPLICATE_KEY);
    assertRefused(then(put("k"), then(put("k"))), KvError.DUPLICATE_KEY);
    assertRefused(then(then(put("k")), put("k")), KvError.DUPLICATE_KEY);
    assertRefused(then(then(put("k")), either(RANGE, put("k"))), KvError.DUPLICATE_KEY);
    assertRefused(either(RANGE, then(put("k"), put("k"))), KvError.DUPLICATE_KEY);
    assertFine(then(put("k"), put("k2")));
  }

  @Test
  void keyPutAndDeletedIsRefusedInWhateverOrder() {
    assertRefused(then(put("k"), delete("a", "z")), KvError.DUPLICATE_KEY);
    assertRefused(then(delete("a", "z"), put("k")), KvError.DUPLICATE_KEY);
    assertRefused(then(delete("k", ""), put("k")), KvError.DUPLICATE_KEY);
    assertRefused(
        then(DeleteRangeRequest.of(Bytes.utf8("a"), ALL), put("k")), KvError.DUPLICATE_KEY);
    assertRefused(then(then(put("k")), then(delete("k", ""))), KvError.DUPLICATE_KEY);
    assertRefused(then(then(delete("k", "")), then(put("k"))), KvError.DUPLICATE_KEY);
    assertFine(then(delete("a", "k"), put("k")));
    assertFine(then(put("k"), delete("z", "a")));
  }

  @Test
  void writesThatCannotBothHappenAreFine() {
    assertFine(either(put("k"), put("k")));
    assertFine(either(put("k"), delete("k", "")));
    assertFine(then(either(put("k"), delete("k", ""))));
    assertFine(then(delete("k", ""), delete("a", "z")));
  }

  /** Against the plain way: every pair of writes is compared. */
  @Property(tries = 1000, edgeCases = EdgeCasesMode.NONE)
  void conflictsAreFoundHoweverDeletedRangesOverlap(
      @ForAll("keys") List<Bytes> ends, @ForAll("keys") List<Bytes> puts) {
    List<Operation> operations = new ArrayList<>();
    for (int i = 0; i + 1 < ends.size(); i += 2) {
      operations.add(DeleteRangeRequest.of(ends.get(i), ends.get(i + 1)));
    }
    Set<Bytes> distinct = new TreeSet<>(puts);
    distinct.forEach(key -> operations.add(PutRequest.of(key, Bytes.utf8("v"))));
    boolean conflict =
        distinct.stream()
            .anyMatch(key ->
                operations.stream()
                    .anyMatch(operation ->
                        operation instanceof DeleteRangeRequest delete
                            && delete.keys().contains(key)));
    TxnRequest deletesFirst = new TxnRequest(List.of(), operations, List.of());
    TxnRequest putsFirst = new TxnRequest(List.of(), operations.reversed(), List.of());
    assertThat(TxnWrites.conflict(deletesFirst)).isEqualTo(conflict);
    assertThat(TxnWrites.conflict(putsFirst)).isEqualTo(conflict);
  }

  @Provide
  Arbitrary<List<Bytes>> keys() {
    return Arbitraries.strings()
        .withCharRange('a', 'h')
        .ofLength(1)
        .map(Bytes::utf8)
        .list()
        .ofMaxSize(10);
  }
}
