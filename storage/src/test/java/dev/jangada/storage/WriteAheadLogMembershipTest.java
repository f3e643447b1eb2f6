package dev.jangada.storage;

import static dev.jangada.storage.WriteAheadLogTest.entries;
import static org.assertj.core.api.Assertions.assertThat;

import dev.jangada.raft.Configuration;
import dev.jangada.raft.Entry;
import dev.jangada.raft.EntryId;
import dev.jangada.raft.HardState;
import dev.jangada.raft.Membership;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a log remembers of configurations, whatever becomes of the entries that held them. */
class WriteAheadLogMembershipTest {

  private static final WalConfig SMALL = WalConfig.of(7, 1).withSegmentBytes(8 << 10);

  private static final Membership TWO = Membership.ofVoters(List.of(1L, 2L));
  private static final Membership THREE = Membership.ofVoters(List.of(1L, 2L, 3L));

  @TempDir Path directory;
  private FileDisk disk;

  @BeforeEach
  void openDisk() throws IOException {
    disk = FileDisk.open(directory);
  }

  @AfterEach
  void closeDisk() throws IOException {
    disk.close();
  }

  private WriteAheadLog reopened(WriteAheadLog log) throws IOException {
    log.close();
    return WriteAheadLog.open(disk, SMALL);
  }

  @Test
  void configurationsAreFoundAgain() throws IOException {
    WriteAheadLog log = WriteAheadLog.open(disk, SMALL);
    assertThat(log.configurations()).isEmpty();
    log.append(
        new HardState(1, 1),
        List.of(Entry.configuration(1, 1, TWO), Entry.configuration(2, 1, THREE)));

    log = reopened(log);
    assertThat(log.configurations())
        .containsExactly(new Configuration(1, TWO), new Configuration(2, THREE));
    log.close();
  }

  @Test
  void replacedConfigurationsAreForgotten() throws IOException {
    WriteAheadLog log = WriteAheadLog.open(disk, SMALL);
    log.append(
        new HardState(1, 1),
        List.of(Entry.configuration(1, 1, TWO), Entry.configuration(2, 1, THREE)));
    log.append(new HardState(2, 1), List.of(Entry.noop(2, 2)));

    assertThat(log.configurations()).containsExactly(new Configuration(1, TWO));
    log = reopened(log);
    assertThat(log.configurations()).containsExactly(new Configuration(1, TWO));
    log.close();
  }

  @Test
  void theConfigurationAtTheBaseOutlivesTheSegmentThatHeldIt() throws IOException {
    WriteAheadLog log = WriteAheadLog.open(disk, SMALL);
    log.append(new HardState(1, 1), List.of(Entry.configuration(1, 1, TWO)));
    log.append(null, entries(2, 300, 1, 200));
    log.discardUpTo(250);
    log.sync();
    log.append(null, entries(300, 600, 1, 200));
    log.discardUpTo(550);
    log.sync();
    assertThat(disk.list()).noneMatch(name -> name.startsWith("0000000001-"));
    assertThat(log.configurations()).containsExactly(new Configuration(550, TWO));

    log = reopened(log);
    assertThat(log.configurations()).containsExactly(new Configuration(550, TWO));
    // And from a header alone: the record of the discard is in a segment that goes, too.
    log.append(null, entries(600, 640, 1, 200));
    log.discardUpTo(600);
    log.append(null, entries(640, 900, 1, 200));
    log.discardUpTo(880);
    log.sync();
    log = reopened(log);
    assertThat(log.configurations()).containsExactly(new Configuration(880, TWO));
    log.close();
  }

  @Test
  void aConfigurationAfterTheBaseStaysWhereItIs() throws IOException {
    WriteAheadLog log = WriteAheadLog.open(disk, SMALL);
    log.append(new HardState(1, 1), List.of(Entry.configuration(1, 1, TWO)));
    log.append(null, entries(2, 10, 1, 20));
    log.append(null, List.of(Entry.configuration(10, 1, THREE)));
    log.discardUpTo(9);

    log = reopened(log);
    assertThat(log.configurations())
        .containsExactly(new Configuration(9, TWO), new Configuration(10, THREE));
    log.close();
  }

  @Test
  void resetSupersedesAllThatWasThere() throws IOException {
    WriteAheadLog log = WriteAheadLog.open(disk, SMALL);
    log.append(
        new HardState(3, 1),
        List.of(Entry.configuration(1, 1, TWO), Entry.configuration(2, 1, THREE)));
    log.reset(new EntryId(100, 2), TWO);

    log = reopened(log);
    assertThat(log.configurations()).containsExactly(new Configuration(100, TWO));
    log.close();
  }

  @Test
  void incarnationIsThatOfTheLogForAsLongAsItLasts() throws IOException {
    WriteAheadLog log = WriteAheadLog.open(disk, SMALL);
    long incarnation = log.incarnation();
    log.append(new HardState(1, 1), entries(1, 300, 1, 200));
    log.discardUpTo(290);
    log = reopened(log);
    assertThat(log.incarnation()).isEqualTo(incarnation);
    log.close();

    disk.close();
    disk = FileDisk.open(directory.resolve("other"));
    try (WriteAheadLog other = WriteAheadLog.open(disk, SMALL)) {
      assertThat(other.incarnation()).isNotEqualTo(incarnation);
    }
  }
}
