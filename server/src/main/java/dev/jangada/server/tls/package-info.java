/**
 * TLS from files that may change while the server runs. Read {@link
 * dev.jangada.server.tls.ReloadingTls} first.
 */
@NullMarked
package dev.jangada.server.tls;

import org.jspecify.annotations.NullMarked;
