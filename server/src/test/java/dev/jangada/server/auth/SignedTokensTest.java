package dev.jangada.server.auth;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jangada.kv.auth.AuthState;
import dev.jangada.kv.command.Caller;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import org.junit.jupiter.api.Test;

/** Tokens signed with the cluster's secret. */
class SignedTokensTest {

  private static final Instant NOW = Instant.parse("2026-11-21T12:00:00Z");

  private final AuthState auth = AuthStates.enabled(1);
  private final SignedTokens tokens = at(NOW);

  private static SignedTokens at(Instant now) {
    return new SignedTokens(Duration.ofMinutes(5), InstantSource.fixed(now));
  }

  @Test
  void everyMemberRecognisesATokenUntilItExpires() {
    Caller caller = new Caller("jangadé", 7);
    String token = tokens.issue(caller, auth);

    assertThat(tokens.recognise(token, auth)).isEqualTo(caller);
    assertThat(at(NOW.plusSeconds(299)).recognise(token, auth)).isEqualTo(caller);
    assertThat(at(NOW.plusSeconds(300)).recognise(token, auth)).isNull();
    assertThat(tokens.claimedRevision(token)).isEqualTo(7);
    assertThat(token).as("can be a header").matches("[A-Za-z0-9_.-]+");
  }

  @Test
  void tokenSignedWithAnotherSecretIsNone() {
    String token = tokens.issue(new Caller("root", 7), AuthStates.enabled(2));

    assertThat(tokens.recognise(token, auth)).isNull();
    assertThat(tokens.recognise(token, AuthStates.neverEnabled())).isNull();
  }

  @Test
  void noBitOfATokenCanBeChanged() {
    String token = tokens.issue(new Caller("u", 7), auth);
    int dot = token.indexOf('.');
    byte[] content = Base64.getUrlDecoder().decode(token.substring(0, dot));
    byte[] signature = Base64.getUrlDecoder().decode(token.substring(dot + 1));
    for (byte[] part : new byte[][] {content, signature}) {
      for (int bit = 0; bit < 8 * part.length; bit++) {
        part[bit / 8] ^= (byte) (1 << bit % 8);
        String forged = encode(content) + "." + encode(signature);
        assertThat(tokens.recognise(forged, auth)).as("bit %d", bit).isNull();
        part[bit / 8] ^= (byte) (1 << bit % 8);
      }
    }
    assertThat(tokens.recognise(encode(content) + "." + encode(signature), auth)).isNotNull();
  }

  @Test
  void rubbishIsNoToken() {
    String token = tokens.issue(new Caller("u", 7), auth);
    for (String rubbish :
        new String[] {
          "",
          ".",
          "..",
          "a.b",
          "!.!",
          token.substring(1),
          token.substring(0, token.length() - 2),
          token.substring(0, token.indexOf('.')),
          token.substring(0, token.indexOf('.') + 1),
          token + "." + token
        }) {
      assertThat(tokens.recognise(rubbish, auth)).as(rubbish).isNull();
    }
    assertThat(tokens.claimedRevision("a.b")).isZero();
    assertThat(tokens.claimedRevision("")).isZero();
  }

  private static String encode(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }
}
