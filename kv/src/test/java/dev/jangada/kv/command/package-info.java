@NullMarked
package dev.jangada.kv.command;

import org.jspecify.annotations.NullMarked;
