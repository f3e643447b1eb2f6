/**
 * The store inside another program, a test above all. Read {@link
 * dev.jangada.server.embedded.EmbeddedCluster}.
 */
@NullMarked
package dev.jangada.server.embedded;

import org.jspecify.annotations.NullMarked;
