/** Tests of what is done with snapshots. */
@NullMarked
package dev.jangada.node.snapshot;

import org.jspecify.annotations.NullMarked;
