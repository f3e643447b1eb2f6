package dev.jangada.kv.backup;

/**
 * What a backup holds.
 *
 * @param appliedIndex index of the last entry of the log whose effects are in it
 * @param revision the store's revision
 * @param records how many keys and values of the store's own layout are in it
 * @param bytes its length
 */
public record BackupInfo(long appliedIndex, long revision, long records, long bytes) {}
