package dev.jangada.server;

import dev.jangada.kv.KvStateMachine;
import dev.jangada.kv.command.KvHash;
import dev.jangada.kv.store.RocksDbOptions;
import dev.jangada.kv.store.RocksDbStore;
import dev.jangada.kv.store.StoreException;
import dev.jangada.node.StorageReport;
import dev.jangada.raft.EntryId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What is in the data directory of a member that is stopped, read from beginning to end: its log,
 * its snapshot, its store, and whether they belong together. Nothing is changed.
 *
 * @param facts what there is, a line each, for people
 * @param damage what is wrong, a line each, with the place and what can be done about it; empty if
 *     all is well
 */
public record DataCheck(List<String> facts, List<String> damage) {

  private static final String STORE_REMEDY =
      "Restore the data directory from a copy made while the member was stopped, or remove the"
          + " member from the cluster and add it anew with an empty directory: it gets all data"
          + " from the others";

  public DataCheck {
    facts = List.copyOf(facts);
    damage = List.copyOf(damage);
  }

  /**
   * Checks a data directory, as {@code --data-dir} names it.
   *
   * @throws IOException if there is no member's data in it, the member runs, or it cannot be read
   */
  public static DataCheck of(Path dataDirectory) throws IOException {
    Path member = dataDirectory.resolve("member");
    if (!Files.isDirectory(member)) {
      throw new IOException(
          "%s holds no member's data: there is no directory %s".formatted(dataDirectory, member));
    }
    StorageReport log = StorageReport.of(member);
    List<String> facts = new ArrayList<>(log.facts());
    List<String> damage = new ArrayList<>(log.damage());
    Path store = member.resolve("kv");
    if (RocksDbStore.exists(RocksDbOptions.in(store))) {
      checkStore(store, log, facts, damage);
    } else if (EntryId.NONE.equals(log.snapshot())
        && log.base() != null
        && log.base().index() > 0) {
      damage.add(
          "%s: there is no store, and the log begins after %s: what came before is lost. %s"
              .formatted(store, log.base(), STORE_REMEDY));
    }
    return new DataCheck(facts, damage);
  }

  private static void checkStore(
      Path directory, StorageReport log, List<String> facts, List<String> damage) {
    try (KvStateMachine store =
        new KvStateMachine(RocksDbStore.openChecked(RocksDbOptions.in(directory)))) {
      long applied = store.appliedIndex();
      facts.add(
          "store of revision %d, compacted at %d, after entry %d"
              .formatted(store.revision(), store.compactedRevision(), applied));
      if (store.hash(0) instanceof KvHash hash) {
        facts.add("hash of all versions %d".formatted(hash.hash()));
      }
      EntryId base = log.base();
      EntryId last = log.last();
      // A snapshot that is ahead of the store or the log is about to be installed: a start does it.
      long snapshot = log.snapshot() == null ? 0 : log.snapshot().index();
      if (base != null && Math.max(applied, snapshot) < base.index()) {
        damage.add(
            "%s: its last entry is %d, but the log begins after %s: what is between is lost. %s"
                .formatted(directory, applied, base, STORE_REMEDY));
      }
      if (last != null && applied > last.index() && applied > snapshot) {
        damage.add(
            "%s: its last entry is %d, but the log ends with %s: they do not belong together. %s"
                .formatted(directory, applied, last, STORE_REMEDY));
      }
    } catch (StoreException e) {
      damage.add(e.getMessage() + ". " + STORE_REMEDY);
    }
  }
}
