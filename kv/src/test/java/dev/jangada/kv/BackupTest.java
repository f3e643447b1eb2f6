package dev.jangada.kv;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jangada.kv.backup.BackupInfo;
import dev.jangada.kv.backup.BackupReader;
import dev.jangada.kv.backup.DamagedBackupException;
import dev.jangada.kv.command.MemberAttributes;
import dev.jangada.kv.command.PublishMemberRequest;
import dev.jangada.kv.store.HeapStore;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Backups of the store, and stores filled from them. */
class BackupTest {

  static Stream<Supplier<Engine>> engines() {
    return Stream.of(Engine::heap, Engine::rocksDb);
  }

  private static byte[] backupOf(KvStateMachine machine) {
    try (KvBackup backup = machine.backup()) {
      return rest(backup);
    }
  }

  private static byte[] rest(KvBackup backup) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (byte[] piece = backup.next(); piece != null; piece = backup.next()) {
      bytes.writeBytes(piece);
    }
    return bytes.toByteArray();
  }

  private static BackupInfo restore(byte[] backup, HeapStore store) throws IOException {
    return KvStateMachine.restore(
        new BackupReader(new ByteArrayInputStream(backup), "the backup"), store);
  }

  private static void fill(Client client) {
    for (int i = 0; i < 3_000; i++) {
      client.put("k" + i % 700, "value " + i + " ".repeat(40));
    }
    client.delete("k3");
    client.compact(900);
    client.send(new PublishMemberRequest(new MemberAttributes(7, "n1", List.of("http://a:1"))));
  }

  @ParameterizedTest
  @MethodSource("engines")
  void storeFilledFromABackupIsTheSameButForTheMembers(Supplier<Engine> engines)
      throws IOException {
    try (Client source = new Client(engines.get())) {
      fill(source);
      byte[] backup = backupOf(source.machine());
      HeapStore store = new HeapStore();

      BackupInfo info = restore(backup, store);

      assertThat(info.appliedIndex()).isEqualTo(source.machine().appliedIndex());
      assertThat(info.revision()).isEqualTo(source.machine().revision());
      assertThat(info.bytes()).isEqualTo(backup.length);
      // It survives a crash at once.
      try (KvStateMachine restored = new KvStateMachine(store.afterCrash())) {
        assertThat(restored.appliedIndex()).isEqualTo(source.machine().appliedIndex());
        assertThat(restored.compactedRevision()).isEqualTo(900);
        assertThat(restored.hash(0)).isEqualTo(source.machine().hash(0));
        assertThat(restored.hash(1_000)).isEqualTo(source.machine().hash(1_000));
        assertThat(restored.members()).isEmpty();
      }
    }
  }

  @ParameterizedTest
  @MethodSource("engines")
  void whatIsWrittenMeanwhileIsNotInIt(Supplier<Engine> engines) throws IOException {
    try (Client source = new Client(engines.get())) {
      fill(source);
      byte[] before = backupOf(source.machine());
      try (KvBackup backup = source.machine().backup()) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.writeBytes(backup.next());
        bytes.writeBytes(backup.next());
        fill(source);
        bytes.writeBytes(rest(backup));

        assertThat(bytes.toByteArray()).isEqualTo(before);
      }
    }
  }

  @Test
  void endsWithTheHashOfAllBeforeIt() throws Exception {
    try (Client source = Client.onHeap()) {
      fill(source);
      byte[] backup = backupOf(source.machine());
      int end = backup.length - 32;

      // By this etcdctl knows that it has it all.
      assertThat(end % 512).isZero();
      assertThat(Arrays.copyOfRange(backup, end, backup.length))
          .isEqualTo(
              MessageDigest.getInstance("SHA-256").digest(Arrays.copyOfRange(backup, 0, end)));
    }
  }

  @Test
  void emptyStoreHasABackupToo() throws IOException {
    try (Client source = Client.onHeap()) {
      source.put("k", "v");
      source.delete("k");
      HeapStore store = new HeapStore();

      assertThat(restore(backupOf(source.machine()), store).revision()).isEqualTo(3);
    }
  }

  @Test
  void everyFlippedBitIsFoundNoFurtherOnThanItIs() {
    try (Client source = Client.onHeap()) {
      fill(source);
      byte[] backup = backupOf(source.machine());
      for (int at = 0; at < backup.length; at += at < 100 || at > backup.length - 100 ? 1 : 997) {
        byte[] damaged = backup.clone();
        damaged[at] ^= 0x10;
        int flipped = at;
        assertThatThrownBy(() -> restore(damaged, new HeapStore()))
            .as("bit flipped at %d", at)
            .isInstanceOfSatisfying(
                DamagedBackupException.class,
                e ->
                    assertThat(e.offset())
                        .isBetween(Math.max(0, flipped - 70_000L), (long) backup.length))
            .hasMessageContaining("the backup: offset ");
      }
    }
  }

  @Test
  void damageIsNamedByThePieceThatItIsIn() {
    try (Client source = Client.onHeap()) {
      fill(source);
      byte[] backup = backupOf(source.machine());
      int header = 8 + 1 + 8 + 8 + 4;
      int second = header + 8 + ByteBuffer.wrap(backup).getInt(header);
      backup[second + 100] ^= 1;

      assertThatThrownBy(() -> restore(backup, new HeapStore()))
          .isInstanceOf(DamagedBackupException.class)
          .hasMessageContaining("offset " + second);
    }
  }

  @Test
  void cutOffOrLengthenedItIsRefused() {
    try (Client source = Client.onHeap()) {
      fill(source);
      byte[] backup = backupOf(source.machine());
      for (int length : new int[] {0, 5, 29, 40, backup.length / 2, backup.length - 1}) {
        assertThatThrownBy(() -> restore(Arrays.copyOf(backup, length), new HeapStore()))
            .isInstanceOf(DamagedBackupException.class)
            .hasMessageContaining("ends here");
      }
      assertThatThrownBy(() -> restore(Arrays.copyOf(backup, backup.length + 1), new HeapStore()))
          .isInstanceOf(DamagedBackupException.class)
          .hasMessageContaining("goes on");
      assertThatThrownBy(() -> restore(new byte[1_000], new HeapStore()))
          .isInstanceOf(DamagedBackupException.class)
          .hasMessageContaining("no backup");
    }
  }

  @ParameterizedTest
  @MethodSource("engines")
  void neitherClosingNorRestoringWaitsForItsReader(Supplier<Engine> engines) throws IOException {
    try (Client source = new Client(engines.get());
        Client target = new Client(engines.get())) {
      fill(source);
      fill(target);
      KvBackup read = target.machine().backup();
      assertThat(read.next()).isNotNull();
      try (var snapshot = source.machine().snapshot();
          var in = snapshot.open()) {
        target.machine().restore(snapshot.index(), in);
      }
      assertThatThrownBy(read::next).isInstanceOf(IllegalStateException.class);
      read.close();

      KvBackup another = target.machine().backup();
      target.machine().close();
      assertThatThrownBy(another::next).isInstanceOf(IllegalStateException.class);
    }
  }
}
