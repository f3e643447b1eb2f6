package dev.jangada.server.auth;

import java.time.Duration;

/**
 * How users prove who they are.
 *
 * @param tokens which tokens they are given ({@code --auth-token})
 * @param simpleTokenTtl how long tokens last that are not JWTs, whole seconds ({@code
 *     --auth-token-ttl})
 * @param bcryptCost what hashing a password costs, see {@link PasswordHasher} ({@code
 *     --bcrypt-cost})
 */
public record AuthSettings(TokenSettings tokens, Duration simpleTokenTtl, int bcryptCost) {

  /** Simple tokens of five minutes, and passwords at cost 10: etcd's defaults. */
  public static final AuthSettings DEFAULT =
      new AuthSettings(TokenSettings.simple(), Duration.ofMinutes(5), 10);
}
