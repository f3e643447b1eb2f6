@NullMarked
package dev.jangada.server.call;

import org.jspecify.annotations.NullMarked;
