package dev.jangada.kv.command;

/**
 * What concerns leases. A lease is a promise of a client to be alive: keys are attached to it by
 * {@link PutRequest#lease}, and are deleted when it ends.
 *
 * <p>Time is part of the replicated state, as a clock of the leases that {@link
 * AdvanceLeaseClockRequest} moves: so all members agree on when a lease ends, and a member that
 * takes over the lead finds the leases as old as they were.
 */
public sealed interface LeaseCommand extends Command
    permits LeaseGrantRequest,
        LeaseRevokeRequest,
        LeaseKeepAliveRequest,
        AdvanceLeaseClockRequest {}
