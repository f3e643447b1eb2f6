/**
 * Sequences of bytes, and how numbers, bytes and text are put one after the other in commands,
 * results and records. Read {@link dev.jangada.kv.bytes.Bytes} first, then {@link
 * dev.jangada.kv.bytes.ByteWriter}, which has the format.
 */
@NullMarked
package dev.jangada.kv.bytes;

import org.jspecify.annotations.NullMarked;
