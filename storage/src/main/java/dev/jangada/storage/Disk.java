package dev.jangada.storage;

import java.io.IOException;
import java.util.List;

/**
 * One directory of a disk, as the log needs it: the port between what is stored and what stores it.
 * {@link FileDisk} is the real one; a simulated one loses, tears and reorders whatever was not
 * synced.
 *
 * <p>The contract is what POSIX promises and no more. Written bytes are durable only after {@link
 * DiskFile#sync()}; a file's existence and name only after {@link #syncDirectory()}. After a crash
 * each unsynced page of a file may have its old contents, its new contents, or a mixture at sector
 * granularity, independently of all others.
 *
 * <p>Names are plain file names without a separator. Implementations may be used by several
 * threads: reads of a file may run beside one other thread's writes and syncs of it, as long as
 * they touch other bytes; all else on one file is for one thread at a time.
 */
public interface Disk {

  /** The names of all files, sorted. */
  List<String> list() throws IOException;

  /**
   * Creates a file that must not exist yet, filled with zeros up to the given size and with its
   * space allocated where the file system can do that, so that later writes within the size change
   * no metadata. The zeros are durable after the first {@link DiskFile#sync()}, the name after
   * {@link #syncDirectory()}.
   */
  DiskFile create(String name, long size) throws IOException;

  /** Opens an existing file for reading and writing. */
  DiskFile open(String name) throws IOException;

  /**
   * Renames a file, replacing any that has the new name. Durable after {@link #syncDirectory()}.
   */
  void rename(String from, String to) throws IOException;

  /** Deletes a file. Durable after {@link #syncDirectory()}. */
  void delete(String name) throws IOException;

  /** Makes creations, renames and deletions durable. */
  void syncDirectory() throws IOException;

  /** How to name a file of this disk in a message to a person: a full path for a real one. */
  String describe(String name);
}
