@NullMarked
package dev.jangada.kv.store;

import org.jspecify.annotations.NullMarked;
