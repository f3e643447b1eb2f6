package dev.jangada.raft;

/**
 * What a log has to know of a snapshot to go on after it.
 *
 * @param last identity of the last entry whose effects are in the snapshot
 * @param membership the configuration in force after that entry
 */
public record SnapshotMetadata(EntryId last, Membership membership) {}
