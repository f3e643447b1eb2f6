/** Tests of what is asked about members. */
@NullMarked
package dev.jangada.node.membership;

import org.jspecify.annotations.NullMarked;
