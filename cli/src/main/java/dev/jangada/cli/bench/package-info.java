/**
 * Measures stores that speak the etcd v3 API. Read {@link dev.jangada.cli.bench.LoadGenerator}
 * first.
 */
@NullMarked
package dev.jangada.cli.bench;

import org.jspecify.annotations.NullMarked;
