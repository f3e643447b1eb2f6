package dev.jangada.kv;

import static dev.jangada.kv.Client.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import dev.jangada.kv.bytes.Bytes;
import dev.jangada.kv.command.Compare;
import dev.jangada.kv.command.DeleteRangeRequest;
import dev.jangada.kv.command.DeleteRangeResponse;
import dev.jangada.kv.command.Failure;
import dev.jangada.kv.command.KeyValue;
import dev.jangada.kv.command.KvError;
import dev.jangada.kv.command.PutRequest;
import dev.jangada.kv.command.PutResponse;
import dev.jangada.kv.command.RangeRequest;
import dev.jangada.kv.command.Result;
import dev.jangada.kv.command.TxnRequest;
import dev.jangada.kv.command.TxnResponse;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What makes a revision, and which numbers a key carries. */
class RevisionTest {

  private final Client client = Client.onHeap();

  @AfterEach
  void close() {
    client.close();
  }

  @Test
  void emptyStoreIsAtRevisionOneAndTheFirstWriteMakesTwo() {
    assertThat(client.machine().revision()).isEqualTo(1);
    assertThat(client.put("k", "v").revision()).isEqualTo(2);
    assertThat(client.machine().revision()).isEqualTo(2);
  }

  @Test
  void putOfTheSameValueMakesARevision() {
    client.put("k", "v");
    assertThat(client.put("k", "v").revision()).isEqualTo(3);
    assertThat(client.get("k")).isEqualTo("k=v 2/3/2");
  }

  @Test
  void transactionOfSeveralWritesMakesOneRevision() {
    client.put("gone", "v");
    Result result =
        client.send(
            new TxnRequest(
                List.of(),
                List.of(
                    PutRequest.of(bytes("a"), bytes("1")),
                    PutRequest.of(bytes("b"), bytes("2")),
                    DeleteRangeRequest.of(bytes("gone"))),
                List.of()));
    assertThat(((TxnResponse) result).revision()).isEqualTo(3);
    assertThat(client.get("a")).isEqualTo("a=1 3/3/1");
    assertThat(client.get("b")).isEqualTo("b=2 3/3/1");
    assertThat(client.get("gone")).isEqualTo("absent");
    assertThat(client.machine().revision()).isEqualTo(3);
  }

  @Test
  void rangeDeleteMakesOneRevisionForAllItsKeys() {
    client.put("a", "1");
    client.put("b", "2");
    DeleteRangeResponse response =
        (DeleteRangeResponse) client.send(DeleteRangeRequest.of(Client.ALL, Client.ALL));
    assertThat(response).isEqualTo(new DeleteRangeResponse(4, 2, List.of()));
    assertThat(client.machine().revision()).isEqualTo(4);
  }

  @Test
  void nothingDeletedMakesNoRevision() {
    client.put("a", "1");
    assertThat(client.delete("b")).isEqualTo(new DeleteRangeResponse(2, 0, List.of()));
    assertThat(client.machine().revision()).isEqualTo(2);
  }

  @Test
  void readOnlyFailedAndRefusedTransactionsMakeNoRevision() {
    client.put("a", "1");
    client.send(new TxnRequest(List.of(), List.of(RangeRequest.of(bytes("a"))), List.of()));
    client.send(
        new TxnRequest(
            List.of(Compare.value(bytes("a"), Compare.Operator.EQUAL, bytes("2"))),
            List.of(PutRequest.of(bytes("a"), bytes("3"))),
            List.of()));
    client.send(new PutRequest(bytes("a"), bytes("4"), 77, false, false, false));
    client.compact(2);
    assertThat(client.machine().revision()).isEqualTo(2);
  }

  @Test
  void createRevisionStaysAndVersionCountsWhileTheKeyLives() {
    client.put("k", "1");
    client.put("other", "x");
    client.put("k", "2");
    assertThat(client.get("k")).isEqualTo("k=2 2/4/2");
  }

  @Test
  void keyCreatedAgainAfterDeleteIsANewGeneration() {
    client.put("k", "1");
    client.put("k", "2");
    client.delete("k");
    client.put("k", "3");
    assertThat(client.get("k")).isEqualTo("k=3 5/5/1");
    assertThat(client.get("k", 3)).isEqualTo("k=2 2/3/2");
    assertThat(client.get("k", 4)).isEqualTo("absent");
  }

  @Test
  void putReturnsTheVersionBeforeOnlyIfAskedForAndPresent() {
    PutRequest put = new PutRequest(bytes("k"), bytes("1"), 0, true, false, false);
    assertThat(((PutResponse) client.send(put)).prevKv()).isNull();
    assertThat(((PutResponse) client.send(put)).prevKv())
        .isEqualTo(new KeyValue(bytes("k"), 2, 2, 1, bytes("1"), 0));
    assertThat(client.put("k", "2").prevKv()).isNull();
  }

  @Test
  void putThatKeepsTheValueMakesAVersionOfIt() {
    client.put("k", "v");
    client.send(new PutRequest(bytes("k"), Bytes.EMPTY, 0, false, true, false));
    assertThat(client.get("k")).isEqualTo("k=v 2/3/2");
    client.send(new PutRequest(bytes("k"), bytes("w"), 0, false, false, true));
    assertThat(client.get("k")).isEqualTo("k=w 2/4/3");
  }

  @Test
  void putThatKeepsWhatDoesNotExistIsRefused() {
    assertThat(client.send(new PutRequest(bytes("k"), Bytes.EMPTY, 0, false, true, false)))
        .isEqualTo(new Failure(KvError.KEY_NOT_FOUND));
    assertThat(client.send(new PutRequest(bytes("k"), bytes("v"), 0, false, false, true)))
        .isEqualTo(new Failure(KvError.KEY_NOT_FOUND));
    assertThat(client.get("k")).isEqualTo("absent");
  }

  @Test
  void putWithUnknownLeaseIsRefused() {
    assertThat(client.send(new PutRequest(bytes("k"), bytes("v"), 1, false, false, false)))
        .isEqualTo(new Failure(KvError.LEASE_NOT_FOUND));
    assertThat(client.get("k")).isEqualTo("absent");
  }

  @Test
  void deleteReturnsWhatItDeletedInKeyOrder() {
    client.put("b", "2");
    client.put("a", "1");
    DeleteRangeResponse response =
        (DeleteRangeResponse) client.send(new DeleteRangeRequest(bytes("a"), bytes("c"), true));
    assertThat(response.prevKvs().stream().map(Client::show))
        .containsExactly("a=1 3/3/1", "b=2 2/2/1");
  }
}
