/**
 * Leases, for clients and for the clock of the store: granting, keeping alive, and telling the log
 * how time passes. Read {@link dev.jangada.server.lease.LeaseService} first, then {@link
 * dev.jangada.server.lease.LeaseTimer}.
 */
@NullMarked
package dev.jangada.server.lease;

import org.jspecify.annotations.NullMarked;
