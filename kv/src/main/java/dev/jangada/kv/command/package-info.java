/**
 * What the store can be asked for and what it answers, as values and as bytes. Read {@link
 * dev.jangada.kv.command.Command} and {@link dev.jangada.kv.command.Result} first; {@link
 * dev.jangada.kv.command.CommandCodec} and {@link dev.jangada.kv.command.ResultCodec} have the
 * formats.
 *
 * <p>Nothing here knows the state: what can be said against a request without it, {@link
 * dev.jangada.kv.command.RequestValidator} says.
 */
@NullMarked
package dev.jangada.kv.command;

import org.jspecify.annotations.NullMarked;
