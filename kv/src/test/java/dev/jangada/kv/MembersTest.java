package dev.jangada.kv;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jangada.kv.bytes.MalformedEncodingException;
import dev.jangada.kv.command.CommandCodec;
import dev.jangada.kv.command.HashResult;
import dev.jangada.kv.command.MemberAttributes;
import dev.jangada.kv.command.PublishMemberRequest;
import dev.jangada.kv.command.PublishMemberResponse;
import dev.jangada.kv.command.RangeRequest;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What members tell of themselves. */
class MembersTest {

  private static final MemberAttributes FIRST =
      new MemberAttributes(7, "n1", List.of("http://a:1", "http://b:2"));

  /** The largest id of all, as ids are unsigned. */
  private static final MemberAttributes LAST = new MemberAttributes(-1, "n2", List.of());

  @Test
  void membersAreListedByIdAndTheLatestWordCounts() {
    try (Client client = Client.onHeap()) {
      assertThat(client.machine().members()).isEmpty();

      client.send(new PublishMemberRequest(LAST));
      client.send(new PublishMemberRequest(new MemberAttributes(7, "n1", List.of("http://old:1"))));
      client.send(new PublishMemberRequest(FIRST));

      assertThat(client.machine().members()).containsExactly(FIRST, LAST);
    }
  }

  @Test
  void publishingMakesNoRevisionAndIsInNoRangeAndNoHash() {
    try (Client client = Client.onHeap()) {
      client.put("k", "v");
      HashResult hash = client.machine().hash(0);

      assertThat(client.send(new PublishMemberRequest(FIRST)))
          .isEqualTo(new PublishMemberResponse(2));

      assertThat(client.machine().revision()).isEqualTo(2);
      assertThat(client.machine().hash(0)).isEqualTo(hash);
      assertThat(
              client.range(RangeRequest.builder(Client.ALL).rangeEnd(Client.ALL).build()).count())
          .isEqualTo(1);
    }
  }

  @Test
  void membersSurviveAnOrderlyRestart() {
    try (Engine engine = Engine.rocksDb()) {
      new Client(engine).send(new PublishMemberRequest(FIRST));
      engine.machine().flush();
      engine.crash();
      assertThat(engine.machine().members()).containsExactly(FIRST);
    }
  }

  @Test
  void crashLosesMembersAndAppliedIndexTogetherAndReplayBringsBoth() {
    MemberAttributes old = new MemberAttributes(7, "n1", List.of("http://old:1"));
    try (Engine engine = Engine.rocksDb()) {
      Client client = new Client(engine);
      client.send(new PublishMemberRequest(old));
      engine.machine().flush();
      client.send(new PublishMemberRequest(FIRST));
      client.send(new PublishMemberRequest(LAST));
      assertThat(engine.machine().members()).containsExactly(FIRST, LAST);

      engine.crash();
      assertThat(engine.machine().appliedIndex()).isEqualTo(1);
      assertThat(engine.machine().members()).containsExactly(old);

      client.send(new PublishMemberRequest(FIRST));
      client.send(new PublishMemberRequest(LAST));
      assertThat(engine.machine().appliedIndex()).isEqualTo(3);
      assertThat(engine.machine().members()).containsExactly(FIRST, LAST);
    }
  }

  @Test
  void attributesOutOfBoundsAreRefused() {
    assertThatThrownBy(() -> new MemberAttributes(0, "n", List.of()))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new MemberAttributes(1, "n".repeat(2049), List.of()))
        .isInstanceOf(IllegalArgumentException.class);
    byte[] notUtf8 = {1, 6, 7, 1, (byte) 0xff, 0};
    assertThatThrownBy(() -> CommandCodec.decode(notUtf8))
        .isInstanceOf(MalformedEncodingException.class)
        .hasMessageContaining("UTF-8");
    byte[] noId = {1, 6, 0, 1, 'n', 0};
    assertThatThrownBy(() -> CommandCodec.decode(noId))
        .isInstanceOf(MalformedEncodingException.class);
  }
}
