/**
 * What the key-value store needs of an engine: sorted keys, consistent snapshots, atomic batches.
 * Read {@link dev.jangada.kv.store.OrderedStore} first; {@link dev.jangada.kv.store.RocksDbStore}
 * keeps its data on disk, {@link dev.jangada.kv.store.HeapStore} in memory.
 */
@NullMarked
package dev.jangada.kv.store;

import org.jspecify.annotations.NullMarked;
