/** Tests of the runtime. */
@NullMarked
package dev.jangada.node;

import org.jspecify.annotations.NullMarked;
