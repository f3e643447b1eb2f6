package dev.jangada.server.call;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class AnswerMemoryTest {

  private final AnswerMemory memory = new AnswerMemory(100);

  @Test
  void answersShareWhatThereIsUntilTheyAreSent() {
    AnswerMemory.Share first = memory.share();
    AnswerMemory.Share second = memory.share();

    assertThat(first.take(60)).isTrue();
    assertThat(second.take(40)).isTrue();
    assertThat(memory.share().take(1)).isFalse();

    first.release();
    first.release();
    assertThat(memory.takenBytes()).isEqualTo(40);
    assertThat(memory.share().take(60)).isTrue();
  }

  @Test
  void answerThatIsTooLargeByItselfIsToldApartFromOneThatIsCrowdedOut() {
    AnswerMemory.Share alone = memory.share();
    assertThat(alone.take(101)).isFalse();
    assertThat(alone.refusal()).isEqualTo(EtcdError.TOO_MUCH_AT_ONCE);

    AnswerMemory.Share other = memory.share();
    assertThat(other.take(1)).isTrue();
    AnswerMemory.Share crowded = memory.share();
    assertThat(crowded.take(100)).isFalse();
    other.release();
    assertThat(crowded.refusal()).isEqualTo(EtcdError.TOO_MANY_REQUESTS);
  }

  @Test
  void ofTwoThatGrowTogetherAndHaveNoRoomTogetherOneIsGiven() {
    AnswerMemory.Share first = memory.share();
    AnswerMemory.Share second = memory.share();
    int given = 0;
    boolean goesOn = true;
    for (int i = 0; i < 8; i++) {
      goesOn &= first.take(10);
      given += second.take(10) ? 10 : 0;
    }

    assertThat(goesOn).isFalse();
    assertThat(given).isEqualTo(80);
    assertThat(memory.takenBytes()).isEqualTo(80);
  }

  @Test
  void whatIsNotNeededAnyMoreIsGivenBackBeforeTheRest() {
    AnswerMemory.Share share = memory.share();
    assertThat(share.take(90)).isTrue();

    share.keep(20);
    share.keep(50);

    assertThat(memory.takenBytes()).isEqualTo(20);
  }

  @Test
  void answerOfAClientThatHasGoneTakesNothing() {
    AnswerMemory.Share share = memory.share();
    share.release();

    assertThat(share.take(1)).isFalse();
    assertThat(memory.takenBytes()).isZero();
  }
}
