package dev.jangada.server.auth;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import dev.jangada.kv.auth.AuthState;
import dev.jangada.kv.command.Caller;
import java.io.IOException;
import java.text.ParseException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Date;
import org.jspecify.annotations.Nullable;

/**
 * JSON Web Tokens with the claims that etcd gives them: {@code username}, {@code revision} and
 * {@code exp}. Only the one algorithm that is configured is accepted, whatever a token says.
 */
final class JwtTokens implements Tokens {

  private static final String USER = "username";
  private static final String REVISION = "revision";

  private final JWSAlgorithm algorithm;
  private final JWSVerifier verifier;
  private final @Nullable JWSSigner signer;
  private final Duration ttl;
  private final InstantSource clock;

  private JwtTokens(JwtKeys keys, Duration ttl, InstantSource clock) {
    this.algorithm = keys.algorithm();
    this.verifier = keys.verifier();
    this.signer = keys.signer();
    this.ttl = ttl;
    this.clock = clock;
  }

  static JwtTokens open(TokenSettings settings, InstantSource clock) throws IOException {
    return new JwtTokens(JwtKeys.read(settings), settings.ttl(), clock);
  }

  @Override
  public String issue(Caller caller, AuthState auth) {
    if (signer == null) {
      throw new IllegalStateException(
          "tokens cannot be made here: --auth-token jwt has no priv-key");
    }
    JWTClaimsSet claims =
        new JWTClaimsSet.Builder()
            .claim(USER, caller.user())
            .claim(REVISION, caller.authRevision())
            .expirationTime(Date.from(clock.instant().plus(ttl)))
            .build();
    SignedJWT token = new SignedJWT(new JWSHeader(algorithm), claims);
    try {
      token.sign(signer);
    } catch (JOSEException e) {
      throw new IllegalStateException("a key that was tried at the start cannot sign", e);
    }
    return token.serialize();
  }

  @Override
  public @Nullable Caller recognise(String token, AuthState auth) {
    try {
      SignedJWT parsed = SignedJWT.parse(token);
      if (!algorithm.equals(parsed.getHeader().getAlgorithm()) || !parsed.verify(verifier)) {
        return null;
      }
      JWTClaimsSet claims = parsed.getJWTClaimsSet();
      Date expiry = claims.getExpirationTime();
      String user = claims.getStringClaim(USER);
      Long revision = claims.getLongClaim(REVISION);
      if (expiry == null
          || !clock.instant().isBefore(expiry.toInstant())
          || user == null
          || revision == null) {
        return null;
      }
      return new Caller(user, revision);
    } catch (ParseException | JOSEException e) {
      return null;
    }
  }

  @Override
  public long claimedRevision(String token) {
    try {
      Long revision = SignedJWT.parse(token).getJWTClaimsSet().getLongClaim(REVISION);
      return revision == null ? 0 : revision;
    } catch (ParseException e) {
      return 0;
    }
  }
}
