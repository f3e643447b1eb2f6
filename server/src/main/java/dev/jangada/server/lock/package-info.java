/**
 * Locks and elections, which etcd builds of keys with leases. Read {@link
 * dev.jangada.server.lock.CandidateQueue} first: both services are a queue of candidates.
 */
@NullMarked
package dev.jangada.server.lock;

import org.jspecify.annotations.NullMarked;
