package dev.jangada.storage;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileDiskTest {

  @TempDir private Path directory;

  @Test
  void openCreatesTheDirectoryWithItsParents() throws IOException {
    Path nested = directory.resolve("a/b/c");

    FileDisk.open(nested).close();

    assertThat(nested).isDirectory();
  }

  @Test
  void openOfADirectoryInUseIsRefusedAndNamesIt() throws IOException {
    try (FileDisk first = FileDisk.open(directory)) {
      assertThatThrownBy(() -> FileDisk.open(first.directory()))
          .isInstanceOf(IOException.class)
          .hasMessageContaining(directory.toString())
          .hasMessageContaining("in use");
    }
  }

  @Test
  void openOfADirectoryInUseDoesNotGiveItAwayToAnotherProcess() throws Exception {
    try (FileDisk first = FileDisk.open(directory)) {
      assertThatThrownBy(() -> FileDisk.open(first.directory())).isInstanceOf(IOException.class);

      assertThat(openInAnotherProcess()).isEqualTo(OtherProcess.REFUSED);
    }
    assertThat(openInAnotherProcess()).isEqualTo(OtherProcess.OPENED);
  }

  private int openInAnotherProcess() throws IOException, InterruptedException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            OtherProcess.class.getName(),
            directory.toString())
        .inheritIO()
        .start()
        .waitFor();
  }

  /** Opens a directory and closes it again; its exit code says whether it could. */
  static final class OtherProcess {
    static final int OPENED = 10;
    static final int REFUSED = 11;

    private OtherProcess() {}

    public static void main(String[] arguments) {
      try (FileDisk disk = FileDisk.open(Path.of(arguments[0]))) {
        System.exit(disk.list().isEmpty() ? OPENED : 1);
      } catch (IOException e) {
        System.exit(String.valueOf(e.getMessage()).contains("in use") ? REFUSED : 1);
      }
    }
  }

  @Test
  void openMakesParentsDurableThatSomebodyElseMade() throws IOException {
    Path data = Files.createDirectories(directory.resolve("data").resolve("member"));
    List<Path> synced = new ArrayList<>();
    List<Path> syncedAgain = new ArrayList<>();

    FileDisk.open(data.resolve("wal"), synced::add).close();
    FileDisk.open(data.resolve("wal"), syncedAgain::add).close();

    Path real = directory.toRealPath();
    assertThat(synced).startsWith(real.resolve("data/member"), real.resolve("data"), real);
    // The first one may have died before it had made them durable.
    assertThat(syncedAgain).isEqualTo(synced);
  }

  @Test
  void closeReleasesTheDirectory() throws IOException {
    FileDisk.open(directory).close();
    FileDisk.open(directory).close();
  }

  @Test
  void createFillsTheFileWithZeros() throws IOException {
    int size = (1 << 20) + 4097;
    try (FileDisk disk = FileDisk.open(directory);
        DiskFile file = disk.create("zeros", size)) {
      assertThat(file.size()).isEqualTo(size);
    }
    assertThat(Files.readAllBytes(directory.resolve("zeros"))).isEqualTo(new byte[size]);
  }

  @Test
  void createRefusesAnExistingName() throws IOException {
    try (FileDisk disk = FileDisk.open(directory)) {
      disk.create("taken", 0).close();

      assertThatThrownBy(() -> disk.create("taken", 0))
          .isInstanceOf(FileAlreadyExistsException.class);
    }
  }

  @Test
  void readReturnsWhatWasWrittenAndStopsAtTheEnd() throws IOException {
    try (FileDisk disk = FileDisk.open(directory);
        DiskFile file = disk.create("file", 4)) {
      file.write(ByteBuffer.wrap("jangada".getBytes(UTF_8)), 2);
      file.sync();

      ByteBuffer target = ByteBuffer.allocate(20);
      assertThat(file.read(target, 4)).isEqualTo(5);
      assertThat(new String(target.array(), 0, 5, UTF_8)).isEqualTo("ngada");
      assertThat(file.read(ByteBuffer.allocate(1), 9)).isZero();
      file.truncate(3);
      assertThat(file.size()).isEqualTo(3);
    }
  }

  @Test
  void renameAndDeleteChangeWhatListTells() throws IOException {
    try (FileDisk disk = FileDisk.open(directory)) {
      disk.create("a", 0).close();
      disk.create("b", 0).close();
      disk.create("c", 0).close();
      disk.rename("a", "b");
      disk.delete("c");
      disk.syncDirectory();

      assertThat(disk.list()).containsExactly("b");
    }
  }

  @Test
  void namesThatLeaveTheDirectoryAreRefused() throws IOException {
    try (FileDisk disk = FileDisk.open(directory)) {
      for (String name : new String[] {"../x", "a/b", "LOCK", "."}) {
        assertThatThrownBy(() -> disk.open(name))
            .as(name)
            .isInstanceOf(IllegalArgumentException.class);
      }
    }
  }
}
