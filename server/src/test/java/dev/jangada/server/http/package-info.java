/** Tests of HTTP on the clients' port, as bytes on a socket. */
@NullMarked
package dev.jangada.server.http;

import org.jspecify.annotations.NullMarked;
