package dev.jangada.server.tls;

import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import javax.security.auth.x500.X500Principal;
import org.jspecify.annotations.Nullable;

/** Whom a certificate was issued to. */
public final class CertificateName {

  private CertificateName() {}

  /**
   * The common name of the other side's certificate, which the handshake has verified.
   *
   * @return null if it has shown none, or one without exactly one common name
   */
  public static @Nullable String commonName(SSLSession session) {
    try {
      return session.getPeerPrincipal() instanceof X500Principal subject
          ? commonName(subject)
          : null;
    } catch (SSLPeerUnverifiedException e) {
      return null;
    }
  }

  static @Nullable String commonName(X500Principal subject) {
    String found = null;
    try {
      for (Rdn part : new LdapName(subject.getName(X500Principal.RFC2253)).getRdns()) {
        if (part.getType().equalsIgnoreCase("CN")) {
          if (found != null || !(part.getValue() instanceof String name)) {
            return null;
          }
          found = name;
        }
      }
    } catch (InvalidNameException e) {
      return null;
    }
    return found;
  }
}
