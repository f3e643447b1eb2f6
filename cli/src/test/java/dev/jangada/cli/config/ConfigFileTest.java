package dev.jangada.cli.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import dev.jangada.server.ConfigException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** etcd's configuration file. */
class ConfigFileTest {

  @TempDir private Path directory;

  @SuppressWarnings("NullAway.Init") // set before each test
  ConfigFileTest() {}

  private static Set<String> known() {
    Set<String> known =
        new TreeSet<>(
            Set.of(
                "name",
                "snapshot-count",
                "initial-cluster",
                "log-outputs",
                "cert-file",
                "key-file",
                "client-cert-auth",
                "trusted-ca-file",
                "peer-cert-file",
                "peer-key-file",
                "peer-client-cert-auth",
                "peer-trusted-ca-file",
                "auto-tls",
                "peer-auto-tls"));
    OtherFlag.ALL.forEach(flag -> known.add(flag.name()));
    return known;
  }

  private Map<String, String> read(String text) throws IOException {
    return ConfigFile.read(Files.writeString(directory.resolve("c.yml"), text), known());
  }

  @Test
  void valuesAreTakenAsTheyAreWritten() throws IOException {
    assertThat(
            read(
                """
                # A comment.
                name: 'n1'
                snapshot-count: 010
                initial-cluster: n1=http://h1:2380,n2=http://h2:2380
                log-outputs: [stderr, /var/log/e]
                """))
        .containsExactly(
            entry("name", "n1"),
            entry("snapshot-count", "010"),
            entry("initial-cluster", "n1=http://h1:2380,n2=http://h2:2380"),
            entry("log-outputs", "stderr,/var/log/e"));
  }

  /** etcd's sample names every setting, most of them without a value. */
  @Test
  void emptyValuesAreNone() throws IOException {
    assertThat(
            read(
                """
                name: default
                wal-dir:
                discovery: ''
                proxy: ~
                client-transport-security:
                """))
        .containsExactly(entry("name", "default"));
    assertThat(read("# nothing\n")).isEmpty();
  }

  @Test
  void sectionsForTlsNameTheFlagsOfTheirSide() throws IOException {
    assertThat(
            read(
                """
                client-transport-security:
                  cert-file: c.pem
                  key-file: k.pem
                  client-cert-auth: true
                  trusted-ca-file: ca.pem
                  auto-tls: false
                  allowed-hostname: h
                peer-transport-security:
                  cert-file: pc.pem
                  key-file: pk.pem
                  client-cert-auth: true
                  trusted-ca-file: pca.pem
                  allowed-cn: cn
                """))
        .containsOnly(
            entry("cert-file", "c.pem"),
            entry("key-file", "k.pem"),
            entry("client-cert-auth", "true"),
            entry("trusted-ca-file", "ca.pem"),
            entry("auto-tls", "false"),
            entry("client-cert-allowed-hostname", "h"),
            entry("peer-cert-file", "pc.pem"),
            entry("peer-key-file", "pk.pem"),
            entry("peer-client-cert-auth", "true"),
            entry("peer-trusted-ca-file", "pca.pem"),
            entry("peer-cert-allowed-cn", "cn"));
  }

  @ParameterizedTest
  @CsvSource({
    "'name: x\nnmae: y', 2, 'unknown key \"nmae\": is \"name\" meant?'",
    "'qwertyuiop: y', 1, 'unknown key \"qwertyuiop\"'",
    "'name: x\n\nname: y', 3, 'key \"name\" is there twice'",
    "'name: {a: b}', 1, 'name must be a text, a number, true or false'",
    "'- name', 1, 'the file must be keys with values'",
    "'name: [x, [y]]', 1, 'a part of name must be a text, a number, true or false'",
    "'client-transport-security: yes', 1, 'client-transport-security must be keys with values'",
    "'peer-transport-security:\n  ca: x', 2, 'unknown key \"ca\"'",
    "'client-transport-security:\n  peer-cert-file: x', 2, 'unknown key \"peer-cert-file\"'"
  })
  void whatCannotBeUnderstoodIsRefusedWithItsLine(String text, int line, String problem) {
    assertThatThrownBy(() -> read(text))
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith(directory.resolve("c.yml") + ":" + line + ": " + problem);
  }

  @Test
  void whatIsNoYamlIsRefusedWithItsLine() {
    assertThatThrownBy(() -> read("name: x\n  bad: [\n"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("c.yml:2: no YAML: ");
  }

  @Test
  void missingFileIsNamed() {
    assertThatThrownBy(() -> ConfigFile.read(directory.resolve("none"), known()))
        .isInstanceOf(ConfigException.class)
        .hasMessage("--config-file: there is no file " + directory.resolve("none"));
  }
}
