package dev.jangada.simulation.mutants;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Constructor;
import java.util.Map;
import java.util.Set;

/**
 * Loads the whole project anew, some of its classes in another form. Everything of the project is
 * defined here and nothing of it taken from the parent, because classes of one package see each
 * other's innards only if one loader has defined them. Libraries come from the parent.
 */
final class VariantLoader extends ClassLoader {

  private static final String PROJECT = "dev.jangada.";

  /** What both sides know. */
  private static final Set<String> SHARED = Set.of(Trial.class.getName(), Finding.class.getName());

  static {
    registerAsParallelCapable();
  }

  private final Map<String, byte[]> changed;

  /**
   * A loader.
   *
   * @param changed class files by class name, to be used instead of those of the parent
   */
  VariantLoader(Map<String, byte[]> changed) {
    super("variant", VariantLoader.class.getClassLoader());
    this.changed = Map.copyOf(changed);
  }

  /** Makes a trial of the variant. */
  Trial trial(Circumstances circumstances) {
    try {
      Constructor<?> constructor =
          Class.forName(SimulatorTrial.class.getName(), true, this)
              .getDeclaredConstructor(String.class);
      constructor.setAccessible(true);
      return (Trial) constructor.newInstance(circumstances.name());
    } catch (ReflectiveOperationException e) {
      throw new LinkageError("cannot make a trial", e);
    }
  }

  @Override
  protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
    if (!name.startsWith(PROJECT) || SHARED.contains(name)) {
      return super.loadClass(name, resolve);
    }
    synchronized (getClassLoadingLock(name)) {
      Class<?> loaded = findLoadedClass(name);
      if (loaded == null) {
        byte[] bytes = changed.containsKey(name) ? changed.get(name) : unchanged(name);
        loaded = defineClass(name, bytes, 0, bytes.length);
      }
      if (resolve) {
        resolveClass(loaded);
      }
      return loaded;
    }
  }

  private byte[] unchanged(String name) throws ClassNotFoundException {
    try (InputStream file = getParent().getResourceAsStream(name.replace('.', '/') + ".class")) {
      if (file == null) {
        throw new ClassNotFoundException(name);
      }
      return file.readAllBytes();
    } catch (IOException e) {
      throw new ClassNotFoundException(name, e);
    }
  }
}
