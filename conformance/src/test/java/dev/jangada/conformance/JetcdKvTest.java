package dev.jangada.conformance;

import static dev.jangada.conformance.Answers.answer;
import static dev.jangada.conformance.Answers.assertRefused;
import static dev.jangada.conformance.ClusterUnderTest.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.Client;
import io.etcd.jetcd.KV;
import io.etcd.jetcd.KeyValue;
import io.etcd.jetcd.kv.DeleteResponse;
import io.etcd.jetcd.kv.GetResponse;
import io.etcd.jetcd.kv.PutResponse;
import io.etcd.jetcd.options.CompactOption;
import io.etcd.jetcd.options.DeleteOption;
import io.etcd.jetcd.options.GetOption;
import io.etcd.jetcd.options.GetOption.SortOrder;
import io.etcd.jetcd.options.GetOption.SortTarget;
import io.etcd.jetcd.options.PutOption;
import io.grpc.Status;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Reads, writes, deletions and compaction by jetcd. */
@Timeout(300)
class JetcdKvTest {

  private static final String COMPACTED = "etcdserver: mvcc: required revision has been compacted";
  private static final String FUTURE = "etcdserver: mvcc: required revision is a future revision";
  private static final String NO_KEY = "etcdserver: key is not provided";

  @RegisterExtension static final ClusterUnderTest etcd = new ClusterUnderTest();

  private KV kv;

  @SuppressWarnings("NullAway.Init") // set before each test
  JetcdKvTest() {}

  @BeforeEach
  void connect() {
    kv = etcd.client().getKVClient();
  }

  @Test
  void putAnswersTheRevisionItMade() throws Exception {
    long first = put("a", "1");

    assertThat(put("a", "1")).as("the same value").isEqualTo(first + 1);
    assertThat(put("b", "1")).isEqualTo(first + 2);
  }

  @Test
  void putWithPrevKvAnswersWhatWasThere() throws Exception {
    PutOption option = PutOption.builder().withPrevKV().build();
    PutResponse first = answer(kv.put(etcd.key("a"), bytes("1"), option));
    PutResponse second = answer(kv.put(etcd.key("a"), bytes("2"), option));

    assertThat(first.hasPrevKv()).isFalse();
    assertThat(second.hasPrevKv()).isTrue();
    assertThat(second.getPrevKv().getValue()).isEqualTo(bytes("1"));
    assertThat(second.getPrevKv().getModRevision()).isEqualTo(first.getHeader().getRevision());
  }

  @Test
  void putWithUnknownLeaseIsRefusedAndWritesNothing() throws Exception {
    assertRefused(
        kv.put(etcd.key("a"), bytes("1"), PutOption.builder().withLeaseId(0x7777).build()),
        Status.Code.NOT_FOUND,
        "etcdserver: requested lease not found");

    assertThat(get("a").getCount()).isZero();
  }

  @Test
  void emptyKeyIsRefused() {
    assertRefused(kv.put(ByteSequence.EMPTY, bytes("v")), Status.Code.INVALID_ARGUMENT, NO_KEY);
  }

  @Test
  void emptyValueAndBytesThatAreNoTextAreKept() throws Exception {
    byte[] noText = {0, (byte) 0xff, (byte) 0xc0, 0};
    put("empty", "");
    answer(kv.put(etcd.key("bytes"), ByteSequence.from(noText)));

    assertThat(only("empty").getValue()).isEqualTo(ByteSequence.EMPTY);
    assertThat(only("bytes").getValue().getBytes()).isEqualTo(noText);
  }

  @Test
  void requestOfMoreThanOneAndAHalfMebibytesIsRefused() throws Exception {
    assertRefused(
        kv.put(etcd.key("a"), ByteSequence.from(new byte[1_600_000])),
        Status.Code.INVALID_ARGUMENT,
        "etcdserver: request is too large");

    answer(kv.put(etcd.key("a"), ByteSequence.from(new byte[1_500_000])));
    assertThat(only("a").getValue().size()).isEqualTo(1_500_000);
  }

  @Test
  void missingKeyIsAnEmptyAnswer() throws Exception {
    GetResponse response = get("nothing");

    assertThat(response.getKvs()).isEmpty();
    assertThat(response.getCount()).isZero();
    assertThat(response.isMore()).isFalse();
    assertThat(response.getHeader().getRevision()).isPositive();
    assertThat(response.getHeader().getClusterId()).isNotZero();
    assertThat(response.getHeader().getMemberId()).isNotZero();
    assertThat(response.getHeader().getRaftTerm()).isPositive();
  }

  @Test
  void keyHasTheRevisionsOfItsCreationAndOfItsLastChangeAndAVersion() throws Exception {
    long created = put("a", "1");
    put("other", "1");
    long changed = put("a", "2");

    KeyValue found = only("a");

    assertThat(found.getCreateRevision()).isEqualTo(created);
    assertThat(found.getModRevision()).isEqualTo(changed).isEqualTo(created + 2);
    assertThat(found.getVersion()).isEqualTo(2);
    assertThat(found.getLease()).isZero();
  }

  @Test
  void versionBeginsAnewAfterADeletion() throws Exception {
    put("a", "1");
    put("a", "2");
    answer(kv.delete(etcd.key("a")));
    long again = put("a", "3");

    assertThat(only("a").getVersion()).isEqualTo(1);
    assertThat(only("a").getCreateRevision()).isEqualTo(again);
  }

  @Test
  void rangeHasItsFirstKeyAndNotItsEnd() throws Exception {
    putEach("a", "b", "b\0", "c");

    assertThat(names(get("a", GetOption.builder().withRange(etcd.key("c")))))
        .containsExactly("a", "b", "b\0");
    assertThat(names(get("aa", GetOption.builder().withRange(etcd.key("b\0")))))
        .containsExactly("b");
  }

  @Test
  void rangeThatEndsBeforeItBeginsIsEmpty() throws Exception {
    putEach("a", "b");

    assertThat(get("b", GetOption.builder().withRange(etcd.key("a"))).getCount()).isZero();
    assertThat(get("b", GetOption.builder().withRange(etcd.key("b"))).getCount()).isZero();
  }

  @Test
  void rangeThatEndsWithAZeroByteIsAllFromTheKeyOn() throws Exception {
    putEach("a", "b", "c");
    ByteSequence end = ByteSequence.from(new byte[1]);

    GetResponse all = get("b", GetOption.builder().withRange(end).withLimit(2));

    assertThat(names(all)).containsExactly("b", "c");
  }

  @Test
  void prefixOfAllKeysThatBeginWithIt() throws Exception {
    putEach("p", "p/1", "p/2", "q");

    assertThat(names(get("p", GetOption.builder().isPrefix(true))))
        .containsExactly("p", "p/1", "p/2");
  }

  @Test
  void prefixThatEndsWithTheHighestByte() throws Exception {
    byte[] high = (etcd.prefix() + "x").getBytes(StandardCharsets.UTF_8);
    high[high.length - 1] = (byte) 0xff;
    ByteSequence key = ByteSequence.from(high);
    answer(kv.put(key, bytes("1")));
    answer(kv.put(key.concat(bytes("more")), bytes("2")));
    putEach("a");

    GetResponse found = answer(kv.get(key, GetOption.builder().isPrefix(true).build()));

    assertThat(found.getCount()).isEqualTo(2);
  }

  @Test
  void limitCutsAndSaysSoAndTheCountIsOfAll() throws Exception {
    putEach("a", "b", "c");

    GetResponse two = prefix(GetOption.builder().withLimit(2));
    GetResponse three = prefix(GetOption.builder().withLimit(3));

    assertThat(names(two)).containsExactly("a", "b");
    assertThat(two.isMore()).isTrue();
    assertThat(two.getCount()).isEqualTo(3);
    assertThat(three.isMore()).isFalse();
  }

  @Test
  void orderComesBeforeTheLimit() throws Exception {
    put("a", "2");
    put("b", "9");
    put("c", "5");

    GetResponse largest =
        prefix(
            GetOption.builder()
                .withSortField(SortTarget.VALUE)
                .withSortOrder(SortOrder.DESCEND)
                .withLimit(2));

    assertThat(names(largest)).containsExactly("b", "c");
  }

  @Test
  void sortsByKeyVersionRevisionsAndValueInEitherOrder() throws Exception {
    put("a", "2");
    put("b", "3");
    put("c", "1");
    put("b", "3");
    put("b", "3");
    put("a", "2");

    assertSorted(SortTarget.KEY, "a", "b", "c");
    assertSorted(SortTarget.VERSION, "c", "a", "b");
    assertSorted(SortTarget.CREATE, "a", "b", "c");
    assertSorted(SortTarget.MOD, "c", "b", "a");
    assertSorted(SortTarget.VALUE, "c", "a", "b");
  }

  private void assertSorted(SortTarget target, String... ascending) throws Exception {
    List<String> descending = new ArrayList<>(List.of(ascending));
    Collections.reverse(descending);
    assertThat(names(sorted(target, SortOrder.ASCEND))).as("%s", target).containsExactly(ascending);
    assertThat(names(sorted(target, SortOrder.DESCEND)))
        .as("%s", target)
        .containsExactlyElementsOf(descending);
  }

  private GetResponse sorted(SortTarget target, SortOrder order) throws Exception {
    return prefix(GetOption.builder().withSortField(target).withSortOrder(order));
  }

  @Test
  void pastRevisionIsReadAsItWas() throws Exception {
    long before = put("a", "old");
    put("a", "new");
    answer(kv.delete(etcd.key("a")));

    GetResponse past = get("a", GetOption.builder().withRevision(before));

    assertThat(past.getKvs().get(0).getValue()).isEqualTo(bytes("old"));
    assertThat(past.getHeader().getRevision()).as("the current one").isGreaterThan(before + 1);
    assertThat(get("a").getCount()).isZero();
  }

  @Test
  void futureRevisionIsRefused() throws Exception {
    long now = put("a", "1");

    assertRefused(
        kv.get(etcd.key("a"), GetOption.builder().withRevision(now + 1_000_000).build()),
        Status.Code.OUT_OF_RANGE,
        FUTURE);
  }

  @Test
  void keysOnlyLeavesTheValuesOut() throws Exception {
    put("a", "value");

    KeyValue found = prefix(GetOption.builder().withKeysOnly(true)).getKvs().get(0);

    assertThat(found.getKey()).isEqualTo(etcd.key("a"));
    assertThat(found.getValue()).isEqualTo(ByteSequence.EMPTY);
    assertThat(found.getVersion()).isEqualTo(1);
  }

  @Test
  void countOnlyAnswersNoKeys() throws Exception {
    putEach("a", "b", "c");

    GetResponse count = prefix(GetOption.builder().withCountOnly(true).withLimit(1));

    assertThat(count.getCount()).isEqualTo(3);
    assertThat(count.getKvs()).isEmpty();
  }

  @Test
  void leastAndGreatestRevisionsFilterKeysAndNotTheCount() throws Exception {
    long first = put("a", "1");
    put("b", "1");
    long last = put("c", "1");
    long change = put("a", "2");

    assertThat(names(prefix(GetOption.builder().withMinModRevision(last))))
        .containsExactly("a", "c");
    assertThat(names(prefix(GetOption.builder().withMaxModRevision(change - 1))))
        .containsExactly("b", "c");
    assertThat(names(prefix(GetOption.builder().withMinCreateRevision(first + 1))))
        .containsExactly("b", "c");
    GetResponse created = prefix(GetOption.builder().withMaxCreateRevision(first));
    assertThat(names(created)).containsExactly("a");
    assertThat(created.getCount()).isEqualTo(3);
  }

  @Test
  void serializableReadIsAnswered() throws Exception {
    long revision = put("a", "1");
    // All members have it now, as each answers a read that sees every write.
    everyMemberReads(revision);

    assertThat(names(prefix(GetOption.builder().withSerializable(true)))).containsExactly("a");
  }

  @Test
  void everyMemberReadsWhatAnotherWrote() throws Exception {
    for (URI endpoint : etcd.endpoints()) {
      long revision;
      try (Client one = Client.builder().endpoints(endpoint).build()) {
        revision =
            answer(one.getKVClient().put(etcd.key("a"), bytes(endpoint.toString())))
                .getHeader()
                .getRevision();
      }
      everyMemberReads(revision);
    }
  }

  private void everyMemberReads(long revision) throws Exception {
    for (URI endpoint : etcd.endpoints()) {
      try (Client one = Client.builder().endpoints(endpoint).build()) {
        KeyValue found = answer(one.getKVClient().get(etcd.key("a"))).getKvs().get(0);
        assertThat(found.getModRevision()).as("at %s", endpoint).isEqualTo(revision);
      }
    }
  }

  @Test
  void deletionOfARangeIsOneRevisionAndSaysHowMany() throws Exception {
    putEach("a", "b");
    long last = put("c", "1");

    DeleteResponse deleted =
        answer(kv.delete(etcd.key("a"), DeleteOption.builder().withRange(etcd.key("c")).build()));

    assertThat(deleted.getDeleted()).isEqualTo(2);
    assertThat(deleted.getHeader().getRevision()).isEqualTo(last + 1);
    assertThat(names(prefix(GetOption.builder()))).containsExactly("c");
  }

  @Test
  void deletionOfNothingMakesNoRevision() throws Exception {
    long last = put("a", "1");

    DeleteResponse deleted = answer(kv.delete(etcd.key("nothing")));

    assertThat(deleted.getDeleted()).isZero();
    assertThat(deleted.getHeader().getRevision()).isEqualTo(last);
  }

  @Test
  void deletionOfAPrefixWithPrevKvAnswersWhatWasThere() throws Exception {
    putEach("p1", "p2", "q");

    DeleteResponse deleted =
        answer(
            kv.delete(
                etcd.key("p"), DeleteOption.builder().isPrefix(true).withPrevKV(true).build()));

    assertThat(deleted.getPrevKvs().stream().map(this::name)).containsExactly("p1", "p2");
    assertThat(deleted.getPrevKvs().get(0).getValue()).isEqualTo(bytes("of p1"));
  }

  @Test
  void compactedRevisionIsRefusedAndTheOneOfTheCompactionIsRead() throws Exception {
    long old = put("a", "1");
    long kept = put("a", "2");
    put("a", "3");

    answer(kv.compact(kept, CompactOption.builder().withCompactPhysical(true).build()));

    assertRefused(
        kv.get(etcd.key("a"), GetOption.builder().withRevision(old).build()),
        Status.Code.OUT_OF_RANGE,
        COMPACTED);
    assertThat(get("a", GetOption.builder().withRevision(kept)).getKvs().get(0).getValue())
        .isEqualTo(bytes("2"));
    assertThat(only("a").getValue()).isEqualTo(bytes("3"));
  }

  @Test
  void compactionBelowTheLastOneIsRefused() throws Exception {
    put("a", "1");
    long at = put("a", "2");
    answer(kv.compact(at));

    assertRefused(kv.compact(at), Status.Code.OUT_OF_RANGE, COMPACTED);
    assertRefused(kv.compact(at - 1), Status.Code.OUT_OF_RANGE, COMPACTED);
    assertRefused(kv.compact(0), Status.Code.OUT_OF_RANGE, COMPACTED);
  }

  @Test
  void compactionOfTheFutureIsRefused() throws Exception {
    long now = put("a", "1");

    assertRefused(kv.compact(now + 1_000_000), Status.Code.OUT_OF_RANGE, FUTURE);
  }

  private long put(String name, String value) throws Exception {
    return answer(kv.put(etcd.key(name), bytes(value))).getHeader().getRevision();
  }

  private void putEach(String... names) throws Exception {
    for (String name : names) {
      put(name, "of " + name);
    }
  }

  private GetResponse get(String name) throws Exception {
    return get(name, GetOption.builder());
  }

  private GetResponse get(String name, GetOption.Builder option) throws Exception {
    return answer(kv.get(etcd.key(name), option.build()));
  }

  /** All keys of this test. */
  private GetResponse prefix(GetOption.Builder option) throws Exception {
    return get("", option.isPrefix(true));
  }

  private KeyValue only(String name) throws Exception {
    GetResponse found = get(name);
    assertThat(found.getKvs()).hasSize(1);
    return found.getKvs().get(0);
  }

  private List<String> names(GetResponse response) {
    return response.getKvs().stream().map(this::name).toList();
  }

  private String name(KeyValue found) {
    return found.getKey().toString(StandardCharsets.UTF_8).substring(etcd.prefix().length());
  }
}
