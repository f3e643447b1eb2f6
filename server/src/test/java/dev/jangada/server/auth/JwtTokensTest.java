package dev.jangada.server.auth;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;
import dev.jangada.kv.auth.AuthState;
import dev.jangada.kv.command.Caller;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Date;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** JSON Web Tokens, and the keys for them. */
class JwtTokensTest {

  private static final Instant NOW = Instant.parse("2026-11-21T12:00:00Z");
  private static final Duration ANY_TTL = Duration.ofSeconds(1);
  private static final Caller CALLER = new Caller("u", 7);

  private final AuthState auth = AuthStates.enabled(1);

  @TempDir private Path directory;

  @SuppressWarnings("NullAway.Init") // set by JUnit
  JwtTokensTest() {}

  private static Tokens open(String settings, Instant now) throws IOException {
    return TokenSettings.parse(settings).open(ANY_TTL, InstantSource.fixed(now));
  }

  private String keys(String method, String name) throws Exception {
    KeyPairGenerator generator;
    if (method.startsWith("ES")) {
      generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(
          new ECGenParameterSpec(method.equals("ES512") ? "secp521r1" : "secp256r1"));
    } else {
      generator = KeyPairGenerator.getInstance("RSA");
      generator.initialize(2048);
    }
    KeyPair pair = generator.generateKeyPair();
    return "pub-key="
        + pem(name + ".pub", "PUBLIC KEY", pair.getPublic().getEncoded())
        + ",priv-key="
        + pem(name, "PRIVATE KEY", pair.getPrivate().getEncoded());
  }

  private Path pem(String name, String type, byte[] bytes) throws IOException {
    String text =
        "-----BEGIN %s-----\n%s\n-----END %s-----\n"
            .formatted(type, Base64.getMimeEncoder().encodeToString(bytes), type);
    return Files.writeString(directory.resolve(name), text);
  }

  private Path secret() throws IOException {
    return Files.write(directory.resolve("secret"), "0123456789abcdef".repeat(4).getBytes(UTF_8));
  }

  @ParameterizedTest
  @ValueSource(strings = {"RS256", "PS256", "ES256", "ES512"})
  void tokenIsRecognisedUntilItExpiresByWhoHasTheKey(String method) throws Exception {
    String settings = "jwt,sign-method=" + method + "," + keys(method, "a") + ",ttl=10m";
    String token = open(settings, NOW).issue(CALLER, auth);

    assertThat(open(settings, NOW.plusSeconds(599)).recognise(token, auth)).isEqualTo(CALLER);
    assertThat(open(settings, NOW.plusSeconds(600)).recognise(token, auth)).isNull();
    assertThat(open(settings, NOW).claimedRevision(token)).isEqualTo(7);
    String others = "jwt,sign-method=" + method + "," + keys(method, "b");
    assertThat(open(others, NOW).recognise(token, auth)).isNull();
    assertThat(open(settings, NOW).recognise(token.substring(1), auth)).isNull();
    assertThat(open(settings, NOW).recognise("", auth)).isNull();
    assertThat(open(settings, NOW).claimedRevision("x.y.z")).isZero();
  }

  @Test
  void secretServesForBothWithHmac() throws Exception {
    String settings = "jwt,sign-method=HS256,priv-key=" + secret();
    String token = open(settings, NOW).issue(CALLER, auth);

    assertThat(open(settings, NOW).recognise(token, auth)).isEqualTo(CALLER);
    assertThat(open(settings, NOW.plusSeconds(300)).recognise(token, auth)).isNull();
  }

  /**
   * The public key, which everybody may have, must not pass for a secret; nor must no signature.
   */
  @Test
  void tokenCannotChooseItsAlgorithm() throws Exception {
    String settings = "jwt,sign-method=RS256," + keys("RS256", "a");
    Tokens tokens = open(settings, NOW);
    JWTClaimsSet claims =
        new JWTClaimsSet.Builder()
            .claim("username", "root")
            .claim("revision", 7L)
            .expirationTime(Date.from(NOW.plusSeconds(60)))
            .build();
    SignedJWT confused = new SignedJWT(new JWSHeader(JWSAlgorithm.HS256), claims);
    confused.sign(new MACSigner(Files.readAllBytes(directory.resolve("a.pub"))));

    assertThat(tokens.recognise(confused.serialize(), auth)).isNull();
    assertThat(tokens.recognise(new PlainJWT(claims).serialize(), auth)).isNull();
  }

  @Test
  void claimsThatAreMissingMakeNoCaller() throws Exception {
    byte[] secret = Files.readAllBytes(secret());
    Tokens tokens = open("jwt,sign-method=HS256,priv-key=" + secret(), NOW);
    JWTClaimsSet.Builder complete =
        new JWTClaimsSet.Builder()
            .claim("username", "u")
            .claim("revision", 7L)
            .expirationTime(Date.from(NOW.plusSeconds(60)));
    assertThat(tokens.recognise(signed(complete.build(), secret), auth)).isEqualTo(CALLER);
    for (String claim : new String[] {"username", "revision", "exp"}) {
      JWTClaimsSet rest = new JWTClaimsSet.Builder(complete.build()).claim(claim, null).build();
      assertThat(tokens.recognise(signed(rest, secret), auth)).as("without " + claim).isNull();
    }
  }

  private static String signed(JWTClaimsSet claims, byte[] secret) throws Exception {
    SignedJWT token = new SignedJWT(new JWSHeader(JWSAlgorithm.HS256), claims);
    token.sign(new MACSigner(secret));
    return token.serialize();
  }

  @Test
  void publicKeyAloneRecognisesAndDoesNotMakeTokens() throws Exception {
    String both = keys("RS256", "a");
    String token = open("jwt,sign-method=RS256," + both, NOW).issue(CALLER, auth);
    Tokens verifying = open("jwt,sign-method=RS256,pub-key=" + directory.resolve("a.pub"), NOW);
    Tokens signing = open("jwt,sign-method=RS256,priv-key=" + directory.resolve("a"), NOW);

    assertThat(verifying.recognise(token, auth)).isEqualTo(CALLER);
    assertThat(signing.recognise(token, auth)).isEqualTo(CALLER);
    assertThatThrownBy(() -> verifying.issue(CALLER, auth))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("priv-key");
  }

  @Test
  void keysThatCannotBeUsedAreNamedWithARemedy() throws Exception {
    String a = keys("RS256", "a");
    String b = keys("RS256", "b");
    String mixed = a.substring(0, a.indexOf(",")) + b.substring(b.indexOf(","));
    Path old = pem("old", "EC PRIVATE KEY", new byte[] {1});
    refused("jwt,sign-method=RS256," + mixed, "do not belong together");
    refused("jwt,sign-method=XX256," + a, "sign-method=XX256 is unknown");
    refused("jwt,sign-method=ES256," + a, "cannot be used for sign-method=ES256");
    refused("jwt,sign-method=ES256,priv-key=" + old, "openssl pkcs8 -topk8 -nocrypt -in " + old);
    refused("jwt,sign-method=HS256,pub-key=" + old, "priv-key is missing");
    Path tooShort = Files.writeString(directory.resolve("short"), "secret");
    refused("jwt,sign-method=HS256,priv-key=" + tooShort, "cannot be used for sign-method=HS256");
    assertThatThrownBy(() -> open("jwt,sign-method=RS256,pub-key=" + directory + "/none", NOW))
        .isInstanceOf(IOException.class);
  }

  private static void refused(String settings, String complaint) {
    assertThatThrownBy(() -> open(settings, NOW))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(complaint);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "simple,ttl=5m",
        "jwt",
        "jwt,sign-method=RS256",
        "jwt,pub-key=a",
        "jwt,sign-method=RS256,pub-key=a,colour=red",
        "jwt,sign-method=RS256,pub-key=a,pub-key=b",
        "jwt,sign-method=RS256,pub-key=a,ttl",
        "jwt,sign-method=RS256,pub-key=a,ttl=5",
        "jwt,sign-method=RS256,pub-key=a,ttl=0s",
        "jwt,sign-method=RS256,pub-key=a,ttl=5d",
        "jwt,sign-method=RS256,pub-key=a,ttl=5m1h"
      })
  void settingsThatMakeNoSenseAreRefused(String settings) {
    assertThatThrownBy(() -> TokenSettings.parse(settings))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageMatching("(?s).+: .+|.*write hours.*");
  }

  @Test
  void timeToLiveIsReadAsGoWritesIt() {
    String jwt = "jwt,sign-method=RS256,pub-key=a";
    assertThat(TokenSettings.parse(jwt).ttl()).isEqualTo(Duration.ofMinutes(5));
    assertThat(TokenSettings.parse(jwt + ",ttl=1h30m").ttl()).isEqualTo(Duration.ofMinutes(90));
    assertThat(TokenSettings.parse("simple")).isEqualTo(TokenSettings.simple());
  }
}
