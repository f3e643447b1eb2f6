package dev.jangada.kv.command;

/**
 * Ends a lease and deletes the keys attached to it, in one revision; none if there are no keys.
 * Refused if there is no such lease.
 *
 * @param id of the lease
 */
public record LeaseRevokeRequest(long id) implements LeaseCommand {}
