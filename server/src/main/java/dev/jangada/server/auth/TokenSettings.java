package dev.jangada.server.auth;

import java.io.IOException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which tokens a member makes and recognises, as {@code --auth-token} says it: {@code simple}, or
 * {@code jwt} with options.
 *
 * @param type the kind
 * @param signMethod of {@code jwt}: RS256, ES256, HS256 and their longer relatives, or PS256 …
 * @param publicKey of {@code jwt}: file to recognise tokens by
 * @param privateKey of {@code jwt}: file to make tokens with; with HS256 the one for both
 * @param ttl how long a {@code jwt} lasts
 */
public record TokenSettings(
    Type type,
    @Nullable String signMethod,
    @Nullable Path publicKey,
    @Nullable Path privateKey,
    Duration ttl) {

  /** Kinds of tokens. */
  public enum Type {
    /** Signed with a secret of the cluster: nothing needs to be set up. */
    SIMPLE,
    /** JSON Web Tokens, signed with keys that the members are given: others can read them too. */
    JWT
  }

  private static final Duration DEFAULT_JWT_TTL = Duration.ofMinutes(5);
  private static final String FORM =
      "it is simple, or" + " jwt,sign-method=RS256,pub-key=FILE,priv-key=FILE[,ttl=5m]";

  /** The default. */
  public static TokenSettings simple() {
    return new TokenSettings(Type.SIMPLE, null, null, null, DEFAULT_JWT_TTL);
  }

  /**
   * Reads what was given with {@code --auth-token}.
   *
   * @throws IllegalArgumentException if it cannot be understood, with what is wrong
   */
  public static TokenSettings parse(String text) {
    String[] parts = text.split(",", -1);
    if (parts[0].equals("simple") && parts.length == 1) {
      return simple();
    }
    if (!parts[0].equals("jwt")) {
      throw new IllegalArgumentException("\"%s\" cannot be used: %s".formatted(text, FORM));
    }
    Map<String, String> options = new LinkedHashMap<>();
    for (int i = 1; i < parts.length; i++) {
      int equals = parts[i].indexOf('=');
      if (equals < 1
          || options.put(parts[i].substring(0, equals), parts[i].substring(equals + 1)) != null) {
        throw new IllegalArgumentException(
            "option \"%s\" has no value, or is given twice: %s".formatted(parts[i], FORM));
      }
    }
    String signMethod = options.remove("sign-method");
    String publicKey = options.remove("pub-key");
    String privateKey = options.remove("priv-key");
    String ttl = options.remove("ttl");
    if (!options.isEmpty()) {
      throw new IllegalArgumentException(
          "unknown options %s: %s".formatted(options.keySet(), FORM));
    }
    if (signMethod == null || (publicKey == null && privateKey == null)) {
      throw new IllegalArgumentException("sign-method or a key is missing: " + FORM);
    }
    return new TokenSettings(
        Type.JWT,
        signMethod,
        publicKey == null ? null : Path.of(publicKey),
        privateKey == null ? null : Path.of(privateKey),
        ttl == null ? DEFAULT_JWT_TTL : duration(ttl));
  }

  /** A time as Go writes it: 90s, 10m, 1h30m. */
  private static Duration duration(String text) {
    try {
      if (text.matches("([0-9]+[hms])+")) {
        Duration duration = Duration.parse("PT" + text.toUpperCase(Locale.ROOT));
        if (duration.isPositive()) {
          return duration;
        }
      }
    } catch (DateTimeException e) {
      // Told below.
    }
    throw new IllegalArgumentException(
        "ttl=%s cannot be used: write hours, minutes and seconds like 1h30m or 300s"
            .formatted(text));
  }

  /**
   * Makes the tokens that this describes.
   *
   * @param simpleTtl how long tokens of the kind {@link Type#SIMPLE} last
   * @throws IOException if a key cannot be read
   * @throws IllegalArgumentException if a key cannot be used, with what is wrong
   */
  public Tokens open(Duration simpleTtl, InstantSource clock) throws IOException {
    return switch (type) {
      case SIMPLE -> new SignedTokens(simpleTtl, clock);
      case JWT -> JwtTokens.open(this, clock);
    };
  }
}
