@NullMarked
package dev.jangada.server.embedded;

import org.jspecify.annotations.NullMarked;
