/**
 * Who is told of which change: {@link dev.jangada.server.watch.WatchHub} is the class to read
 * first. Knows nothing of the wire.
 */
@NullMarked
package dev.jangada.server.watch;

import org.jspecify.annotations.NullMarked;
