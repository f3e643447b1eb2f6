/**
 * Whole nodes in virtual time: the unmodified driver and write-ahead log of each node, on simulated
 * disks and a simulated network, in one thread and from one seed. Read {@link
 * dev.jangada.simulation.Simulation} first, then {@link dev.jangada.simulation.Property}.
 */
@NullMarked
package dev.jangada.simulation;

import org.jspecify.annotations.NullMarked;
