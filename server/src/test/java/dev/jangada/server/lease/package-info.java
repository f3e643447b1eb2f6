@NullMarked
package dev.jangada.server.lease;

import org.jspecify.annotations.NullMarked;
