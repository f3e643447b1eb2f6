package dev.jangada.kv;

import static dev.jangada.kv.Client.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jangada.kv.bytes.Bytes;
import dev.jangada.kv.command.AdvanceLeaseClockRequest;
import dev.jangada.kv.command.AdvanceLeaseClockResponse;
import dev.jangada.kv.command.CommandCodec;
import dev.jangada.kv.command.DeleteRangeRequest;
import dev.jangada.kv.command.Failure;
import dev.jangada.kv.command.KvError;
import dev.jangada.kv.command.LeaseGrantRequest;
import dev.jangada.kv.command.LeaseKeepAliveRequest;
import dev.jangada.kv.command.LeaseKeepAliveResponse;
import dev.jangada.kv.command.LeaseRevokeRequest;
import dev.jangada.kv.command.LeaseRevokeResponse;
import dev.jangada.kv.command.PutRequest;
import dev.jangada.kv.command.Result;
import dev.jangada.kv.command.TxnRequest;
import dev.jangada.kv.store.HeapStore;
import dev.jangada.kv.store.OrderedStore;
import dev.jangada.kv.store.StoreException;
import dev.jangada.raft.Entry;
import dev.jangada.raft.EntryType;
import dev.jangada.raft.Proposal;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Leases in the state machine, where time is what the log says. */
class LeaseTest {

  private static final long ID = 7;

  private static final Failure NOT_FOUND = new Failure(KvError.LEASE_NOT_FOUND);

  private static Result put(Client client, String key, long lease) {
    return client.send(new PutRequest(bytes(key), bytes("v"), lease, false, false, false));
  }

  private static void advance(Client client, long millis) {
    assertThat(client.send(new AdvanceLeaseClockRequest(millis, 1)))
        .isInstanceOf(AdvanceLeaseClockResponse.class);
  }

  private static List<String> keysOf(Client client, long id) {
    LeaseStatus lease = client.machine().lease(id, true);
    return lease == null ? List.of() : lease.keys().stream().map(Bytes::toString).toList();
  }

  @Test
  void leaseEndsItsTimeToLiveAndOneAdvanceAfterItWasGrantedAndNotBefore() {
    try (Client client = Client.onHeap()) {
      client.send(new LeaseGrantRequest(ID, 2));
      put(client, "k", ID);
      advance(client, 1_000);
      advance(client, 1_000);
      advance(client, 999);
      assertThat(client.get("k")).isEqualTo("k=v 2/2/1");
      assertThat(client.machine().lease(ID, false)).isEqualTo(new LeaseStatus(ID, 2, 0, List.of()));

      advance(client, 1);

      assertThat(client.get("k")).isEqualTo("absent");
      assertThat(client.machine().lease(ID, false)).isNull();
      assertThat(client.machine().revision()).isEqualTo(3);
    }
  }

  @Test
  void keepingAliveGivesTheWholeTimeToLiveAgain() {
    try (Client client = Client.onHeap()) {
      client.send(new LeaseGrantRequest(ID, 2));
      advance(client, 1_000);
      advance(client, 1_000);

      assertThat(client.send(new LeaseKeepAliveRequest(ID)))
          .isEqualTo(new LeaseKeepAliveResponse(1, 2));

      assertThat(client.machine().lease(ID, false)).isEqualTo(new LeaseStatus(ID, 2, 2, List.of()));
      advance(client, 1_000);
      advance(client, 1_000);
      advance(client, 999);
      assertThat(client.machine().leases()).containsExactly(ID);
      advance(client, 1);
      assertThat(client.machine().leases()).isEmpty();
      assertThat(client.send(new LeaseKeepAliveRequest(ID))).isEqualTo(NOT_FOUND);
    }
  }

  /** Whoever leads no more, and does not know it yet, ends nobody's lease. */
  @Test
  void advanceMeasuredInAnotherTermThanItsEntrysMovesNothing() {
    try (Client client = Client.onHeap()) {
      client.send(new LeaseGrantRequest(ID, 1));
      for (int i = 0; i < 5; i++) {
        client.send(new AdvanceLeaseClockRequest(1_000, 2));
      }
      assertThat(client.machine().leaseClock()).isEqualTo(new LeaseClock(0, 1));
      advance(client, 400);
      assertThat(client.machine().leaseClock()).isEqualTo(new LeaseClock(400, 1));
    }
  }

  /** What was measured as the leader of a term, and proposed when the node led a later one. */
  @Test
  void advanceMeasuredInAnEarlierTermMovesNothing() {
    try (Client client = Client.onHeap()) {
      client.send(new LeaseGrantRequest(ID, 1));
      byte[] earlier = CommandCodec.encode(new AdvanceLeaseClockRequest(1_000, 2));
      long index = client.machine().appliedIndex() + 1;
      client.machine().apply(List.of(new Entry(index, 3, EntryType.COMMAND, 1, 1, earlier)));
      assertThat(client.machine().leaseClock()).isEqualTo(new LeaseClock(0, 1));
      client.machine().apply(List.of(new Entry(index + 1, 2, EntryType.COMMAND, 1, 2, earlier)));
      assertThat(client.machine().leaseClock()).isEqualTo(new LeaseClock(1_000, 1));
    }
  }

  @Test
  void revokingDeletesTheKeysInTheirOrderInOneRevisionAndTellsWatchers() {
    List<KeyEvent> events = new ArrayList<>();
    try (Client client = Client.onHeap()) {
      client.send(new LeaseGrantRequest(ID, 60));
      put(client, "c", ID);
      put(client, "a", ID);
      put(client, "b", 0);
      put(client, "a0", ID);
      client
          .machine()
          .listen(
              new EventListener() {
                @Override
                public void committed(long revision, List<KeyEvent> committed) {
                  events.addAll(committed);
                }

                @Override
                public void restored(long revision) {}
              });

      assertThat(client.send(new LeaseRevokeRequest(ID))).isEqualTo(new LeaseRevokeResponse(6));

      assertThat(events)
          .extracting(event ->
              (event.delete() ? "DELETE " : "PUT ")
                  + event.keyValue().key()
                  + "@"
                  + event.revision())
          .containsExactly("DELETE a@6", "DELETE a0@6", "DELETE c@6");
      assertThat(client.get("b")).isNotEqualTo("absent");
      assertThat(client.send(new LeaseRevokeRequest(ID))).isEqualTo(NOT_FOUND);
    }
  }

  @Test
  void revokingALeaseWithoutKeysMakesNoRevision() {
    try (Client client = Client.onHeap()) {
      client.send(new LeaseGrantRequest(ID, 60));
      assertThat(client.send(new LeaseRevokeRequest(ID))).isEqualTo(new LeaseRevokeResponse(1));
      assertThat(client.machine().leaseClock().leases()).isZero();
    }
  }

  @Test
  void grantOfAnIdInUseIsRefusedAndChangesNothing() {
    try (Client client = Client.onHeap()) {
      client.send(new LeaseGrantRequest(ID, 60));
      assertThat(client.send(new LeaseGrantRequest(ID, 5)))
          .isEqualTo(new Failure(KvError.LEASE_EXISTS));
      assertThat(client.machine().lease(ID, false))
          .isEqualTo(new LeaseStatus(ID, 60, 60, List.of()));
    }
  }

  @Test
  void putAttachesAnotherPutDetachesAndIgnoreLeaseKeeps() {
    try (Client client = Client.onHeap()) {
      client.send(new LeaseGrantRequest(ID, 60));
      client.send(new LeaseGrantRequest(8, 60));
      put(client, "k", ID);
      put(client, "l", ID);
      assertThat(keysOf(client, ID)).containsExactly("k", "l");

      client.send(new PutRequest(bytes("k"), bytes("w"), 0, false, false, true));
      assertThat(keysOf(client, ID)).containsExactly("k", "l");
      put(client, "k", 8);
      assertThat(keysOf(client, ID)).containsExactly("l");
      assertThat(keysOf(client, 8)).containsExactly("k");
      put(client, "k", 0);
      client.delete("l");
      assertThat(keysOf(client, ID)).isEmpty();
      assertThat(keysOf(client, 8)).isEmpty();

      client.send(new LeaseRevokeRequest(ID));
      client.send(new LeaseRevokeRequest(8));
      assertThat(client.get("k")).isEqualTo("k=v 2/6/4");
    }
  }

  @Test
  void keysDeletedByARangeAndPutByATransactionAreDetachedAndAttached() {
    try (Client client = Client.onHeap()) {
      client.send(new LeaseGrantRequest(ID, 60));
      put(client, "a", ID);
      put(client, "b", ID);
      client.send(
          new TxnRequest(
              List.of(),
              List.of(
                  DeleteRangeRequest.of(bytes("a"), bytes("c")),
                  new PutRequest(bytes("d"), bytes("v"), ID, false, false, false)),
              List.of()));
      assertThat(keysOf(client, ID)).containsExactly("d");
    }
  }

  @Test
  void putWithAnUnknownLeaseIsRefusedAlsoInsideATransactionWhichThenWritesNothing() {
    try (Client client = Client.onHeap()) {
      assertThat(put(client, "k", ID)).isEqualTo(NOT_FOUND);
      assertThat(
              client.send(
                  new TxnRequest(
                      List.of(),
                      List.of(
                          PutRequest.of(bytes("a"), bytes("v")),
                          new PutRequest(bytes("k"), bytes("v"), ID, false, false, false)),
                      List.of())))
          .isEqualTo(NOT_FOUND);
      assertThat(client.machine().revision()).isEqualTo(1);
    }
  }

  @Test
  void eachLeaseThatIsDueMakesARevisionOfItsOwnTheEarliestFirst() {
    try (Client client = Client.onHeap()) {
      client.send(new LeaseGrantRequest(1, 2));
      client.send(new LeaseGrantRequest(2, 1));
      client.send(new LeaseGrantRequest(3, 2));
      put(client, "a", 1);
      put(client, "b", 2);
      put(client, "c", 3);
      long revision = client.machine().revision();
      List<Entry> advances = new ArrayList<>();
      for (int i = 1; i <= 3; i++) {
        long index = client.machine().appliedIndex() + i;
        byte[] data = CommandCodec.encode(new AdvanceLeaseClockRequest(1_000, 1));
        advances.add(Entry.command(index, 1, new Proposal(1, index, data)));
      }

      client.machine().apply(advances);

      assertThat(client.machine().revision()).isEqualTo(revision + 3);
      assertThat(client.get("b", revision + 1)).isEqualTo("absent");
      assertThat(client.get("a", revision + 1)).isNotEqualTo("absent");
      assertThat(client.get("a", revision + 2)).isEqualTo("absent");
      assertThat(client.get("c", revision + 2)).isNotEqualTo("absent");
      assertThat(client.get("c", revision + 3)).isEqualTo("absent");
    }
  }

  @Test
  void moreLeasesThanMayGoAtOnceGoWithTheNextAdvance() {
    int excess = 10;
    try (Client client = Client.onHeap()) {
      List<Entry> grants = new ArrayList<>();
      for (int id = 1; id <= LeaseExecutor.ENDED_PER_ADVANCE + excess; id++) {
        byte[] data = CommandCodec.encode(new LeaseGrantRequest(id, 1));
        grants.add(Entry.command(id, 1, new Proposal(1, id, data)));
      }
      client.machine().apply(grants);
      advance(client, 1_000);
      assertThat(client.machine().leaseClock().leases()).isEqualTo(grants.size());
      advance(client, 1_000);
      assertThat(client.machine().leaseClock().leases()).isEqualTo(excess);
      advance(client, 1);
      assertThat(client.machine().leaseClock()).isEqualTo(new LeaseClock(2_001, 0));
    }
  }

  @Test
  void leasesAndTheirClockSurviveARestartAndEndWhenTheyWouldHave() {
    try (Engine engine = Engine.rocksDb()) {
      Client client = new Client(engine);
      client.send(new LeaseGrantRequest(ID, 1));
      put(client, "k", ID);
      advance(client, 1_000);
      advance(client, 900);
      client.machine().flush();

      engine.crash();

      assertThat(client.machine().leaseClock()).isEqualTo(new LeaseClock(1_900, 1));
      assertThat(keysOf(client, ID)).containsExactly("k");
      advance(client, 100);
      assertThat(client.get("k")).isEqualTo("absent");
    }
  }

  /** What was written before there were leases is read; what is newer than this is refused. */
  @Test
  void storeOfTheFormatBeforeLeasesIsReadAndOneOfALaterFormatRefused() {
    HeapStore store = new HeapStore();
    write(store, HexFormat.of().parseHex("01" + number(5) + number(4) + number(3) + number(2)));
    try (OrderedStore.Snapshot snapshot = store.snapshot()) {
      assertThat(StoreState.decode(snapshot.get(Layout.STATE_KEY)))
          .isEqualTo(new StoreState(5, 4, 3, 2, LeaseState.EMPTY));
    }
    try (KvStateMachine machine = new KvStateMachine(store)) {
      assertThat(machine.appliedIndex()).isEqualTo(5);
      assertThat(machine.leases()).isEmpty();
    }
    HeapStore later = new HeapStore();
    write(later, HexFormat.of().parseHex("03" + number(5).repeat(7)));
    assertThatThrownBy(() -> new KvStateMachine(later))
        .isInstanceOf(StoreException.class)
        .hasMessageContaining("format 3")
        .hasMessageContaining("another version");
    later.close();
  }

  private static String number(long number) {
    return HexFormat.of().toHexDigits(number);
  }

  private static void write(HeapStore store, byte[] state) {
    try (OrderedStore.Batch batch = store.newBatch()) {
      batch.put(Layout.STATE_KEY, state);
      batch.commit();
    }
  }
}
