package dev.jangada.cli.config;

import dev.jangada.server.ConfigException;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/**
 * etcd's configuration file: YAML whose keys are the names of flags, but for TLS, which has two
 * sections of its own. A value is a text, a number or a switch; a list stands for its parts joined
 * by commas; an empty one is as none.
 *
 * <p>A key that nobody knows is refused: whoever wrote it wanted something.
 */
public final class ConfigFile {

  /** What keys in the sections stand for, where it is not the section's prefix and the key. */
  private static final Map<String, Map<String, String>> SECTIONS =
      Map.of(
          "client-transport-security",
          Map.of(
              "allowed-hostname", "client-cert-allowed-hostname",
              "crl-file", "client-crl-file"),
          "peer-transport-security",
          Map.of(
              "allowed-cn", "peer-cert-allowed-cn",
              "allowed-hostname", "peer-cert-allowed-hostname"));

  private final Path file;
  private final Set<String> known;

  /** Each flag with its value, in the order of the file. */
  private final Map<String, String> settings = new LinkedHashMap<>();

  private ConfigFile(Path file, Set<String> known) {
    this.file = file;
    this.known = known;
  }

  /**
   * Reads a file.
   *
   * @param known names of flags, without dashes, that it may have
   * @return each flag that it gives, without dashes, and its value
   * @throws ConfigException if it cannot be read or understood; the message names file and line
   */
  public static Map<String, String> read(Path file, Set<String> known) {
    ConfigFile reading = new ConfigFile(file, known);
    try (Reader reader = Files.newBufferedReader(file)) {
      LoadSettings load = LoadSettings.builder().setLabel(file.toString()).build();
      new Compose(load).composeReader(reader).ifPresent(reading::root);
    } catch (NoSuchFileException e) {
      throw new ConfigException("--config-file: there is no file " + file);
    } catch (IOException e) {
      throw new ConfigException("--config-file " + file + " cannot be read: " + e.getMessage());
    } catch (MarkedYamlEngineException e) {
      int line = e.getProblemMark().map(mark -> mark.getLine() + 1).orElse(1);
      throw new ConfigException("%s:%d: no YAML: %s".formatted(file, line, e.getProblem()));
    } catch (YamlEngineException e) {
      throw new ConfigException(file + ": no YAML: " + e.getMessage());
    }
    return reading.settings;
  }

  private void root(Node node) {
    for (NodeTuple entry : mapping(node, "the file").getValue()) {
      String key = scalar(entry.getKeyNode(), "a key");
      Map<String, String> section = SECTIONS.get(key);
      if (section == null) {
        add(entry, key, key, known);
      } else if (!isEmpty(entry.getValueNode())) {
        section(mapping(entry.getValueNode(), key), key, section);
      }
    }
  }

  private void section(MappingNode node, String name, Map<String, String> flags) {
    String prefix = name.startsWith("peer-") ? "peer-" : "";
    Set<String> keys =
        known.stream()
            .filter(flag -> flag.startsWith("peer-") == !prefix.isEmpty())
            .map(flag -> flag.substring(prefix.length()))
            .filter(ConfigFile::concernsTls)
            .collect(Collectors.toSet());
    keys.addAll(flags.keySet());
    for (NodeTuple entry : node.getValue()) {
      String key = scalar(entry.getKeyNode(), "a key");
      add(entry, key, flags.getOrDefault(key, prefix + key), keys);
    }
  }

  private static boolean concernsTls(String key) {
    return key.endsWith("-file") || key.endsWith("-auth") || key.equals("auto-tls");
  }

  private void add(NodeTuple entry, String key, String flag, Set<String> keys) {
    Node keyNode = entry.getKeyNode();
    if (!keys.contains(key) || !known.contains(flag)) {
      String nearest = NearestWord.to(key, keys);
      throw at(
          keyNode,
          "unknown key \"%s\"%s"
              .formatted(key, nearest == null ? "" : ": is \"" + nearest + "\" meant?"));
    }
    String value = value(entry.getValueNode(), key);
    if (!value.isEmpty() && settings.putIfAbsent(flag, value) != null) {
      throw at(keyNode, "key \"%s\" is there twice".formatted(key));
    }
  }

  private String value(Node node, String key) {
    if (!(node instanceof SequenceNode list)) {
      return scalar(node, key);
    }
    List<String> parts = new ArrayList<>();
    list.getValue().forEach(part -> parts.add(scalar(part, "a part of " + key)));
    return String.join(",", parts);
  }

  private static boolean isEmpty(Node node) {
    return node instanceof ScalarNode scalar && text(scalar).isEmpty();
  }

  private String scalar(Node node, String what) {
    if (node instanceof ScalarNode scalar) {
      return text(scalar);
    }
    throw at(node, what + " must be a text, a number, true or false");
  }

  /** As it is written, whatever YAML takes it for; nothing for null. */
  private static String text(ScalarNode scalar) {
    String value = scalar.getValue().strip();
    return scalar.isPlain() && (value.equals("null") || value.equals("~")) ? "" : value;
  }

  private MappingNode mapping(Node node, String what) {
    if (node instanceof MappingNode mapping) {
      return mapping;
    }
    throw at(node, what + " must be keys with values");
  }

  private ConfigException at(Node node, String problem) {
    int line = node.getStartMark().map(mark -> mark.getLine() + 1).orElse(1);
    return new ConfigException("%s:%d: %s".formatted(file, line, problem));
  }
}
