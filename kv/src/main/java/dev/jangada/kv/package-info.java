/**
 * The replicated key-value store: a deterministic state machine with many versions of each key,
 * transactions and compaction, with the semantics of the etcd v3 API. Read {@link
 * dev.jangada.kv.KvStateMachine} first, then {@link dev.jangada.kv.MvccStore} for how versions are
 * laid out.
 *
 * <p>The requests and responses are the store's own, in {@link dev.jangada.kv.command}; it knows
 * neither the wire format of clients nor how the log is replicated.
 */
@NullMarked
package dev.jangada.kv;

import org.jspecify.annotations.NullMarked;
