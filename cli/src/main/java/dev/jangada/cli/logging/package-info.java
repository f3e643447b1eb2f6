/**
 * Where the log goes and what it looks like. Read {@link dev.jangada.cli.logging.LogSettings}
 * first.
 */
@NullMarked
package dev.jangada.cli.logging;

import org.jspecify.annotations.NullMarked;
