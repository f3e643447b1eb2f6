package dev.jangada.server.upkeep;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** How large a store may become. */
class SpaceQuotaTest {

  private final AtomicLong size = new AtomicLong();
  private final AtomicInteger asked = new AtomicInteger();

  private SpaceQuota quota(long limit) {
    return new SpaceQuota(
        limit,
        () -> {
          asked.incrementAndGet();
          return size.get();
        });
  }

  @Test
  void withoutLimitEverythingIsAdmittedAndTheStoreIsNotAsked() {
    SpaceQuota quota = quota(0);
    size.set(Long.MAX_VALUE / 2);

    assertThat(quota.admits(Long.MAX_VALUE / 2)).isTrue();
    assertThat(quota.isExceeded()).isFalse();
    assertThat(asked).hasValue(0);
  }

  @Test
  void whatFitsExactlyIsAdmittedAndOneByteMoreIsNot() {
    SpaceQuota quota = quota(100);
    size.set(60);

    assertThat(quota.isExceeded()).isFalse();
    assertThat(quota.admits(40)).isTrue();
    assertThat(quota.admits(41)).isFalse();
  }

  @Test
  void storeIsAskedOnlyWhenWhatWasAdmittedSinceReachesTheLimit() {
    SpaceQuota quota = quota(1_000);
    for (int i = 0; i < 10; i++) {
      assertThat(quota.admits(100)).isTrue();
    }
    assertThat(asked).hasValue(0);

    // What was admitted took up less than it seemed: there is room again.
    size.set(300);
    assertThat(quota.admits(100)).isTrue();
    assertThat(asked).hasValue(1);
    assertThat(quota.admits(600)).isTrue();
    assertThat(asked).hasValue(1);
  }

  @Test
  void roomIsFoundAgainWhenTheStoreShrinks() {
    SpaceQuota quota = quota(100);
    size.set(200);
    assertThat(quota.isExceeded()).isTrue();
    assertThat(quota.admits(1)).isFalse();

    size.set(50);

    assertThat(quota.admits(1)).isTrue();
    assertThat(quota.isExceeded()).isFalse();
  }

  @Test
  void growthByOthersIsFoundOutByLooking() {
    SpaceQuota quota = quota(100);
    assertThat(quota.admits(1)).isTrue();

    size.set(101);

    assertThat(quota.isExceeded()).isTrue();
    assertThat(quota.admits(0)).isFalse();
  }
}
