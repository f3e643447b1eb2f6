package dev.jangada.conformance;

import static dev.jangada.conformance.Answers.answer;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.KV;
import io.etcd.jetcd.Lease;
import io.etcd.jetcd.Lock;
import io.etcd.jetcd.lock.LockResponse;
import io.etcd.jetcd.options.GetOption;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Locks by jetcd, which uses the server's service for them. */
@Timeout(300)
class JetcdLockTest {

  @RegisterExtension static final ClusterUnderTest etcd = new ClusterUnderTest();

  private Lock lock;
  private Lease lease;
  private KV kv;

  @SuppressWarnings("NullAway.Init") // set before each test
  JetcdLockTest() {}

  @BeforeEach
  void connect() {
    lock = etcd.client().getLockClient();
    lease = etcd.client().getLeaseClient();
    kv = etcd.client().getKVClient();
  }

  @Test
  void lockIsAKeyMadeOfItsNameAndTheLease() throws Exception {
    long id = grant();

    ByteSequence key = answer(lock.lock(etcd.key("name"), id)).getKey();

    assertThat(key).isEqualTo(etcd.key("name/" + Long.toHexString(id)));
    assertThat(answer(kv.get(key)).getKvs().get(0).getLease()).isEqualTo(id);
    answer(lock.unlock(key));
    assertThat(answer(kv.get(key)).getCount()).isZero();
  }

  @Test
  void secondWaitsUntilTheFirstUnlocks() throws Exception {
    ByteSequence first = answer(lock.lock(etcd.key("l"), grant())).getKey();
    CompletableFuture<LockResponse> second = lock.lock(etcd.key("l"), grant());
    awaitQueue(2);
    assertThat(second).isNotDone();

    answer(lock.unlock(first));

    assertThat(answer(second).getKey()).isNotEqualTo(first);
  }

  @Test
  void waitersAreServedInTheirOrder() throws Exception {
    ByteSequence first = answer(lock.lock(etcd.key("l"), grant())).getKey();
    CompletableFuture<LockResponse> second = lock.lock(etcd.key("l"), grant());
    awaitQueue(2);
    CompletableFuture<LockResponse> third = lock.lock(etcd.key("l"), grant());
    awaitQueue(3);

    answer(lock.unlock(first));
    ByteSequence secondKey = answer(second).getKey();
    assertThat(third).isNotDone();
    answer(lock.unlock(secondKey));

    assertThat(answer(third).getKey()).isNotEqualTo(secondKey);
  }

  @Test
  void sameLeaseLocksAgain() throws Exception {
    long id = grant();

    ByteSequence key = answer(lock.lock(etcd.key("l"), id)).getKey();

    assertThat(answer(lock.lock(etcd.key("l"), id)).getKey()).isEqualTo(key);
  }

  @Test
  void revokedLeaseGivesTheLockAway() throws Exception {
    long id = grant();
    answer(lock.lock(etcd.key("l"), id));
    CompletableFuture<LockResponse> second = lock.lock(etcd.key("l"), grant());
    awaitQueue(2);

    answer(lease.revoke(id));

    assertThat(answer(second).getKey()).isNotNull();
  }

  @Test
  void unlockingNothingIsNoError() throws Exception {
    assertThat(answer(lock.unlock(etcd.key("nothing"))).getHeader().getRevision()).isPositive();
  }

  @Test
  void unknownLeaseIsRefused() {
    Throwable failure = catchThrowable(() -> answer(lock.lock(etcd.key("l"), 0x7777)));

    assertThat(Answers.status(failure).getDescription())
        .isEqualTo("etcdserver: requested lease not found");
  }

  @Test
  void locksOfOtherNamesAreIndependent() throws Exception {
    answer(lock.lock(etcd.key("a"), grant()));

    assertThat(answer(lock.lock(etcd.key("b"), grant())).getKey()).isNotNull();
  }

  private long grant() throws Exception {
    return answer(lease.grant(3600)).getID();
  }

  /** Waits until so many hold the lock or wait for it. */
  private void awaitQueue(int length) {
    GetOption prefix = GetOption.builder().isPrefix(true).withCountOnly(true).build();
    await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> answer(kv.get(etcd.key("l/"), prefix)).getCount() == length);
  }
}
