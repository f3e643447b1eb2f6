package dev.jangada.kv.command;

/**
 * Answer to an {@link AdvanceLeaseClockRequest}.
 *
 * @param revision the current revision; the one that deleted the keys of the last lease that ended,
 *     if any had keys
 */
public record AdvanceLeaseClockResponse(long revision) implements LeaseResponse {}
