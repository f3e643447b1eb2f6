/**
 * What a node keeps on disk: the write-ahead log and the port to the disk it stands on. Read {@link
 * dev.jangada.storage.WriteAheadLog} first.
 */
@NullMarked
package dev.jangada.storage;

import org.jspecify.annotations.NullMarked;
