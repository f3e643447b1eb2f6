@NullMarked
package dev.jangada.node.transport;

import org.jspecify.annotations.NullMarked;
