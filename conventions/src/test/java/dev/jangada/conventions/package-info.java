/**
 * Tests about the sources themselves: what may depend on what ({@link
 * dev.jangada.conventions.ArchitectureTest}, read it first), what may not be written where the
 * program has to be deterministic, and how files look.
 *
 * <p>Packages named {@code fixture} hold classes that break the rules on purpose, so that each rule
 * is seen to fail. They sit in the packages whose rules they break.
 */
@NullMarked
package dev.jangada.conventions;

import org.jspecify.annotations.NullMarked;
