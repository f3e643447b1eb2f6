@NullMarked
package dev.jangada.junit;

import org.jspecify.annotations.NullMarked;
