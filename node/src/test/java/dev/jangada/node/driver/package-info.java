/** Tests of the driver. */
@NullMarked
package dev.jangada.node.driver;

import org.jspecify.annotations.NullMarked;
