/**
 * Tests of whole clusters: real processes, started as {@code jangada up} does, and real clients.
 */
@NullMarked
package dev.jangada.cli.e2e;

import org.jspecify.annotations.NullMarked;
