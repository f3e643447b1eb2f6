/** How users test their own state machines: from another package, with what is public only. */
@NullMarked
package dev.jangada.simulation.example;

import org.jspecify.annotations.NullMarked;
