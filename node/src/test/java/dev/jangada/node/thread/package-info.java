/** Tests of a node's threads. */
@NullMarked
package dev.jangada.node.thread;

import org.jspecify.annotations.NullMarked;
