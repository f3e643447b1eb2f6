package dev.jangada.node;

import dev.jangada.node.snapshot.SnapshotStatistics;

/**
 * What a node has done since it was started.
 *
 * @param pendingBytes weight of the requests that have no outcome yet
 * @param messagesReceived messages taken in from peers
 * @param messagesDropped messages from peers dropped because too many were waiting already
 * @param log what the write-ahead log has done
 * @param snapshots what has been done with snapshots
 */
public record NodeStatistics(
    long pendingBytes,
    long messagesReceived,
    long messagesDropped,
    LogStatistics log,
    SnapshotStatistics snapshots) {}
