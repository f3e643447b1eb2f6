/**
 * The laboratory: the scenarios by which students of Raft are examined (MIT 6.824 and 6.5840), run
 * against the production driver and log. Begin with {@link dev.jangada.simulation.lab.Tester}, what
 * the scenarios are written with; {@link dev.jangada.simulation.lab.LabScenarios} lists them and
 * {@link dev.jangada.simulation.lab.LabRunner} runs one.
 */
@NullMarked
package dev.jangada.simulation.lab;

import org.jspecify.annotations.NullMarked;
