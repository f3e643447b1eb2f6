/** Tests of the log's looks. */
@NullMarked
package dev.jangada.cli.logging;

import org.jspecify.annotations.NullMarked;
