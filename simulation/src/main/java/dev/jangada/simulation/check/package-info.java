/**
 * Judges what clients saw: is there one order of their operations, each taking effect at one moment
 * between its invocation and its return, that a single copy of the data could have gone through?
 * Read {@link dev.jangada.simulation.check.LinearizabilityChecker} first, then {@link
 * dev.jangada.simulation.check.Model}.
 */
@NullMarked
package dev.jangada.simulation.check;

import org.jspecify.annotations.NullMarked;
