package dev.jangada.junit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.Client;
import io.etcd.jetcd.KV;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The README's example. */
class ReadmeExampleTest {

  @RegisterExtension static final JangadaExtension etcd = JangadaExtension.members(3);

  @Test
  void survivesTheLossOfTheLeader() throws Exception {
    try (Client client = Client.builder().endpoints(etcd.endpoints()).build()) {
      KV kv = client.getKVClient();
      kv.put(bytes("hello"), bytes("world")).get();

      etcd.cluster().stopMember(etcd.cluster().leader());

      assertThat(kv.get(bytes("hello")).get().getKvs().get(0).getValue()).isEqualTo(bytes("world"));
    }
  }

  private static ByteSequence bytes(String text) {
    return ByteSequence.from(text, UTF_8);
  }
}
