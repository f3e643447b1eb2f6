package dev.jangada.junit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.Client;
import io.etcd.jetcd.KV;
import java.net.URI;
import java.util.List;
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

  /** What the README says of members that come and go. */
  @Test
  void losesNothingWhenAMemberIsReplaced() throws Exception {
    try (Client client = Client.builder().endpoints(etcd.endpoints()).build()) {
      client.getKVClient().put(bytes("moved"), bytes("along")).get();
    }

    int added = etcd.cluster().addMember();
    etcd.cluster().removeMember(etcd.cluster().leader());

    URI endpoint = etcd.cluster().server(added).config().advertiseClientUrls().get(0);
    try (Client client = Client.builder().endpoints(List.of(endpoint)).build()) {
      assertThat(client.getKVClient().get(bytes("moved")).get().getKvs()).hasSize(1);
    }
  }

  private static ByteSequence bytes(String text) {
    return ByteSequence.from(text, UTF_8);
  }
}
