/**
 * {@code jangada simulate}: many simulated runs, what they met, and the smallest one that fails.
 * Read {@link dev.jangada.cli.simulate.SimulateCommand} first.
 */
@NullMarked
package dev.jangada.cli.simulate;

import org.jspecify.annotations.NullMarked;
