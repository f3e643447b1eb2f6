/**
 * Broken variants of the implementation, each of which the simulator must find: the test of the
 * tests. Read {@link dev.jangada.simulation.mutants.MutantsTest} first; what is broken, and why it
 * matters, is in the classes named {@code …Mutants}.
 */
@NullMarked
package dev.jangada.simulation.mutants;

import org.jspecify.annotations.NullMarked;
