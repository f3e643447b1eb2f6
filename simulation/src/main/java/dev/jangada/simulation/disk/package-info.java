/**
 * A disk that forgets: what was written and not synced may be lost, torn or reordered when the
 * power fails, and any operation may fail. Read {@link dev.jangada.simulation.disk.SimulatedDisk}
 * first.
 */
@NullMarked
package dev.jangada.simulation.disk;

import org.jspecify.annotations.NullMarked;
