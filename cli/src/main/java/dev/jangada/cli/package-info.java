/**
 * The {@code jangada} command: {@link dev.jangada.cli.Main} and one class for each subcommand. Read
 * {@link dev.jangada.cli.Main} first.
 */
@NullMarked
package dev.jangada.cli;

import org.jspecify.annotations.NullMarked;
