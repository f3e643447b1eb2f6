package dev.jangada.kv;

import static dev.jangada.kv.Client.ALL;
import static dev.jangada.kv.Client.bytes;
import static dev.jangada.kv.Client.keys;
import static org.assertj.core.api.Assertions.assertThat;

import dev.jangada.kv.command.CompactRequest;
import dev.jangada.kv.command.CompactResponse;
import dev.jangada.kv.command.DeleteRangeRequest;
import dev.jangada.kv.command.Failure;
import dev.jangada.kv.command.KvError;
import dev.jangada.kv.command.KvHash;
import dev.jangada.kv.command.Operation;
import dev.jangada.kv.command.PutRequest;
import dev.jangada.kv.command.RangeRequest;
import dev.jangada.kv.command.RangeResponse;
import dev.jangada.kv.command.Result;
import dev.jangada.kv.command.TxnRequest;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CompactionTest {

  private final Client client = Client.onHeap();

  @AfterEach
  void close() {
    client.close();
  }

  private long storedKeys() {
    return client.machine().metrics().getOrDefault("keys", -1L);
  }

  private Result compactPhysically(long revision) {
    return client.send(new CompactRequest(revision, true));
  }

  @Test
  void compactionKeepsTheCompactedRevisionReadableAndNothingBelow() {
    client.put("k", "1");
    client.put("k", "2");
    client.put("k", "3");
    assertThat(client.compact(3)).isEqualTo(new CompactResponse(4));
    assertThat(client.machine().compactedRevision()).isEqualTo(3);
    assertThat(client.get("k", 3)).isEqualTo("k=2 2/3/2");
    assertThat(client.get("k")).isEqualTo("k=3 2/4/3");
    assertThat(client.machine().range(RangeRequest.builder(bytes("k")).revision(2).build()))
        .isEqualTo(new Failure(KvError.COMPACTED));
  }

  /** While there is an alarm for want of space nothing is written that could remove it. */
  @Test
  void reclaimingRemovesAllThatCompactionGaveUpThoughNothingIsWritten() {
    client.put("stays", "1");
    for (int i = 0; i < 10_000; i++) {
      client.put("k%04d".formatted(i), "1");
    }
    long before = storedKeys();
    client.send(DeleteRangeRequest.of(bytes("k"), bytes("l")));
    client.compact(client.machine().revision());
    assertThat(storedKeys()).isGreaterThan(before);

    client.machine().reclaim();

    // The index keeps the compacted revision itself: an event for each key that it deleted.
    assertThat(storedKeys()).isLessThan(10_010);
    assertThat(keys(client.range(RangeRequest.of(ALL, ALL)))).containsExactly("stays");
    client.put("goes on", "1");
    assertThat(client.get("goes on")).startsWith("goes on=1");
  }

  @Test
  void compactionAtOrBelowTheCompactedRevisionIsRefused() {
    client.put("k", "1");
    client.put("k", "2");
    client.compact(2);
    for (long revision : new long[] {2, 1, 0, -1}) {
      assertThat(client.compact(revision)).isEqualTo(new Failure(KvError.COMPACTED));
    }
  }

  @Test
  void compactionOfAStoreNeverCompactedStartsAtRevisionOne() {
    assertThat(client.compact(0)).isEqualTo(new Failure(KvError.COMPACTED));
    assertThat(client.compact(-1)).isEqualTo(new Failure(KvError.COMPACTED));
    assertThat(client.compact(1)).isEqualTo(new CompactResponse(1));
  }

  @Test
  void compactionAboveTheCurrentRevisionIsRefused() {
    client.put("k", "1");
    assertThat(client.compact(3)).isEqualTo(new Failure(KvError.FUTURE_REVISION));
    assertThat(client.machine().compactedRevision()).isZero();
  }

  @Test
  void compactionChangesNothingThatIsStillReadable() {
    List<RangeResponse> before = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      client.put("k" + i % 5, "v" + i);
      if (i % 3 == 0) {
        client.delete("k" + (i + 1) % 5);
      }
    }
    long current = client.machine().revision();
    for (long revision = 15; revision <= current; revision++) {
      before.add(client.range(everythingAt(revision)));
    }
    compactPhysically(15);
    for (long revision = 15; revision <= current; revision++) {
      assertThat(client.range(everythingAt(revision))).isEqualTo(before.get((int) revision - 15));
    }
  }

  private static RangeRequest everythingAt(long revision) {
    return RangeRequest.builder(ALL).rangeEnd(ALL).revision(revision).build();
  }

  @Test
  void physicalCompactionRemovesReplacedVersions() {
    for (int i = 0; i < 10; i++) {
      client.put("k", "v" + i);
    }
    compactPhysically(client.machine().revision());
    // The latest version, what the last revision did, and the state.
    assertThat(storedKeys()).isEqualTo(3);
  }

  @Test
  void physicalCompactionRemovesDeletions() {
    client.put("a", "1");
    client.put("b", "1");
    client.send(DeleteRangeRequest.of(ALL, ALL));
    client.put("c", "1");
    compactPhysically(client.machine().revision());
    assertThat(storedKeys()).isEqualTo(3);
    assertThat(keys(client.range(RangeRequest.of(ALL, ALL)))).containsExactly("c");
  }

  @Test
  void keyCreatedAgainSurvivesTheRemovalOfItsDeletion() {
    client.put("k", "1");
    client.delete("k");
    client.put("k", "2");
    compactPhysically(3);
    assertThat(client.get("k", 3)).isEqualTo("absent");
    assertThat(client.get("k", 4)).isEqualTo("k=2 4/4/1");
    compactPhysically(4);
    assertThat(client.get("k", 4)).isEqualTo("k=2 4/4/1");
    assertThat(storedKeys()).isEqualTo(3);
  }

  @Test
  void leftoversAreRemovedLittleByLittleAndNobodyCanTell() {
    int versions = 5_000;
    for (int i = 0; i < versions; i++) {
      client.put("k" + i % 7, "v" + i);
    }
    for (int i = 0; i < 600; i++) {
      client.put("deleted" + i, "v");
    }
    for (int i = 0; i < 600; i++) {
      client.delete("deleted" + i);
    }
    for (int i = 0; i < 10; i++) {
      client.put("k" + i % 7, "w" + i);
    }
    long compacted = client.machine().revision() - 3;
    RangeResponse expected = client.range(everythingAt(compacted));
    client.compact(compacted);
    KvHash hash = (KvHash) client.machine().hash(0);
    long stored = storedKeys();
    int steps = 0;
    while (client.machine().metrics().getOrDefault("removed_revision", -1L) < compacted) {
      client.send(DeleteRangeRequest.of(bytes("missing")));
      assertThat(client.range(everythingAt(compacted)).keyValues()).isEqualTo(expected.keyValues());
      assertThat(client.machine().hash(0)).isEqualTo(hash);
      assertThat(stored - storedKeys()).as("removed in one step").isBetween(1L, 400L);
      stored = storedKeys();
      steps++;
    }
    assertThat(steps).isGreaterThan(3);
    // Seven latest versions, three replaced since, what four revisions did, and the state.
    assertThat(stored).isEqualTo(7 + 3 + 4 + 1);
  }

  @Test
  void revisionOfMoreWritesThanAreRemovedAtOnceIsRemovedAsAWhole() {
    List<Operation> puts = new ArrayList<>();
    for (int i = 0; i < 700; i++) {
      puts.add(PutRequest.of(bytes("k" + i), bytes("v")));
    }
    TxnRequest all = new TxnRequest(List.of(), puts, List.of());
    client.send(all);
    client.send(all);
    client.send(DeleteRangeRequest.of(ALL, ALL));
    long last = client.put("last", "v").revision();
    client.compact(last);
    while (client.machine().metrics().getOrDefault("removed_revision", -1L) < last) {
      client.send(DeleteRangeRequest.of(bytes("missing")));
    }
    assertThat(storedKeys()).isEqualTo(3);
  }

  @Test
  void compactionInTheMiddleOfARemovalGoesOnToTheNewRevision() {
    for (int i = 0; i < 3_000; i++) {
      client.put("k", "v" + i);
    }
    client.compact(2_000);
    client.compact(client.machine().revision());
    compactPhysically(client.put("k", "last").revision());
    assertThat(storedKeys()).isEqualTo(3);
  }

  @Test
  void hashIgnoresWhatCompactionGaveUp() {
    client.put("k", "1");
    client.put("k", "2");
    try (Client other = Client.onHeap()) {
      other.put("k", "0");
      other.put("k", "2");
      assertThat(hash(other)).isNotEqualTo(hash(client));
      // The first versions, in which the two differ, cannot be read any more.
      client.compact(3);
      other.compact(3);
      assertThat(hash(other)).isEqualTo(hash(client));
    }
  }

  @Test
  void hashTellsEveryFieldAndDeletionsApart() {
    List<Long> hashes = new ArrayList<>();
    hashes.add(hash(client));
    client.put("k", "1");
    hashes.add(hash(client));
    client.put("k", "1");
    hashes.add(hash(client));
    client.delete("k");
    hashes.add(hash(client));
    client.put("k", "1");
    hashes.add(hash(client));
    client.put("", "k1");
    hashes.add(hash(client));
    assertThat(hashes).doesNotHaveDuplicates();
  }

  @Test
  void hashUpToARevisionDoesNotDependOnWhatCameAfterIt() {
    client.put("a", "1");
    client.put("b", "1");
    KvHash then = (KvHash) client.machine().hash(0);
    client.put("a", "2");
    client.delete("b");
    KvHash now = (KvHash) client.machine().hash(3);
    assertThat(now.hash()).isEqualTo(then.hash());
    assertThat(now.hashRevision()).isEqualTo(3);
    assertThat(now.revision()).isEqualTo(5);
  }

  @Test
  void hashOfARevisionThatCannotBeHashedIsRefused() {
    client.put("a", "1");
    client.put("a", "2");
    client.compact(2);
    assertThat(client.machine().hash(4)).isEqualTo(new Failure(KvError.FUTURE_REVISION));
    assertThat(client.machine().hash(2)).isEqualTo(new Failure(KvError.COMPACTED));
    assertThat(client.machine().hash(3)).isInstanceOf(KvHash.class);
  }

  private static long hash(Client client) {
    return ((KvHash) client.machine().hash(0)).hash();
  }
}
