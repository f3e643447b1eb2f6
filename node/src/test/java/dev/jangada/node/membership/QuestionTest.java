package dev.jangada.node.membership;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jangada.node.request.Failures;
import dev.jangada.node.request.RaftException;
import dev.jangada.node.request.RaftException.Reason;
import dev.jangada.raft.ChangeRefusal;
import dev.jangada.raft.Membership;
import dev.jangada.raft.MembershipChange;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class QuestionTest {

  private static final Question.Change CHANGE =
      new Question.Change(
          7,
          1_500,
          List.of(
              new MembershipChange.AddVoter(1, "a:1"),
              new MembershipChange.AddLearner(2, "ä:2", true),
              new MembershipChange.AddLearner(3, "", false),
              new MembershipChange.Promote(4),
              new MembershipChange.Demote(-5),
              new MembershipChange.Remove(6),
              new MembershipChange.Move(7, "b:3"),
              new MembershipChange.Identify(8, Long.MIN_VALUE)));

  @Test
  void questionsAreReadAsTheyWereWritten() throws IOException {
    for (Question question : List.of(new Question.WhoBelongs(), CHANGE)) {
      assertThat(Question.decode(Question.encode(question))).isEqualTo(question);
    }
  }

  @Test
  void whatUsersOfNodesAskEachOtherIsPassedOnAsItIs() throws IOException {
    byte[] bytes = {3, 0, -1};
    assertThat(Question.decode(Question.encode(new Question.Private(7, bytes))))
        .isInstanceOfSatisfying(
            Question.Private.class,
            read -> {
              assertThat(read.cluster()).isEqualTo(7);
              assertThat(read.bytes()).isEqualTo(bytes);
            });
    assertThat(Question.decodeReply(Question.encode(new Question.PrivateReply(bytes))))
        .isInstanceOfSatisfying(
            Question.PrivateReply.class, read -> assertThat(read.bytes()).isEqualTo(bytes));
  }

  @Test
  void repliesAreReadAsTheyWereWritten() throws IOException {
    Question.Members members = new Question.Members(9, Membership.ofVoters(List.of(1L, 2L)));
    assertThat(Question.decodeReply(Question.encode(members))).isEqualTo(members);

    for (ChangeRefusal refusal : ChangeRefusal.values()) {
      RaftException failure = Failures.changeRefused(refusal);
      assertThat(Question.decodeReply(Question.encode(new Question.Failed(failure))))
          .isInstanceOfSatisfying(
              Question.Failed.class,
              read -> {
                assertThat(read.failure()).hasMessage(failure.getMessage());
                assertThat(read.failure().changeRefusal()).isEqualTo(refusal);
                assertThat(read.failure().outcomeUnknown()).isFalse();
              });
    }
    assertThat(Question.decodeReply(Question.encode(new Question.Failed(Failures.timeout(true)))))
        .isInstanceOfSatisfying(
            Question.Failed.class,
            read -> {
              assertThat(read.failure().reason()).isEqualTo(Reason.TIMEOUT);
              assertThat(read.failure().outcomeUnknown()).isTrue();
              assertThat(read.failure().changeRefusal()).isNull();
            });
  }

  @Test
  void whatIsCutOffIsNoQuestionAndNoReply() {
    byte[] question = Question.encode(CHANGE);
    byte[] reply = Question.encode(new Question.Members(9, Membership.ofVoters(List.of(1L, 2L))));
    for (int length = 0; length < question.length; length++) {
      byte[] cut = Arrays.copyOf(question, length);
      assertThatThrownBy(() -> Question.decode(cut)).isInstanceOf(IOException.class);
    }
    for (int length = 0; length < reply.length; length++) {
      byte[] cut = Arrays.copyOf(reply, length);
      assertThatThrownBy(() -> Question.decodeReply(cut)).isInstanceOf(IOException.class);
    }
  }

  @Test
  void aChangeWithAnAddressThatNoMemberCanHaveIsNoQuestion() throws IOException {
    for (int kind : List.of(1, 2, 6)) {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      DataOutputStream out = new DataOutputStream(bytes);
      out.writeByte(2);
      out.writeLong(7);
      out.writeLong(1_500);
      out.writeByte(1);
      out.writeByte(kind);
      out.writeLong(8);
      out.writeUTF("x".repeat(256));
      out.writeBoolean(true);

      assertThatThrownBy(() -> Question.decode(bytes.toByteArray()))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("more than 255 characters");
    }
  }

  @Test
  void whatIsUnknownIsRefused() {
    byte[] question = Question.encode(CHANGE);
    for (int place : List.of(0, 18)) {
      byte[] changed = question.clone();
      changed[place] = 99;
      assertThatThrownBy(() -> Question.decode(changed))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("unknown kind 99");
    }
  }
}
