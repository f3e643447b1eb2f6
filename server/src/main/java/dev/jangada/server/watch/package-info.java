/**
 * Who is told of which change. {@link dev.jangada.server.watch.WatchHub} is the class to read
 * first; it knows nothing of the wire, on which {@link dev.jangada.server.watch.WatchService} tells
 * clients.
 */
@NullMarked
package dev.jangada.server.watch;

import org.jspecify.annotations.NullMarked;
