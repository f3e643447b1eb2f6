/**
 * What a node keeps on disk: the write-ahead log and the port to the disk it stands on. Read {@code
 * WriteAheadLog} first.
 */
@NullMarked
package dev.jangada.storage;

import org.jspecify.annotations.NullMarked;
