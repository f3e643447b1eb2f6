package dev.jangada.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class MembershipChangeTest {

  /** The leader would find out only when it makes the member: too late to refuse the change. */
  @Test
  void whatNoMemberCanHaveCannotBeAskedFor() {
    String longest = "x".repeat(Member.MAX_ADDRESS_CHARS);
    String tooLong = longest + "x";
    assertThat(new MembershipChange.Move(1, longest).address()).isEqualTo(longest);
    for (ThrowingCallable change :
        List.<ThrowingCallable>of(
            () -> new MembershipChange.AddVoter(1, tooLong),
            () -> new MembershipChange.AddLearner(1, tooLong, true),
            () -> new MembershipChange.Move(1, tooLong),
            () -> new MembershipChange.AddVoter(0, longest),
            () -> new MembershipChange.AddLearner(0, longest, false))) {
      assertThatThrownBy(change).isInstanceOf(IllegalArgumentException.class);
    }
  }
}
