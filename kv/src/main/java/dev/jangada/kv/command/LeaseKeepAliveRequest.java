package dev.jangada.kv.command;

/**
 * Has a lease last for its whole time to live from now on. Refused if there is no such lease. Makes
 * no revision.
 *
 * @param id of the lease
 */
public record LeaseKeepAliveRequest(long id) implements LeaseCommand {}
