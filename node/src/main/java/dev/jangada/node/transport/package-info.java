/**
 * How nodes talk to each other: the port, and its implementation over TCP. Read {@link
 * dev.jangada.node.transport.Transport} first.
 */
@NullMarked
package dev.jangada.node.transport;

import org.jspecify.annotations.NullMarked;
