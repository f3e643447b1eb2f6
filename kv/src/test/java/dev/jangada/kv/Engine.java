package dev.jangada.kv;

import dev.jangada.kv.store.HeapStore;
import dev.jangada.kv.store.OrderedStore;
import dev.jangada.kv.store.RocksDbOptions;
import dev.jangada.kv.store.RocksDbStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/** An engine under a state machine, which can be crashed and opened again. */
abstract class Engine implements AutoCloseable {

  /** The state machine that runs on the engine now. */
  private KvStateMachine machine;

  private Engine(OrderedStore store) {
    machine = new KvStateMachine(store);
  }

  static Engine heap() {
    return new Heap(new HeapStore());
  }

  static Engine rocksDb() {
    try {
      return new Rocks(Files.createTempDirectory("jangada-kv"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  KvStateMachine machine() {
    return machine;
  }

  /** Loses what has not been flushed, and opens what is left. */
  void crash() {
    machine.close();
    machine = new KvStateMachine(afterCrash());
  }

  abstract OrderedStore afterCrash();

  @Override
  public void close() {
    machine.close();
  }

  private static final class Heap extends Engine {
    private HeapStore store;

    Heap(HeapStore store) {
      super(store);
      this.store = store;
    }

    @Override
    OrderedStore afterCrash() {
      store = store.afterCrash();
      return store;
    }
  }

  private static final class Rocks extends Engine {
    private final Path directory;

    Rocks(Path directory) {
      super(open(directory));
      this.directory = directory;
    }

    private static RocksDbStore open(Path directory) {
      return RocksDbStore.open(
          RocksDbOptions.in(directory).withMemory(4 << 20, 1 << 20).withFlushOnClose(false));
    }

    @Override
    OrderedStore afterCrash() {
      return open(directory);
    }

    @Override
    public void close() {
      super.close();
      try (Stream<Path> files = Files.walk(directory)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
