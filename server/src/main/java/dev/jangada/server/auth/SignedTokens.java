package dev.jangada.server.auth;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.jangada.kv.auth.AuthState;
import dev.jangada.kv.command.Caller;
import dev.jangada.kv.command.Secret;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * Tokens signed with a secret that all members have, because it is part of what they replicate. It
 * is made anew each time permissions begin to count, and with it older tokens end.
 *
 * <pre>
 * token   = base64url(content) "." base64url(signature)
 * content = version (1 byte, 1), auth revision (8), expiry in seconds since 1970 (8), user (UTF-8)
 * signature = HMAC-SHA256 of content, by the secret
 * </pre>
 *
 * <p>When a token expires is judged by the clock of the member that is shown it.
 */
public final class SignedTokens implements Tokens {

  private static final byte VERSION = 1;
  private static final int HEAD_BYTES = 1 + 2 * Long.BYTES;
  private static final String ALGORITHM = "HmacSHA256";
  private static final Base64.Encoder ENCODER = Base64.getUrlEncoder().withoutPadding();

  private final Duration ttl;
  private final InstantSource clock;

  /**
   * Makes tokens of a given life.
   *
   * @param ttl how long a token lasts, whole seconds
   */
  public SignedTokens(Duration ttl, InstantSource clock) {
    this.ttl = ttl;
    this.clock = clock;
  }

  @Override
  public String issue(Caller caller, AuthState auth) {
    Secret secret = auth.tokenSecret();
    if (secret == null) {
      throw new IllegalStateException("there is no secret to sign a token with");
    }
    byte[] user = caller.user().getBytes(UTF_8);
    byte[] content =
        ByteBuffer.allocate(HEAD_BYTES + user.length)
            .put(VERSION)
            .putLong(caller.authRevision())
            .putLong(clock.instant().plus(ttl).getEpochSecond())
            .put(user)
            .array();
    return ENCODER.encodeToString(content) + "." + ENCODER.encodeToString(sign(content, secret));
  }

  @Override
  public @Nullable Caller recognise(String token, AuthState auth) {
    Secret secret = auth.tokenSecret();
    int dot = token.indexOf('.');
    if (secret == null || dot < 0) {
      return null;
    }
    byte[] content = decode(token.substring(0, dot));
    byte[] signature = decode(token.substring(dot + 1));
    if (content == null
        || signature == null
        || !MessageDigest.isEqual(signature, sign(content, secret))) {
      return null;
    }
    // It is signed, so it is one of ours; but a version that is not this one's may have made it.
    if (content.length < HEAD_BYTES || content[0] != VERSION) {
      return null;
    }
    ByteBuffer in = ByteBuffer.wrap(content, 1, content.length - 1);
    long authRevision = in.getLong();
    Instant expiry = Instant.ofEpochSecond(in.getLong());
    if (!clock.instant().isBefore(expiry)) {
      return null;
    }
    try {
      return new Caller(UTF_8.newDecoder().decode(in).toString(), authRevision);
    } catch (CharacterCodingException e) {
      return null;
    }
  }

  @Override
  public long claimedRevision(String token) {
    int dot = token.indexOf('.');
    byte[] content = dot < 0 ? null : decode(token.substring(0, dot));
    return content == null || content.length < HEAD_BYTES || content[0] != VERSION
        ? 0
        : ByteBuffer.wrap(content).getLong(1);
  }

  private static byte @Nullable [] decode(String text) {
    try {
      return Base64.getUrlDecoder().decode(text);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  private static byte[] sign(byte[] content, Secret secret) {
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(new SecretKeySpec(secret.reveal(), ALGORITHM));
      return mac.doFinal(content);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java has HmacSHA256", e);
    }
  }
}
