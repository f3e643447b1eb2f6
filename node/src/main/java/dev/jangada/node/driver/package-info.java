/**
 * What a node does, without a thread or a clock: the steps that follow from each event, and the
 * requests under way until each has an outcome. Read {@link dev.jangada.node.driver.RaftDriver}
 * first; {@link dev.jangada.node.driver.LogWriter} and {@link dev.jangada.node.driver.Applier} are
 * its ports to the disk and the state machine.
 */
@NullMarked
package dev.jangada.node.driver;

import org.jspecify.annotations.NullMarked;
