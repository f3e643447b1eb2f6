/** Tests of the threads beside the driver. */
@NullMarked
package dev.jangada.node.thread;

import org.jspecify.annotations.NullMarked;
