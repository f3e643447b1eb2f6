/**
 * Saving, sending and installing snapshots, and cutting the log behind them. Read {@link
 * dev.jangada.node.snapshot.SnapshotCoordinator} first, the part of the driver that decides; {@link
 * dev.jangada.node.snapshot.SnapshotKeeper} does what it wants done, beside the driver.
 *
 * <p>The coordinator is internal: it is public for the driver only.
 */
@NullMarked
package dev.jangada.node.snapshot;

import org.jspecify.annotations.NullMarked;
