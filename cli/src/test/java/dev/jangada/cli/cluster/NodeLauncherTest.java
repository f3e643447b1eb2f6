package dev.jangada.cli.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class NodeLauncherTest {

  private static final Path SCRIPT = Path.of("..", "jangada");

  @Test
  void jvmOptionsAreThoseThatTheScriptGivesToAServer() throws IOException {
    String script = Files.readString(SCRIPT);
    String node =
        variable(script, "node_memory").replace("$inlining", variable(script, "inlining"));

    assertThat(NodeLauncher.withClassPath("any").jvmOptions())
        .containsAll(List.of(node.split(" ")));
  }

  private static String variable(String script, String name) {
    List<String> values =
        Pattern.compile("(?m)^" + name + "=(['\"])(.*)\\1$")
            .matcher(script)
            .results()
            .map(match -> match.group(2))
            .toList();
    assertThat(values).as("assignments to %s in %s", name, SCRIPT).hasSize(1);
    return values.getFirst();
  }
}
