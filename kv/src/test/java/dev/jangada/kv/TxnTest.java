package dev.jangada.kv;

import static dev.jangada.kv.Client.ALL;
import static dev.jangada.kv.Client.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jangada.kv.bytes.Bytes;
import dev.jangada.kv.command.Compare;
import dev.jangada.kv.command.Compare.Operator;
import dev.jangada.kv.command.Compare.Target;
import dev.jangada.kv.command.DeleteRangeRequest;
import dev.jangada.kv.command.DeleteRangeResponse;
import dev.jangada.kv.command.Failure;
import dev.jangada.kv.command.KvError;
import dev.jangada.kv.command.Operation;
import dev.jangada.kv.command.PutRequest;
import dev.jangada.kv.command.PutResponse;
import dev.jangada.kv.command.RangeRequest;
import dev.jangada.kv.command.RangeResponse;
import dev.jangada.kv.command.Requests;
import dev.jangada.kv.command.Response;
import dev.jangada.kv.command.TxnRequest;
import dev.jangada.kv.command.TxnResponse;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class TxnTest {

  private final Client client = Client.onHeap();

  /** k was created by revision 2 and has version 2 of revision 3; x is of revision 4. */
  @BeforeEach
  void fill() {
    client.put("k", "1");
    client.put("k", "5");
    client.put("x", "9");
  }

  @AfterEach
  void close() {
    client.close();
  }

  private static TxnRequest when(Compare... compares) {
    return new TxnRequest(List.of(compares), List.of(), List.of());
  }

  private static TxnRequest then(Operation... operations) {
    return new TxnRequest(List.of(), List.of(operations), List.of());
  }

  private static PutRequest put(String key, String value) {
    return PutRequest.of(bytes(key), bytes(value));
  }

  private TxnResponse txn(TxnRequest request) {
    return (TxnResponse) client.send(request);
  }

  private boolean holds(Compare... compares) {
    return txn(when(compares)).succeeded();
  }

  @ParameterizedTest
  @CsvSource({"VERSION,2", "CREATE,2", "MOD,3", "LEASE,0"})
  void comparesEveryNumberByEveryOperator(Target target, long actual) {
    Bytes k = bytes("k");
    assertThat(holds(Compare.number(k, target, Operator.EQUAL, actual))).isTrue();
    assertThat(holds(Compare.number(k, target, Operator.EQUAL, actual + 1))).isFalse();
    assertThat(holds(Compare.number(k, target, Operator.NOT_EQUAL, actual))).isFalse();
    assertThat(holds(Compare.number(k, target, Operator.NOT_EQUAL, actual + 1))).isTrue();
    assertThat(holds(Compare.number(k, target, Operator.GREATER, actual))).isFalse();
    assertThat(holds(Compare.number(k, target, Operator.GREATER, actual - 1))).isTrue();
    assertThat(holds(Compare.number(k, target, Operator.LESS, actual))).isFalse();
    assertThat(holds(Compare.number(k, target, Operator.LESS, actual + 1))).isTrue();
  }

  @Test
  void comparesValuesAsUnsignedBytes() {
    Bytes k = bytes("k");
    assertThat(holds(Compare.value(k, Operator.EQUAL, bytes("5")))).isTrue();
    assertThat(holds(Compare.value(k, Operator.NOT_EQUAL, bytes("5")))).isFalse();
    assertThat(holds(Compare.value(k, Operator.GREATER, bytes("4")))).isTrue();
    assertThat(holds(Compare.value(k, Operator.GREATER, Bytes.EMPTY))).isTrue();
    assertThat(holds(Compare.value(k, Operator.LESS, Requests.latin("\u00ff")))).isTrue();
  }

  @ParameterizedTest
  @EnumSource(value = Target.class, names = "VALUE", mode = EnumSource.Mode.EXCLUDE)
  void missingKeyComparesAsZero(Target target) {
    Bytes missing = bytes("missing");
    assertThat(holds(Compare.number(missing, target, Operator.EQUAL, 0))).isTrue();
    assertThat(holds(Compare.number(missing, target, Operator.LESS, 1))).isTrue();
    assertThat(holds(Compare.number(missing, target, Operator.GREATER, 0))).isFalse();
    assertThat(holds(Compare.number(missing, target, Operator.NOT_EQUAL, 0))).isFalse();
  }

  @ParameterizedTest
  @EnumSource(Operator.class)
  void valueOfMissingKeyOrEmptyRangeNeverCompares(Operator operator) {
    assertThat(holds(Compare.value(bytes("missing"), operator, bytes("5")))).isFalse();
    assertThat(holds(Compare.value(bytes("missing"), operator, Bytes.EMPTY))).isFalse();
    assertThat(holds(new Compare(bytes("m"), bytes("n"), Target.VALUE, operator, 0, bytes("5"))))
        .isFalse();
  }

  @Test
  void comparisonOfARangeHoldsIfItHoldsForEveryKey() {
    assertThat(holds(new Compare(ALL, ALL, Target.MOD, Operator.LESS, 5, Bytes.EMPTY))).isTrue();
    assertThat(holds(new Compare(ALL, ALL, Target.MOD, Operator.LESS, 4, Bytes.EMPTY))).isFalse();
    assertThat(holds(new Compare(ALL, ALL, Target.VALUE, Operator.LESS, 0, bytes("6")))).isFalse();
  }

  @Test
  void allComparisonsMustHold() {
    Compare yes = Compare.number(bytes("k"), Target.VERSION, Operator.EQUAL, 2);
    Compare no = Compare.number(bytes("k"), Target.VERSION, Operator.EQUAL, 3);
    assertThat(holds(yes, yes)).isTrue();
    assertThat(holds(yes, no)).isFalse();
    assertThat(holds()).isTrue();
  }

  @Test
  void takesTheFailureBranchWhenAComparisonDoesNotHold() {
    TxnResponse response =
        txn(
            new TxnRequest(
                List.of(Compare.number(bytes("k"), Target.VERSION, Operator.EQUAL, 0)),
                List.of(put("k", "created")),
                List.of(RangeRequest.of(bytes("k")))));
    assertThat(response.succeeded()).isFalse();
    assertThat(((RangeResponse) response.responses().getFirst()).keyValues())
        .extracting(Client::show)
        .containsExactly("k=5 2/3/2");
    assertThat(client.get("k")).isEqualTo("k=5 2/3/2");
  }

  @Test
  void readsSeeEarlierWritesAndNotLaterOnes() {
    TxnResponse response =
        txn(
            then(
                RangeRequest.of(ALL, ALL),
                put("n", "1"),
                DeleteRangeRequest.of(bytes("x")),
                RangeRequest.of(ALL, ALL),
                put("z", "2")));
    assertThat(Client.keys((RangeResponse) response.responses().get(0))).containsExactly("k", "x");
    assertThat(Client.keys((RangeResponse) response.responses().get(3))).containsExactly("k", "n");
  }

  @Test
  void historicReadInATransactionDoesNotSeeItsWrites() {
    RangeRequest before = RangeRequest.builder(ALL).rangeEnd(ALL).revision(4).build();
    TxnResponse response =
        txn(then(put("k", "6"), DeleteRangeRequest.of(bytes("x")), put("n", "1"), before));
    assertThat(((RangeResponse) response.responses().get(3)).keyValues())
        .extracting(Client::show)
        .containsExactly("k=5 2/3/2", "x=9 4/4/1");
  }

  @Test
  void headersInsideCarryTheRevisionAfterEachOperation() {
    TxnResponse response =
        txn(
            then(
                RangeRequest.of(bytes("k")),
                DeleteRangeRequest.of(bytes("missing")),
                put("k", "6"),
                RangeRequest.of(bytes("k")),
                DeleteRangeRequest.of(bytes("missing"))));
    assertThat(response.responses())
        .extracting(Response::revision)
        .containsExactly(4L, 4L, 5L, 5L, 5L);
    assertThat(response.revision()).isEqualTo(5);
  }

  @Test
  void nestedComparisonsSeeTheStateBeforeTheWhole() {
    TxnRequest nested =
        new TxnRequest(
            List.of(Compare.value(bytes("k"), Operator.EQUAL, bytes("5"))),
            List.of(put("seen", "before")),
            List.of(put("seen", "after")));
    TxnResponse response = txn(then(put("k", "6"), nested));
    assertThat(((TxnResponse) response.responses().get(1)).succeeded()).isTrue();
    assertThat(client.get("seen")).isEqualTo("seen=before 5/5/1");
    assertThat(client.get("k")).isEqualTo("k=6 2/5/3");
  }

  @Test
  void nestedTransactionsAnswerInTheirPlaces() {
    TxnRequest failing =
        new TxnRequest(
            List.of(Compare.value(bytes("k"), Operator.EQUAL, bytes("0"))),
            List.of(),
            List.of(then(put("deep", "1"))));
    TxnResponse response = txn(then(failing, RangeRequest.of(bytes("deep")), then()));
    assertThat(response.responses()).hasSize(3);
    TxnResponse first = (TxnResponse) response.responses().get(0);
    assertThat(first.succeeded()).isFalse();
    assertThat(((TxnResponse) first.responses().getFirst()).responses())
        .containsExactly(new PutResponse(5, null));
    assertThat(((RangeResponse) response.responses().get(1)).count()).isEqualTo(1);
    assertThat(response.responses().get(2)).isEqualTo(new TxnResponse(5, true, List.of()));
  }

  @Test
  void laterRangeAtAFutureRevisionUndoesEarlierWrites() {
    RangeRequest future = RangeRequest.builder(bytes("k")).revision(5).build();
    assertThat(client.send(then(put("k", "6"), future)))
        .isEqualTo(new Failure(KvError.FUTURE_REVISION));
    assertNothingChanged();
  }

  @Test
  void laterRangeBelowTheCompactedRevisionUndoesEarlierWrites() {
    client.compact(3);
    RangeRequest compacted = RangeRequest.builder(bytes("k")).revision(2).build();
    assertThat(client.send(then(put("k", "6"), then(compacted))))
        .isEqualTo(new Failure(KvError.COMPACTED));
    assertNothingChanged();
  }

  @Test
  void laterPutThatIsRefusedUndoesEarlierWrites() {
    assertThat(
            client.send(
                then(
                    put("k", "6"),
                    then(new PutRequest(bytes("y"), bytes("1"), 77, false, false, false)))))
        .isEqualTo(new Failure(KvError.LEASE_NOT_FOUND));
    assertThat(
            client.send(
                then(
                    DeleteRangeRequest.of(ALL, bytes("j")),
                    put("k", "6"),
                    new PutRequest(bytes("y"), Bytes.EMPTY, 0, false, true, false))))
        .isEqualTo(new Failure(KvError.KEY_NOT_FOUND));
    assertNothingChanged();
  }

  @Test
  void ofSeveralErrorsTheOneThatClientsKnowIsTold() {
    RangeRequest future = RangeRequest.builder(bytes("k")).revision(50).build();
    PutRequest bad = new PutRequest(bytes("y"), Bytes.EMPTY, 77, false, true, false);
    assertThat(client.send(then(future, bad))).isEqualTo(new Failure(KvError.KEY_NOT_FOUND));
    assertThat(client.send(bad)).isEqualTo(new Failure(KvError.LEASE_NOT_FOUND));
  }

  @Test
  void whatIsWrongInTheBranchNotTakenDoesNotMatter() {
    RangeRequest future = RangeRequest.builder(bytes("k")).revision(50).build();
    TxnRequest request = new TxnRequest(List.of(), List.of(put("k", "6")), List.of(future));
    assertThat(txn(request).succeeded()).isTrue();
  }

  @Test
  void transactionThatWritesAKeyTwiceIsRefusedByTheStateMachineItself() {
    assertThat(client.send(then(put("k", "6"), put("k", "7"))))
        .isEqualTo(new Failure(KvError.DUPLICATE_KEY));
    assertThat(client.send(then(put("k", "6"), then(DeleteRangeRequest.of(ALL, ALL)))))
        .isEqualTo(new Failure(KvError.DUPLICATE_KEY));
    assertNothingChanged();
  }

  @Test
  void keyMayBePutInBothBranchesAndDeletedTwice() {
    TxnRequest both = new TxnRequest(List.of(), List.of(put("k", "6")), List.of(put("k", "7")));
    assertThat(txn(both).succeeded()).isTrue();
    TxnResponse twice =
        txn(then(DeleteRangeRequest.of(bytes("k")), DeleteRangeRequest.of(ALL, ALL)));
    assertThat(twice.responses())
        .containsExactly(
            new DeleteRangeResponse(6, 1, List.of()), new DeleteRangeResponse(6, 1, List.of()));
  }

  @Test
  void readOnlyTransactionNeedsNoEntry() {
    TxnRequest request =
        new TxnRequest(
            List.of(Compare.value(bytes("k"), Operator.EQUAL, bytes("5"))),
            List.of(RangeRequest.of(bytes("k")), then(RangeRequest.of(bytes("x")))),
            List.of());
    assertThat(client.machine().read(request)).isEqualTo(client.send(request));
    assertThatThrownBy(() -> client.machine().read(then(then(put("k", "1")))))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private void assertNothingChanged() {
    assertThat(client.machine().revision()).isEqualTo(4);
    assertThat(client.get("k")).isEqualTo("k=5 2/3/2");
    assertThat(client.get("y")).isEqualTo("absent");
  }
}
