/**
 * What this member tells Prometheus. Read {@link dev.jangada.server.metrics.ServerMetrics} first.
 */
@NullMarked
package dev.jangada.server.metrics;

import org.jspecify.annotations.NullMarked;
