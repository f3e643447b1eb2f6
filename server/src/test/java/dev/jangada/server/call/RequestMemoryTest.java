package dev.jangada.server.call;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RequestMemoryTest {

  private final RequestMemory memory = new RequestMemory(10_000);
  private final List<String> refused = new ArrayList<>();

  private RequestMemory.Share share(String name) {
    return memory.share(() -> refused.add(name));
  }

  @Test
  void smallRequestsAreNotCounted() {
    for (int i = 0; i < 100; i++) {
      share("small").add(RequestMemory.UNCOUNTED_BYTES);
    }

    assertThat(memory.takenBytes()).isZero();
    assertThat(refused).isEmpty();
  }

  @Test
  void whoHasBeenStillForLongestIsRefusedAndWhoGoesOnIsNot() {
    RequestMemory.Share first = share("first");
    RequestMemory.Share second = share("second");
    RequestMemory.Share third = share("third");
    first.add(4_000);
    second.add(4_000);
    first.add(1_000);

    third.add(4_000);
    assertThat(refused).containsExactly("second");
    assertThat(memory.takenBytes()).isEqualTo(9_000);

    // What it goes on sending is nobody's loss: it has been told.
    second.add(9_000);
    assertThat(memory.takenBytes()).isEqualTo(9_000);
    second.release();
    third.add(6_000);
    assertThat(refused).containsExactly("second", "first");
    assertThat(memory.takenBytes()).isEqualTo(10_000);
  }

  @Test
  void whoWantsMoreThanThereIsIsRefusedItselfAfterAllOthers() {
    share("other").add(5_000);
    share("large").add(10_001);

    assertThat(refused).containsExactly("other", "large");
    assertThat(memory.takenBytes()).isZero();
  }

  @Test
  void completeRequestsGiveBackWhatTheyHeldAndTheNextOneCountsAnew() {
    RequestMemory.Share stream = share("stream");
    for (int i = 0; i < 10; i++) {
      stream.add(600);
      stream.add(9_000);
      assertThat(memory.takenBytes()).isEqualTo(9_600);
      stream.release();
      stream.release();
      assertThat(memory.takenBytes()).isZero();
    }
    assertThat(refused).isEmpty();
  }
}
