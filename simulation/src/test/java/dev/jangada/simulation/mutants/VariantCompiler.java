package dev.jangada.simulation.mutants;

import dev.jangada.simulation.mutants.Mutant.StaleMutantException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import javax.tools.FileObject;
import javax.tools.ForwardingJavaFileManager;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileManager;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/** Compiles mutants from the sources of this working tree. Any thread, one at a time. */
final class VariantCompiler implements AutoCloseable {

  /** This module's directory, which is where Maven runs its tests. */
  private static final Path MODULE = Path.of("").toAbsolutePath();

  private final JavaCompiler compiler;
  private final StandardJavaFileManager files;

  VariantCompiler() {
    JavaCompiler found = ToolProvider.getSystemJavaCompiler();
    if (found == null) {
      throw new IllegalStateException(
          "no Java compiler in " + System.getProperty("java.home") + ": run the tests on a JDK");
    }
    compiler = found;
    files = found.getStandardFileManager(null, null, null);
  }

  /**
   * Applies a mutant's changes to today's source and compiles the result.
   *
   * @return the class files of the changed classes and of those inside them, by name
   * @throws StaleMutantException if a change cannot be applied, or if the result does not compile
   */
  synchronized Map<String, byte[]> compile(Mutant mutant) {
    Map<String, String> sources = new LinkedHashMap<>();
    for (Mutant.Edit edit : mutant.edits()) {
      String before = sources.computeIfAbsent(edit.type(), VariantCompiler::source);
      sources.put(edit.type(), edit.apply(mutant.name(), before));
    }
    List<JavaFileObject> changed = new ArrayList<>();
    sources.forEach((type, source) -> changed.add(new Source(type, source)));
    Output output = new Output(files);
    StringWriter messages = new StringWriter();
    boolean compiled =
        compiler
            .getTask(
                messages,
                output,
                null,
                List.of("-proc:none", "-nowarn", "-cp", System.getProperty("java.class.path")),
                null,
                changed)
            .call();
    if (!compiled) {
      throw new StaleMutantException(
          "Mutant '"
              + mutant.name()
              + "' does not compile. The source has changed: give the mutant a replacement that"
              + " breaks the same rule in today's source.\n"
              + messages);
    }
    return output.classFiles();
  }

  private static String source(String type) {
    String module = type.split("\\.", 4)[2];
    Path path =
        MODULE.resolveSibling(module).resolve("src/main/java/" + type.replace('.', '/') + ".java");
    try {
      return Files.readString(path);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the source of " + type, e);
    }
  }

  @Override
  public void close() throws IOException {
    files.close();
  }

  /** A source in memory. */
  private static final class Source extends SimpleJavaFileObject {
    private final String text;

    Source(String type, String text) {
      super(URI.create("variant:///" + type.replace('.', '/') + ".java"), Kind.SOURCE);
      this.text = text;
    }

    @Override
    public CharSequence getCharContent(boolean ignoreEncodingErrors) {
      return text;
    }
  }

  /** Keeps class files in memory. */
  private static final class Output extends ForwardingJavaFileManager<StandardJavaFileManager> {
    private final Map<String, ByteArrayOutputStream> written = new TreeMap<>();

    Output(StandardJavaFileManager files) {
      super(files);
    }

    Map<String, byte[]> classFiles() {
      Map<String, byte[]> classFiles = new TreeMap<>();
      written.forEach((name, bytes) -> classFiles.put(name, bytes.toByteArray()));
      return classFiles;
    }

    @Override
    public JavaFileObject getJavaFileForOutput(
        JavaFileManager.Location location,
        String className,
        JavaFileObject.Kind kind,
        FileObject sibling) {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      written.put(className, bytes);
      return new SimpleJavaFileObject(URI.create("variant:///" + className + ".class"), kind) {
        @Override
        public OutputStream openOutputStream() {
          return bytes;
        }
      };
    }
  }
}
