/** Tests of client sessions. */
@NullMarked
package dev.jangada.node.session;

import org.jspecify.annotations.NullMarked;
