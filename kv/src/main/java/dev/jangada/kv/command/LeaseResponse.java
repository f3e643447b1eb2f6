package dev.jangada.kv.command;

/** The answer to a {@link LeaseCommand} that was carried out. */
public sealed interface LeaseResponse extends Response
    permits LeaseGrantResponse,
        LeaseRevokeResponse,
        LeaseKeepAliveResponse,
        AdvanceLeaseClockResponse {}
