package dev.jangada.conventions;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The project's own Java sources on disk. Generated ones are not among them. */
final class Sources {

  private Sources() {}

  /** Directory of the root pom. */
  static Path root() {
    Path directory = Path.of(System.getProperty("basedir", "")).toAbsolutePath();
    while (!Files.exists(directory.resolve("LICENSE"))) {
      Path parent = directory.getParent();
      if (parent == null) {
        throw new IllegalStateException("no project root above " + Path.of("").toAbsolutePath());
      }
      directory = parent;
    }
    return directory;
  }

  /** All sources of all modules, main and test, in the order of their paths. */
  static List<JavaSource> all() {
    List<JavaSource> sources = new ArrayList<>();
    try (Stream<Path> modules = Files.list(root())) {
      for (Path module : modules.sorted().toList()) {
        if (Files.exists(module.resolve("pom.xml"))) {
          sources.addAll(under(module.resolve("src")));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return sources;
  }

  /** The sources below a directory of the project; none if it does not exist. */
  static List<JavaSource> under(Path directory) throws IOException {
    Path start = root().resolve(directory);
    if (!Files.exists(start)) {
      return List.of();
    }
    List<JavaSource> sources = new ArrayList<>();
    try (Stream<Path> files = Files.walk(start)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".java")).sorted().toList()) {
        sources.add(new JavaSource(root().relativize(file), Files.readString(file)));
      }
    }
    return sources;
  }
}
