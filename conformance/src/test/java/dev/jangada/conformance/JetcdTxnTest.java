package dev.jangada.conformance;

import static dev.jangada.conformance.Answers.answer;
import static dev.jangada.conformance.Answers.assertRefused;
import static dev.jangada.conformance.ClusterUnderTest.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import io.etcd.jetcd.KV;
import io.etcd.jetcd.KeyValue;
import io.etcd.jetcd.Txn;
import io.etcd.jetcd.kv.TxnResponse;
import io.etcd.jetcd.op.Cmp;
import io.etcd.jetcd.op.CmpTarget;
import io.etcd.jetcd.op.Op;
import io.etcd.jetcd.options.DeleteOption;
import io.etcd.jetcd.options.GetOption;
import io.etcd.jetcd.options.PutOption;
import io.grpc.Status;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Transactions by jetcd. */
@Timeout(300)
class JetcdTxnTest {

  private static final String DUPLICATE = "etcdserver: duplicate key given in txn request";

  @RegisterExtension static final ClusterUnderTest etcd = new ClusterUnderTest();

  private KV kv;

  @SuppressWarnings("NullAway.Init") // set before each test
  JetcdTxnTest() {}

  @BeforeEach
  void connect() {
    kv = etcd.client().getKVClient();
  }

  @Test
  void versionIsCompared() throws Exception {
    put("a", "1");
    put("a", "2");

    assertOrdered(CmpTarget.version(1), CmpTarget.version(2), CmpTarget.version(3));
  }

  @Test
  void revisionOfCreationIsCompared() throws Exception {
    long created = put("a", "1");
    put("a", "2");

    assertOrdered(
        CmpTarget.createRevision(created - 1),
        CmpTarget.createRevision(created),
        CmpTarget.createRevision(created + 1));
  }

  @Test
  void revisionOfTheLastChangeIsCompared() throws Exception {
    put("a", "1");
    long changed = put("a", "2");

    assertOrdered(
        CmpTarget.modRevision(changed - 1),
        CmpTarget.modRevision(changed),
        CmpTarget.modRevision(changed + 1));
  }

  @Test
  void valueIsComparedByteByByte() throws Exception {
    put("a", "mm");

    assertOrdered(
        CmpTarget.value(bytes("m")), CmpTarget.value(bytes("mm")), CmpTarget.value(bytes("z")));
  }

  /** The key's own is greater than the first, equal to the second, and less than the third. */
  private void assertOrdered(CmpTarget<?> less, CmpTarget<?> same, CmpTarget<?> greater)
      throws Exception {
    assertThat(holds(Cmp.Op.GREATER, less)).isTrue();
    assertThat(holds(Cmp.Op.GREATER, same)).isFalse();
    assertThat(holds(Cmp.Op.EQUAL, same)).isTrue();
    assertThat(holds(Cmp.Op.EQUAL, less)).isFalse();
    assertThat(holds(Cmp.Op.NOT_EQUAL, less)).isTrue();
    assertThat(holds(Cmp.Op.NOT_EQUAL, same)).isFalse();
    assertThat(holds(Cmp.Op.LESS, greater)).isTrue();
    assertThat(holds(Cmp.Op.LESS, same)).isFalse();
  }

  private boolean holds(Cmp.Op operator, CmpTarget<?> target) throws Exception {
    return holds(new Cmp(etcd.key("a"), operator, target));
  }

  /** With reads in it: etcd 3.4 looks at a stale copy when a transaction has no operation. */
  private boolean holds(Cmp... comparisons) throws Exception {
    return answer(kv.txn().If(comparisons).Then(get("a")).Else(get("a")).commit()).isSucceeded();
  }

  @Test
  void missingKeyHasRevisionsAndVersionZero() throws Exception {
    assertThat(holds(Cmp.Op.EQUAL, CmpTarget.version(0))).isTrue();
    assertThat(holds(Cmp.Op.EQUAL, CmpTarget.createRevision(0))).isTrue();
    assertThat(holds(Cmp.Op.EQUAL, CmpTarget.modRevision(0))).isTrue();
    assertThat(holds(Cmp.Op.LESS, CmpTarget.version(1))).isTrue();
  }

  @Test
  void valueOfAMissingKeyIsNeitherEqualNorUnequal() throws Exception {
    for (Cmp.Op operator : Cmp.Op.values()) {
      assertThat(holds(operator, CmpTarget.value(bytes("")))).as("%s", operator).isFalse();
      assertThat(holds(operator, CmpTarget.value(bytes("x")))).as("%s", operator).isFalse();
    }
  }

  @Test
  void allComparisonsMustHold() throws Exception {
    put("a", "1");
    Cmp right = new Cmp(etcd.key("a"), Cmp.Op.EQUAL, CmpTarget.value(bytes("1")));
    Cmp wrong = new Cmp(etcd.key("a"), Cmp.Op.EQUAL, CmpTarget.value(bytes("2")));

    assertThat(holds(right, right)).isTrue();
    assertThat(holds(right, wrong)).isFalse();
    assertThat(holds()).as("no comparison").isTrue();
  }

  @Test
  void branchNotTakenHasNoEffect() throws Exception {
    long before = put("a", "1");

    TxnResponse response =
        answer(
            kv.txn()
                .If(new Cmp(etcd.key("a"), Cmp.Op.EQUAL, CmpTarget.version(7)))
                .Then(put("then"))
                .Else(get("a"))
                .commit());

    assertThat(response.isSucceeded()).isFalse();
    assertThat(response.getHeader().getRevision()).as("it wrote nothing").isEqualTo(before);
    assertThat(response.getGetResponses().get(0).getKvs().get(0).getValue()).isEqualTo(bytes("1"));
    assertThat(answer(kv.get(etcd.key("then"))).getCount()).isZero();
  }

  @Test
  void operationsSeeThoseBeforeThemAndShareARevision() throws Exception {
    long before = put("a", "old");

    TxnResponse response =
        answer(
            kv.txn()
                .Then(
                    get("a"),
                    put("a"),
                    put("b"),
                    get("a"),
                    Op.delete(etcd.key("c"), DeleteOption.DEFAULT))
                .commit());

    assertThat(response.getHeader().getRevision()).isEqualTo(before + 1);
    assertThat(response.getGetResponses().get(0).getKvs().get(0).getValue())
        .isEqualTo(bytes("old"));
    KeyValue seen = response.getGetResponses().get(1).getKvs().get(0);
    assertThat(seen.getValue()).isEqualTo(bytes("of a"));
    assertThat(seen.getModRevision()).isEqualTo(before + 1);
    assertThat(response.getDeleteResponses().get(0).getDeleted()).isZero();
    assertThat(answer(kv.get(etcd.key("b"))).getKvs().get(0).getModRevision())
        .isEqualTo(before + 1);
  }

  @Test
  void putsAndDeletionsAnswerWhatWasThere() throws Exception {
    put("a", "1");
    put("b", "2");

    TxnResponse response =
        answer(
            kv.txn()
                .Then(
                    Op.put(etcd.key("a"), bytes("x"), PutOption.builder().withPrevKV().build()),
                    Op.delete(etcd.key("b"), DeleteOption.builder().withPrevKV(true).build()))
                .commit());

    assertThat(response.getPutResponses().get(0).getPrevKv().getValue()).isEqualTo(bytes("1"));
    assertThat(response.getDeleteResponses().get(0).getPrevKvs().get(0).getValue())
        .isEqualTo(bytes("2"));
  }

  @Test
  void nestedTransactionComparesWhatWasBeforeTheOuterOne() throws Exception {
    Cmp absent = new Cmp(etcd.key("a"), Cmp.Op.EQUAL, CmpTarget.version(0));

    TxnResponse response =
        answer(
            kv.txn()
                .Then(
                    put("a"),
                    Op.txn(
                        new Cmp[] {absent},
                        new Op[] {get("a"), put("inner")},
                        new Op[] {put("never")}))
                .commit());

    TxnResponse inner = response.getTxnResponses().get(0);
    assertThat(inner.isSucceeded()).isTrue();
    assertThat(inner.getGetResponses().get(0).getKvs().get(0).getValue()).isEqualTo(bytes("of a"));
    assertThat(answer(kv.get(etcd.key("inner"))).getKvs().get(0).getModRevision())
        .isEqualTo(response.getHeader().getRevision());
    assertThat(answer(kv.get(etcd.key("never"))).getCount()).isZero();
  }

  @Test
  void keyPutTwiceIsRefused() throws Exception {
    assertInvalid(kv.txn().Then(put("a"), put("b"), put("a")), DUPLICATE);
    assertInvalid(
        kv.txn().Then(put("a"), Op.txn(new Cmp[0], new Op[] {put("a")}, new Op[0])), DUPLICATE);

    assertThat(answer(kv.get(etcd.key("b"))).getCount()).as("nothing is written").isZero();
  }

  @Test
  void keyPutAndDeletedIsRefused() {
    Op deletion = Op.delete(etcd.key(""), DeleteOption.builder().isPrefix(true).build());

    assertInvalid(kv.txn().Then(put("a"), deletion), DUPLICATE);
    assertInvalid(kv.txn().Then(deletion, put("a")), DUPLICATE);
  }

  @Test
  void keyInBothBranchesAndDeletedTwiceIsTaken() throws Exception {
    put("a", "1");
    Op deletion = Op.delete(etcd.key("a"), DeleteOption.DEFAULT);

    assertThat(answer(kv.txn().Then(put("b")).Else(put("b")).commit()).isSucceeded()).isTrue();
    TxnResponse twice = answer(kv.txn().Then(deletion, deletion).commit());
    assertThat(twice.getDeleteResponses().get(0).getDeleted()).isEqualTo(1);
    assertThat(twice.getDeleteResponses().get(1).getDeleted()).isZero();
  }

  @Test
  void moreThan128OperationsAreRefused() throws Exception {
    Op[] most = IntStream.range(0, 128).mapToObj(i -> put("k" + i)).toArray(Op[]::new);
    Op[] tooMany = IntStream.range(0, 129).mapToObj(i -> put("k" + i)).toArray(Op[]::new);

    assertInvalid(kv.txn().Then(tooMany), "etcdserver: too many operations in txn request");
    assertThat(answer(kv.txn().Then(most).commit()).getPutResponses()).hasSize(128);
  }

  @Test
  void transactionThatUsesAnUnknownLeaseWritesNothing() throws Exception {
    Op leased = Op.put(etcd.key("b"), bytes("1"), PutOption.builder().withLeaseId(0x7777).build());

    assertRefused(
        kv.txn().Then(put("a"), leased).commit(),
        Status.Code.NOT_FOUND,
        "etcdserver: requested lease not found");
    assertThat(answer(kv.get(etcd.key("a"))).getCount()).isZero();
  }

  @Test
  void exactlyOneOfThoseThatSwapAtOnceWins() throws Exception {
    put("a", "0");
    Cmp unchanged = new Cmp(etcd.key("a"), Cmp.Op.EQUAL, CmpTarget.version(1));

    var swaps =
        IntStream.range(0, 20)
            .mapToObj(i ->
                kv.txn()
                    .If(unchanged)
                    .Then(Op.put(etcd.key("a"), bytes("by " + i), PutOption.DEFAULT))
                    .commit())
            .toList();

    int winners = 0;
    for (var swap : swaps) {
      winners += answer(swap).isSucceeded() ? 1 : 0;
    }
    assertThat(winners).isEqualTo(1);
    assertThat(answer(kv.get(etcd.key("a"))).getKvs().get(0).getVersion()).isEqualTo(2);
  }

  private static void assertInvalid(Txn txn, String message) {
    assertRefused(txn.commit(), Status.Code.INVALID_ARGUMENT, message);
  }

  private Op put(String name) {
    return Op.put(etcd.key(name), bytes("of " + name), PutOption.DEFAULT);
  }

  private Op get(String name) {
    return Op.get(etcd.key(name), GetOption.DEFAULT);
  }

  private long put(String name, String value) throws Exception {
    return answer(kv.put(etcd.key(name), bytes(value))).getHeader().getRevision();
  }
}
