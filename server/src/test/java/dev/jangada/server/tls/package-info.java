/** Tests of TLS, with certificates made for them. */
@NullMarked
package dev.jangada.server.tls;

import org.jspecify.annotations.NullMarked;
