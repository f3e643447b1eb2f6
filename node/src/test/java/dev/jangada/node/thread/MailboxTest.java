package dev.jangada.node.thread;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(300)
class MailboxTest {
  private final Mailbox<Integer> mailbox = new Mailbox<>();

  @Test
  void everythingComesOutAtOnceInTheOrderInWhichItWentIn() {
    for (int i = 0; i < 5; i++) {
      assertThat(mailbox.put(i)).isTrue();
    }
    assertThat(drain()).containsExactly(0, 1, 2, 3, 4);
    assertThat(drain()).isEmpty();
  }

  @Test
  void aClosedMailboxTakesNothingMoreAndStillGivesOutWhatItHad() {
    mailbox.put(1);
    mailbox.close();
    mailbox.close();

    assertThat(mailbox.put(2)).isFalse();
    List<Integer> items = new ArrayList<>();
    assertThat(mailbox.drainTo(items)).isTrue();
    assertThat(items).containsExactly(1);
    items.clear();
    assertThat(mailbox.drainTo(items)).isFalse();
    assertThat(mailbox.put(3)).isFalse();
  }

  @Test
  void theConsumerWakesForEveryItemOfManyProducersAndSeesEachProducersOrder() throws Exception {
    int producers = 4;
    int itemsOfEach = 50_000;
    List<Thread> threads = new ArrayList<>();
    for (int p = 0; p < producers; p++) {
      int first = p * itemsOfEach;
      Thread thread =
          new Thread(() -> {
            for (int i = 0; i < itemsOfEach; i++) {
              mailbox.put(first + i);
            }
          });
      threads.add(thread);
      thread.start();
    }

    int[] next = new int[producers];
    int received = 0;
    List<Integer> items = new ArrayList<>();
    while (received < producers * itemsOfEach) {
      assertThat(mailbox.drainTo(items)).isTrue();
      if (items.isEmpty()) {
        mailbox.await(TimeUnit.SECONDS.toNanos(30));
      }
      for (int item : items) {
        int producer = item / itemsOfEach;
        assertThat(item % itemsOfEach).isEqualTo(next[producer]++);
        received++;
      }
      items.clear();
    }
    for (Thread thread : threads) {
      thread.join();
    }
  }

  @Test
  void closeWakesTheConsumer() throws Exception {
    Thread consumer =
        new Thread(() -> {
          List<Integer> items = new ArrayList<>();
          while (mailbox.drainTo(items)) {
            mailbox.await(Long.MAX_VALUE);
          }
        });
    consumer.start();

    mailbox.close();

    consumer.join();
  }

  private List<Integer> drain() {
    List<Integer> items = new ArrayList<>();
    assertThat(mailbox.drainTo(items)).isTrue();
    return items;
  }
}
