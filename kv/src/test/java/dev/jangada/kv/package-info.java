@NullMarked
package dev.jangada.kv;

import org.jspecify.annotations.NullMarked;
