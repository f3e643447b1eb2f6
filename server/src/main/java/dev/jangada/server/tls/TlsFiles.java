package dev.jangada.server.tls;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Where certificates are, all in PEM.
 *
 * @param certificate this member's certificate, and after it those between it and its root
 * @param key the certificate's private key, not encrypted
 * @param trustedRoots the authorities whose certificates others may have; null for those that the
 *     Java runtime trusts
 * @param requireClientCertificate whether who connects has to have a certificate, too
 */
public record TlsFiles(
    Path certificate, Path key, @Nullable Path trustedRoots, boolean requireClientCertificate) {}
