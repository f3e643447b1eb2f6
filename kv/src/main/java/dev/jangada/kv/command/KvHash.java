package dev.jangada.kv.command;

/**
 * The hash of all versions of all keys that can be read at revisions from the compacted one to the
 * given one. It is the same on every node that has applied as much, whatever its engine has flushed
 * or removed.
 *
 * @param hash the hash, an unsigned 32-bit number
 * @param hashRevision the revision up to which versions were hashed
 * @param compactedRevision the compacted revision when it was computed; hashes compare only where
 *     these are equal
 * @param revision the current revision when it was computed
 */
public record KvHash(long hash, long hashRevision, long compactedRevision, long revision)
    implements HashResult {}
