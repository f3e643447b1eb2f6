package dev.jangada.storage;

/**
 * What a log has done since it was opened.
 *
 * @param entries entries appended
 * @param bytes bytes written to segments, framing included, preallocation not
 * @param syncs syncs of segment contents, those of segment changes included
 * @param lastSyncNanos how long the latest sync of a batch took, in nanoseconds; 0 before the first
 * @param segments number of segments on disk
 * @param syncDurations how long the syncs of batches took
 */
public record WalStatistics(
    long entries,
    long bytes,
    long syncs,
    long lastSyncNanos,
    int segments,
    SyncDurations syncDurations) {}
