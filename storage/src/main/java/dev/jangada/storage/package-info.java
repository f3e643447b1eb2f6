/**
 * What a node keeps on disk: the write-ahead log, the latest snapshot, and the port to the disk
 * they stand on. Read {@link dev.jangada.storage.WriteAheadLog} first.
 */
@NullMarked
package dev.jangada.storage;

import org.jspecify.annotations.NullMarked;
