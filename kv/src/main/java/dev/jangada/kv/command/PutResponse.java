package dev.jangada.kv.command;

import org.jspecify.annotations.Nullable;

/**
 * Answer to a {@link PutRequest}.
 *
 * @param revision the revision the put made
 * @param prevKv the version before, if asked for and there was one; else null
 */
public record PutResponse(long revision, @Nullable KeyValue prevKv) implements Response {}
