/**
 * The store in a JUnit test. Read {@link dev.jangada.junit.JangadaExtension}; what it starts is an
 * {@link dev.jangada.server.embedded.EmbeddedCluster}, which needs no JUnit.
 */
@NullMarked
package dev.jangada.junit;

import org.jspecify.annotations.NullMarked;
