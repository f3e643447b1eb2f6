package dev.jangada.kv;

import static dev.jangada.kv.Client.ALL;
import static dev.jangada.kv.Client.bytes;
import static dev.jangada.kv.Client.keys;
import static org.assertj.core.api.Assertions.assertThat;

import dev.jangada.kv.bytes.Bytes;
import dev.jangada.kv.command.Failure;
import dev.jangada.kv.command.KeyRange;
import dev.jangada.kv.command.KeyValue;
import dev.jangada.kv.command.KvError;
import dev.jangada.kv.command.RangeRequest;
import dev.jangada.kv.command.RangeRequest.SortOrder;
import dev.jangada.kv.command.RangeRequest.SortTarget;
import dev.jangada.kv.command.RangeResponse;
import dev.jangada.kv.command.Requests;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RangeTest {

  private final Client client = Client.onHeap();

  /** Revisions: a 2 then 6, ab 3, b 4, c 5; value order: c, b, ab, a. */
  @BeforeEach
  void fill() {
    client.put("a", "0");
    client.put("ab", "3");
    client.put("b", "2");
    client.put("c", "1");
    client.put("a", "4");
  }

  @AfterEach
  void close() {
    client.close();
  }

  private static RangeRequest.Builder everything() {
    return RangeRequest.builder(ALL).rangeEnd(ALL);
  }

  @Test
  void rangeWithoutEndIsTheOneKey() {
    assertThat(keys(client.range(RangeRequest.of(bytes("a"))))).containsExactly("a");
    assertThat(client.range(RangeRequest.of(bytes("aa"))))
        .isEqualTo(new RangeResponse(6, List.of(), false, 0));
  }

  @Test
  void rangeEndIsExclusive() {
    assertThat(keys(client.range(RangeRequest.of(bytes("a"), bytes("c")))))
        .containsExactly("a", "ab", "b");
  }

  @Test
  void rangeEndOfOneZeroByteIsNoEnd() {
    assertThat(keys(client.range(RangeRequest.of(bytes("ab"), ALL))))
        .containsExactly("ab", "b", "c");
    assertThat(keys(client.range(everything().build()))).containsExactly("a", "ab", "b", "c");
  }

  @Test
  void rangeOfPrefixEndsWithItsLastByteIncremented() {
    Bytes a = bytes("a");
    assertThat(keys(client.range(RangeRequest.of(a, KeyRange.prefixEnd(a)))))
        .containsExactly("a", "ab");
    assertThat(KeyRange.prefixEnd(Requests.latin("a\u00ff\u00ff"))).isEqualTo(bytes("b"));
    assertThat(KeyRange.prefixEnd(Requests.latin("\u00ff"))).isEqualTo(ALL);
  }

  @Test
  void rangeEndNotAfterTheKeyIsEmptyAndNoError() {
    assertThat(client.range(RangeRequest.of(bytes("b"), bytes("a"))).count()).isZero();
    assertThat(client.range(RangeRequest.of(bytes("b"), bytes("b"))).count()).isZero();
    RangeRequest old = RangeRequest.builder(bytes("b")).rangeEnd(bytes("a")).revision(5).build();
    assertThat(client.range(old).count()).isZero();
  }

  @Test
  void limitCutsAndSaysSoAndTheCountIsOfAll() {
    RangeResponse cut = client.range(everything().limit(3).build());
    assertThat(keys(cut)).containsExactly("a", "ab", "b");
    assertThat(cut.more()).isTrue();
    assertThat(cut.count()).isEqualTo(4);

    RangeResponse whole = client.range(everything().limit(4).build());
    assertThat(whole.keyValues()).hasSize(4);
    assertThat(whole.more()).isFalse();
  }

  @Test
  void limitOfZeroOrLessIsNone() {
    assertThat(client.range(everything().limit(0).build()).keyValues()).hasSize(4);
    assertThat(client.range(everything().limit(-3).build()).keyValues()).hasSize(4);
  }

  @ParameterizedTest
  @CsvSource({
    "NONE,KEY,a ab b c",
    "ASCEND,KEY,a ab b c",
    "DESCEND,KEY,c b ab a",
    "NONE,VALUE,c b ab a",
    "ASCEND,VALUE,c b ab a",
    "DESCEND,VALUE,a ab b c",
    "NONE,MOD,ab b c a",
    "DESCEND,MOD,a c b ab",
    "ASCEND,CREATE,a ab b c",
    "DESCEND,CREATE,c b ab a",
    "ASCEND,VERSION,ab b c a",
    "DESCEND,VERSION,a ab b c"
  })
  void sortsByEveryTarget(SortOrder order, SortTarget target, String expected) {
    assertThat(keys(client.range(everything().sort(order, target).build())))
        .containsExactly(expected.split(" "));
  }

  @Test
  void sortingComesBeforeTheLimit() {
    RangeResponse response =
        client.range(everything().sort(SortOrder.DESCEND, SortTarget.VALUE).limit(2).build());
    assertThat(keys(response)).containsExactly("a", "ab");
    assertThat(response.more()).isTrue();
    assertThat(response.count()).isEqualTo(4);
    RangeResponse whole =
        client.range(everything().sort(SortOrder.DESCEND, SortTarget.VALUE).limit(4).build());
    assertThat(whole.more()).isFalse();
  }

  @Test
  void keysOnlyLeavesOutValuesAndStillSortsByThem() {
    RangeResponse response =
        client.range(everything().sort(SortOrder.ASCEND, SortTarget.VALUE).keysOnly(true).build());
    assertThat(keys(response)).containsExactly("c", "b", "ab", "a");
    assertThat(response.keyValues()).allMatch(kv -> kv.value().isEmpty());
    assertThat(client.range(RangeRequest.builder(bytes("a")).keysOnly(true).build()).keyValues())
        .containsExactly(new KeyValue(bytes("a"), 2, 6, 2, Bytes.EMPTY, 0));
  }

  @Test
  void countOnlyReturnsNoKeysAndNeverMore() {
    assertThat(client.range(everything().countOnly(true).limit(1).build()))
        .isEqualTo(new RangeResponse(6, List.of(), false, 4));
    assertThat(client.range(RangeRequest.builder(bytes("a")).countOnly(true).build()))
        .isEqualTo(new RangeResponse(6, List.of(), false, 1));
  }

  @Test
  void revisionBoundsFilterTheKeysButNotTheCount() {
    RangeResponse byMod = client.range(everything().modRevisions(4, 5).build());
    assertThat(keys(byMod)).containsExactly("b", "c");
    assertThat(byMod.count()).isEqualTo(4);
    assertThat(keys(client.range(everything().modRevisions(0, 3).build()))).containsExactly("ab");
    assertThat(keys(client.range(everything().createRevisions(4, 0).build())))
        .containsExactly("b", "c");
    assertThat(keys(client.range(everything().createRevisions(0, 2).build()))).containsExactly("a");
  }

  @Test
  void limitCountsOnlyKeysThatPassTheBounds() {
    RangeResponse one = client.range(everything().modRevisions(6, 0).limit(1).build());
    assertThat(keys(one)).containsExactly("a");
    assertThat(one.more()).isFalse();
    RangeResponse cut = client.range(everything().modRevisions(5, 0).limit(1).build());
    assertThat(keys(cut)).containsExactly("a");
    assertThat(cut.more()).isTrue();
  }

  @Test
  void historicReadShowsKeysAndCountOfThatRevisionUnderTheCurrentHeader() {
    client.delete("b");
    RangeResponse response = client.range(everything().revision(4).build());
    assertThat(response.keyValues().stream().map(Client::show))
        .containsExactly("a=0 2/2/1", "ab=3 3/3/1", "b=2 4/4/1");
    assertThat(response.count()).isEqualTo(3);
    assertThat(response.revision()).isEqualTo(7);
  }

  @Test
  void revisionOfZeroOrLessIsNow() {
    assertThat(client.get("a", 0)).isEqualTo("a=4 2/6/2");
    assertThat(client.get("a", -5)).isEqualTo("a=4 2/6/2");
  }

  @Test
  void futureRevisionIsRefused() {
    assertThat(client.machine().range(everything().revision(7).build()))
        .isEqualTo(new Failure(KvError.FUTURE_REVISION));
    assertThat(client.machine().range(everything().revision(6).build()))
        .isInstanceOf(RangeResponse.class);
  }

  @Test
  void keysThatAreEachOthersPrefixesWithZeroBytesKeepTheirVersionsApart() {
    for (String key : new String[] {"z", "z\0", "z\0\0", "z\0\1", "z\1"}) {
      client.put(key, "old");
    }
    long revision = client.machine().revision();
    for (String key : new String[] {"z", "z\0", "z\0\0", "z\0\1", "z\1"}) {
      client.put(key, "new");
    }
    RangeResponse old =
        client.range(RangeRequest.builder(bytes("z")).rangeEnd(ALL).revision(revision).build());
    assertThat(keys(old)).containsExactly("z", "z\\x00", "z\\x00\\x00", "z\\x00\\x01", "z\\x01");
    assertThat(old.keyValues()).allMatch(kv -> kv.value().equals(bytes("old")));
    assertThat(client.get("z\0", revision)).startsWith("z\\x00=old");
  }
}
