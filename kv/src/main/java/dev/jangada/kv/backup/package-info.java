/**
 * The bytes of a backup of the store: everything in it at one moment, whatever engine holds it.
 * Read {@link dev.jangada.kv.backup.BackupWriter} for the format.
 */
@NullMarked
package dev.jangada.kv.backup;

import org.jspecify.annotations.NullMarked;
