@NullMarked
package dev.jangada.raft;

import org.jspecify.annotations.NullMarked;
