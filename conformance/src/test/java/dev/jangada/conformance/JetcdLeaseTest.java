package dev.jangada.conformance;

import static dev.jangada.conformance.Answers.answer;
import static dev.jangada.conformance.Answers.assertRefused;
import static dev.jangada.conformance.ClusterUnderTest.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.etcd.jetcd.KV;
import io.etcd.jetcd.KeyValue;
import io.etcd.jetcd.Lease;
import io.etcd.jetcd.lease.LeaseGrantResponse;
import io.etcd.jetcd.lease.LeaseKeepAliveResponse;
import io.etcd.jetcd.lease.LeaseTimeToLiveResponse;
import io.etcd.jetcd.options.GetOption;
import io.etcd.jetcd.options.LeaseOption;
import io.etcd.jetcd.options.PutOption;
import io.etcd.jetcd.options.WatchOption;
import io.etcd.jetcd.support.CloseableClient;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Leases by jetcd. */
@Timeout(300)
@SuppressWarnings("try") // a watcher or keep-alive does its work by being open
class JetcdLeaseTest {

  private static final String NOT_FOUND = "etcdserver: requested lease not found";

  @RegisterExtension static final ClusterUnderTest etcd = new ClusterUnderTest();

  private KV kv;
  private Lease lease;

  @SuppressWarnings("NullAway.Init") // set before each test
  JetcdLeaseTest() {}

  @BeforeEach
  void connect() {
    kv = etcd.client().getKVClient();
    lease = etcd.client().getLeaseClient();
  }

  @Test
  void grantAnswersAnIdAndItsTimeAndMakesNoRevision() throws Exception {
    long before = answer(kv.put(etcd.key("a"), bytes("1"))).getHeader().getRevision();

    LeaseGrantResponse granted = answer(lease.grant(3600));
    LeaseGrantResponse other = answer(lease.grant(3600));

    assertThat(granted.getID()).isPositive().isNotEqualTo(other.getID());
    assertThat(granted.getTTL()).isEqualTo(3600);
    assertThat(other.getHeader().getRevision()).isEqualTo(before);
  }

  @Test
  void timeBelowTheLeastIsRaised() throws Exception {
    assertThat(answer(lease.grant(1)).getTTL()).isEqualTo(2);
    assertThat(answer(lease.grant(0)).getTTL()).isEqualTo(2);
    assertThat(answer(lease.grant(-5)).getTTL()).isEqualTo(2);
  }

  @Test
  void timeAboveTheMostIsRefused() throws Exception {
    assertRefused(
        lease.grant(9_000_000_001L), Status.Code.OUT_OF_RANGE, "etcdserver: too large lease TTL");
    assertThat(answer(lease.grant(9_000_000_000L)).getTTL()).isEqualTo(9_000_000_000L);
  }

  @Test
  void timeToLiveTellsWhatIsLeftAndTheKeys() throws Exception {
    long id = answer(lease.grant(1000)).getID();
    put("b", id);
    put("a", id);

    LeaseTimeToLiveResponse with =
        answer(lease.timeToLive(id, LeaseOption.builder().withAttachedKeys().build()));
    LeaseTimeToLiveResponse without = answer(lease.timeToLive(id, LeaseOption.DEFAULT));

    assertThat(with.getKeys()).containsExactlyInAnyOrder(etcd.key("a"), etcd.key("b"));
    assertThat(with.getGrantedTTL()).isEqualTo(1000);
    assertThat(with.getTTL()).isBetween(900L, 1000L);
    assertThat(without.getKeys()).isEmpty();
  }

  @Test
  void unknownLeaseHasNoTimeToLive() throws Exception {
    assertThat(answer(lease.timeToLive(0x7777, LeaseOption.DEFAULT)).getTTL()).isEqualTo(-1);
  }

  @Test
  void revocationDeletesAllKeysInOneRevision() throws Exception {
    long id = answer(lease.grant(3600)).getID();
    put("a", id);
    long last = put("b", id);

    answer(lease.revoke(id));

    assertThat(answer(kv.get(etcd.key(""), GetOption.builder().isPrefix(true).build())).getCount())
        .isZero();
    assertThat(answer(kv.put(etcd.key("c"), bytes("1"))).getHeader().getRevision())
        .isEqualTo(last + 2);
    assertRefused(lease.revoke(id), Status.Code.NOT_FOUND, NOT_FOUND);
  }

  @Test
  void keyHasItsLeaseUntilAPutWithoutIt() throws Exception {
    long first = answer(lease.grant(3600)).getID();
    long second = answer(lease.grant(3600)).getID();
    put("moved", first);
    put("moved", second);
    put("freed", first);
    answer(kv.put(etcd.key("freed"), bytes("2")));
    assertThat(get("moved").getLease()).isEqualTo(second);
    assertThat(get("freed").getLease()).isZero();

    answer(lease.revoke(first));

    assertThat(get("moved").getLease()).isEqualTo(second);
    assertThat(get("freed").getValue()).isEqualTo(bytes("2"));
    answer(lease.revoke(second));
    assertThat(answer(kv.get(etcd.key("moved"))).getCount()).isZero();
  }

  @Test
  void endOfALeaseDeletesItsKeysAndNotTooEarly() throws Exception {
    WatchRecorder recorder = new WatchRecorder();
    long start = answer(kv.put(etcd.key("first"), bytes("1"))).getHeader().getRevision();
    long granted = System.nanoTime();
    long id = answer(lease.grant(6)).getID();
    put("a", id);
    put("b", id);

    WatchOption deletions =
        WatchOption.builder().isPrefix(true).withNoPut(true).withRevision(start).build();
    try (var unused = etcd.client().getWatchClient().watch(etcd.key(""), deletions, recorder)) {
      var events = recorder.events(2);

      assertThat(Duration.ofNanos(System.nanoTime() - granted))
          .isGreaterThanOrEqualTo(Duration.ofSeconds(6));
      assertThat(events.get(0).getKeyValue().getModRevision())
          .isEqualTo(events.get(1).getKeyValue().getModRevision());
    }
    assertThat(answer(lease.timeToLive(id, LeaseOption.DEFAULT)).getTTL()).isEqualTo(-1);
  }

  @Test
  void keepAliveOnceGivesTheFullTimeAgain() throws Exception {
    long id = answer(lease.grant(100)).getID();
    await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> answer(lease.timeToLive(id, LeaseOption.DEFAULT)).getTTL() < 98);

    long asked = System.nanoTime();
    LeaseKeepAliveResponse kept = answer(lease.keepAliveOnce(id));

    assertThat(kept.getTTL()).isEqualTo(100);
    assertThat(kept.getID()).isEqualTo(id);
    long left = answer(lease.timeToLive(id, LeaseOption.DEFAULT)).getTTL();
    // Told in whole seconds: what has begun of one is gone.
    long elapsedSeconds = Duration.ofNanos(System.nanoTime() - asked).toSeconds() + 1;
    assertThat(left).isGreaterThanOrEqualTo(100 - elapsedSeconds);
  }

  @Test
  void keepAliveKeepsItBeyondItsTimeUntilItStops() throws Exception {
    long id = answer(lease.grant(6)).getID();
    put("a", id);
    CountDownLatch renewals = new CountDownLatch(5);
    StreamObserver<LeaseKeepAliveResponse> counter =
        new StreamObserver<>() {
          @Override
          public void onNext(LeaseKeepAliveResponse response) {
            renewals.countDown();
          }

          @Override
          public void onError(Throwable failure) {}

          @Override
          public void onCompleted() {}
        };
    try (CloseableClient unused = lease.keepAlive(id, counter)) {
      // A third of the time passes between two of them.
      assertThat(renewals.await(60, TimeUnit.SECONDS)).isTrue();
      assertThat(answer(kv.get(etcd.key("a"))).getCount()).isEqualTo(1);
    }

    await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> answer(kv.get(etcd.key("a"))).getCount() == 0);
  }

  @Test
  void keepAliveOfALeaseThatIsGoneSaysSo() throws Exception {
    long id = answer(lease.grant(3600)).getID();
    answer(lease.revoke(id));

    CompletableFuture<LeaseKeepAliveResponse> gone = lease.keepAliveOnce(id);

    try {
      assertThat(answer(gone).getTTL()).isLessThanOrEqualTo(0);
    } catch (ExecutionException e) {
      assertThat(e).rootCause().hasMessageContaining("requested lease not found");
    }
  }

  @Test
  void putWithALeaseThatIsGoneIsRefused() throws Exception {
    long id = answer(lease.grant(3600)).getID();
    answer(lease.revoke(id));

    assertRefused(
        kv.put(etcd.key("a"), bytes("1"), PutOption.builder().withLeaseId(id).build()),
        Status.Code.NOT_FOUND,
        NOT_FOUND);
  }

  private long put(String name, long id) throws Exception {
    return answer(kv.put(etcd.key(name), bytes("1"), PutOption.builder().withLeaseId(id).build()))
        .getHeader()
        .getRevision();
  }

  private KeyValue get(String name) throws Exception {
    return answer(kv.get(etcd.key(name))).getKvs().get(0);
  }
}
