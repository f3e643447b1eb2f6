package dev.jangada.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.jangada.raft.Entry;
import dev.jangada.raft.EntryType;
import dev.jangada.raft.HardState;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.lifecycle.AfterProperty;
import net.jqwik.api.lifecycle.BeforeProperty;

/**
 * Damages the files of a log of several segments, closed in good order, and checks that opening it
 * names the damage, or shows that it touched nothing that was ever synced.
 */
class WriteAheadLogDamageTest {

  private static final WalConfig CONFIG =
      WalConfig.of(1, 2).withSegmentBytes(WalConfig.MIN_SEGMENT_BYTES);

  private Path directory = Path.of("");
  private List<byte[]> contents = List.of();
  private List<String> names = List.of();
  private List<Entry> entries = List.of();
  private HardState hardState = HardState.INITIAL;

  @BeforeProperty
  void writeLog() throws IOException {
    directory = Files.createTempDirectory("damage");
    List<Entry> written = new ArrayList<>();
    try (FileDisk disk = FileDisk.open(directory);
        WriteAheadLog log = WriteAheadLog.open(disk, CONFIG)) {
      for (int term = 1; term <= 40; term++) {
        int first = Math.max(1, written.size() - 1);
        List<Entry> added = WriteAheadLogTest.entries(first, first + 6, term, 8 * (term % 9));
        hardState = new HardState(term, term % 3);
        log.append(hardState, added);
        written.subList(first - 1, written.size()).clear();
        written.addAll(added);
        if (term % 2 == 0) {
          log.sync();
        }
      }
    }
    try (FileDisk disk = FileDisk.open(directory)) {
      names = disk.list();
    }
    entries = written;
    contents = new ArrayList<>();
    for (String name : names) {
      contents.add(Files.readAllBytes(directory.resolve(name)));
    }
    assertThat(names).hasSizeGreaterThan(3);
  }

  @AfterProperty
  void deleteLog() throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  private void restore() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    for (int i = 0; i < names.size(); i++) {
      Files.write(directory.resolve(names.get(i)), contents.get(i));
    }
  }

  /** Where the frames of a segment end. */
  private int usedBytes(int segment) {
    if (segment + 1 < names.size()) {
      return header(segment + 1).previousEnd();
    }
    return endOfProof(contents.get(segment));
  }

  private SegmentHeader header(int segment) {
    try {
      ByteBuffer page = ByteBuffer.wrap(contents.get(segment), 0, SegmentHeader.BYTES);
      return Objects.requireNonNull(SegmentHeader.decode(page));
    } catch (SegmentHeader.UnknownVersionException e) {
      throw new AssertionError(e);
    }
  }

  /** A log that was closed ends with a proof, whose last eight bytes are never all zero. */
  private static int endOfProof(byte[] bytes) {
    int end = bytes.length;
    while (bytes[end - 1] == 0) {
      end--;
    }
    return (end + 7) / 8 * 8;
  }

  private void damage(int segment, UnaryOperator<byte[]> how) throws IOException {
    restore();
    Files.write(directory.resolve(names.get(segment)), how.apply(contents.get(segment).clone()));
  }

  /** Opens the log and checks that it is whole. */
  private void openWhole() throws IOException {
    try (FileDisk disk = FileDisk.open(directory);
        WriteAheadLog log = WriteAheadLog.open(disk, CONFIG)) {
      assertThat(log.hardState()).isEqualTo(hardState);
      assertThat(WriteAheadLogTest.readAll(log)).isEqualTo(entries);
    }
  }

  private CorruptLogException openRefused() throws IOException {
    try (FileDisk disk = FileDisk.open(directory)) {
      CorruptLogException refusal =
          catchThrowableOfType(
              CorruptLogException.class, () -> WriteAheadLog.open(disk, CONFIG).close());
      assertThat(refusal).as("the refusal to open").isNotNull();
      assertThat(refusal)
          .hasMessageContaining(refusal.file())
          .hasMessageContaining("offset " + refusal.offset())
          .hasMessageContaining("Restore the data directory");
      return refusal;
    }
  }

  /** Whether a segment has only its last proof, or nothing, from an offset on. */
  private boolean isAfterRecords(int segment, int offset) {
    boolean last = segment == names.size() - 1;
    return last && offset >= usedBytes(segment) - Frames.HEADER_BYTES;
  }

  @Property(tries = 1000)
  void aFlippedBitIsRefusedOrTouchedNothing(
      @ForAll @IntRange(max = 1_000_000) int where, @ForAll @IntRange(max = 7) int bit)
      throws IOException {
    int segment = where % names.size();
    int offset = where / names.size() % contents.get(segment).length;
    damage(
        segment,
        bytes -> {
          bytes[offset] ^= (byte) (1 << bit);
          return bytes;
        });

    boolean unusedPage = offset >= 112 && offset < SegmentHeader.BYTES;
    boolean unusedEnd = offset >= usedBytes(segment);
    if (unusedPage || unusedEnd || isAfterRecords(segment, offset)) {
      openWhole();
      openWhole();
    } else {
      CorruptLogException refusal = openRefused();
      assertThat(refusal.file()).endsWith(names.get(segment));
      assertThat(refusal.offset()).isLessThanOrEqualTo(offset);
      // Refusing changed nothing: the same again.
      assertThat(openRefused()).hasMessage(refusal.getMessage());
    }
  }

  @Property(tries = 300)
  void zeroedSectorsAreRefusedOrTouchedNothing(
      @ForAll @IntRange(max = 1_000_000) int where, @ForAll @IntRange(min = 1, max = 4) int sectors)
      throws IOException {
    int segment = where % names.size();
    int offset = where / names.size() % contents.get(segment).length / 512 * 512;
    int end = Math.min(contents.get(segment).length, offset + 512 * sectors);
    boolean[] hit = new boolean[1];
    damage(
        segment,
        bytes -> {
          for (int i = offset; i < end; i++) {
            boolean frames = i >= SegmentHeader.BYTES && !isAfterRecords(segment, i);
            hit[0] |= bytes[i] != 0 && (i < 112 || frames);
          }
          Arrays.fill(bytes, offset, end, (byte) 0);
          return bytes;
        });

    // With the latest record its proof may be gone, too: then nothing is left to tell.
    boolean proofGone = isAfterRecords(segment, end - 1);
    if (!hit[0]) {
      openWhole();
    } else if (!proofGone) {
      assertThat(openRefused().file()).endsWith(names.get(segment));
    }
  }

  @Property(tries = 60)
  void aShortenedFileIsRefused(@ForAll @IntRange(max = 1_000_000) int where) throws IOException {
    int segment = where % names.size();
    int size = where / names.size() % contents.get(segment).length;
    damage(segment, bytes -> Arrays.copyOf(bytes, size));

    assertThat(openRefused().file()).endsWith(names.get(segment));
  }

  @Property(tries = 20)
  void aMissingSegmentIsRefused(@ForAll @IntRange(max = 100) int where) throws IOException {
    restore();
    int segment = where % (names.size() - 1);
    Files.delete(directory.resolve(names.get(segment)));

    assertThat(openRefused()).hasMessageContaining("segment " + (segment + 1) + " is missing");
  }

  /** With a base, the segments before it are not missed, and any after it is. */
  @Property(tries = 1)
  void aSegmentIsOnlyMissedIfItHasEntriesThatWereNotDiscarded() throws IOException {
    restore();
    long upTo = header(2).last().index() + 3;
    try (FileDisk disk = FileDisk.open(directory);
        WriteAheadLog log = WriteAheadLog.open(keepingAll(disk), CONFIG)) {
      log.discardUpTo(upTo);
      log.sync();
      assertThat(disk.list()).containsAll(names);
    }
    int needed = 0;
    for (int gone = 0; gone < names.size() - 1; gone++) {
      Files.delete(directory.resolve(names.get(gone)));
      try (FileDisk disk = FileDisk.open(directory);
          WriteAheadLog log = WriteAheadLog.open(keepingAll(disk), CONFIG)) {
        assertThat(log.base().index()).isEqualTo(upTo);
        assertThat(log.read(upTo + 1, log.last().index() + 1, Long.MAX_VALUE))
            .isEqualTo(entries.subList((int) upTo, entries.size()));
      } catch (CorruptLogException refusal) {
        assertThat(refusal).hasMessageContaining("segment " + (gone + 1) + " is missing");
        needed++;
      }
    }
    assertThat(needed).as("segments that are missed").isBetween(1, names.size() - 3);
  }

  /** A disk from which no segment is deleted, as by a crash before that. */
  private static Disk keepingAll(FileDisk disk) {
    return new FilterDisk(disk) {
      @Override
      public void delete(String name) throws IOException {
        if (!name.endsWith(".wal")) {
          super.delete(name);
        }
      }
    };
  }

  @Property(tries = 20)
  void aSegmentUnderTheNameOfAnotherIsRefused(@ForAll @IntRange(max = 100) int where)
      throws IOException {
    restore();
    int segment = where % (names.size() - 1);
    Files.copy(
        directory.resolve(names.get(segment)),
        directory.resolve(names.get(segment + 1)),
        StandardCopyOption.REPLACE_EXISTING);

    assertThat(openRefused()).hasMessageContaining("this file was written as");
  }

  @Property(tries = 100)
  void rubbishAfterTheLastRecordIsRemoved(@ForAll byte[] rubbish) throws IOException {
    int segment = names.size() - 1;
    int end = usedBytes(segment);
    damage(
        segment,
        bytes -> {
          System.arraycopy(rubbish, 0, bytes, end, Math.min(rubbish.length, bytes.length - end));
          return bytes;
        });

    openWhole();
    assertThat(Files.readAllBytes(directory.resolve(names.get(segment))))
        .isEqualTo(contents.get(segment));
  }

  /** What a client stores may be a copy of this very log: it is data all the same. */
  @Property(tries = 1)
  void framesStoredAsDataAreNotTakenForFrames() throws IOException {
    Path other = Files.createTempDirectory(directory, "other");
    // Frames of a segment with the very header of the one they get into, at other offsets, among
    // them some that claim that their surroundings are durable.
    byte[] data =
        Arrays.copyOfRange(contents.getFirst(), SegmentHeader.BYTES, SegmentHeader.BYTES + 2000);
    try (FileDisk disk = FileDisk.open(other)) {
      try (WriteAheadLog log = WriteAheadLog.open(disk, CONFIG)) {
        Entry entry = new Entry(1, 1, EntryType.COMMAND, 0, 0, data);
        HardState first = new HardState(1, 1);
        assertThat(Frames.HEADER_BYTES + Records.size(first) + Records.size(entry) - data.length)
            .as("the data is aligned as frames are")
            .isEqualTo(56);
        log.append(first, List.of(entry));
        log.sync();
      }
      // The frame that holds it is torn: its header is gone, and the proof after it, too.
      Path file = other.resolve(disk.list().getFirst());
      byte[] bytes = Files.readAllBytes(file);
      Arrays.fill(bytes, SegmentHeader.BYTES, SegmentHeader.BYTES + 8, (byte) 0);
      int end = endOfProof(bytes);
      Arrays.fill(bytes, end - Frames.HEADER_BYTES, end, (byte) 0);
      Files.write(file, bytes);

      try (WriteAheadLog log = WriteAheadLog.open(disk, CONFIG)) {
        assertThat(log.last().index()).isZero();
      }
    }
    try (Stream<Path> files = Files.list(other)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(other);
  }

  @Property(tries = 1)
  void damageMetByAReadIsReported() throws IOException {
    restore();
    try (FileDisk disk = FileDisk.open(directory);
        WriteAheadLog log = WriteAheadLog.open(disk, CONFIG)) {
      Path file = directory.resolve(names.getFirst());
      byte[] bytes = Files.readAllBytes(file);
      bytes[SegmentHeader.BYTES + Frames.HEADER_BYTES + 30] ^= 1;
      Files.write(file, bytes, StandardOpenOption.WRITE);

      assertThatThrownBy(() -> log.read(1, 2, 1))
          .isInstanceOf(DiskFailureException.class)
          .hasMessageContaining(file.toString())
          .hasMessageContaining("offset " + SegmentHeader.BYTES);
    }
  }
}
