package dev.jangada.server.auth;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.MACVerifier;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.crypto.RSASSAVerifier;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.interfaces.ECPrivateKey;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPrivateCrtKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.RSAPublicKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What tokens are signed with and recognised by, read from files. If there are two keys it is tried
 * at once whether they belong together.
 *
 * @param signer null if there is no private key
 */
record JwtKeys(JWSAlgorithm algorithm, JWSVerifier verifier, @Nullable JWSSigner signer) {

  private static final Pattern PEM =
      Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----\\s*(.*?)-----END", Pattern.DOTALL);

  static JwtKeys read(TokenSettings settings) throws IOException {
    String method = String.valueOf(settings.signMethod());
    JWSAlgorithm algorithm = JWSAlgorithm.parse(method);
    try {
      JwtKeys keys;
      if (JWSAlgorithm.Family.RSA.contains(algorithm)) {
        keys = rsa(algorithm, settings);
      } else if (JWSAlgorithm.Family.EC.contains(algorithm)) {
        keys = ec(algorithm, settings);
      } else if (JWSAlgorithm.Family.HMAC_SHA.contains(algorithm)) {
        keys = hmac(algorithm, settings);
      } else {
        throw new IllegalArgumentException(
            "sign-method=%s is unknown: use RS256, PS256, ES256 or HS256, or the same with 384 or 512"
                .formatted(method));
      }
      keys.tryOut();
      return keys;
    } catch (GeneralSecurityException | JOSEException e) {
      throw new IllegalArgumentException(
          "a key cannot be used for sign-method=%s: %s".formatted(method, e.getMessage()), e);
    }
  }

  private static JwtKeys rsa(JWSAlgorithm algorithm, TokenSettings settings)
      throws IOException, GeneralSecurityException, JOSEException {
    PrivateKey privateKey = privateKey(settings.privateKey(), "RSA");
    PublicKey publicKey = publicKey(settings.publicKey(), "RSA");
    if (publicKey == null && privateKey instanceof RSAPrivateCrtKey key) {
      publicKey =
          KeyFactory.getInstance("RSA")
              .generatePublic(new RSAPublicKeySpec(key.getModulus(), key.getPublicExponent()));
    }
    if (!(publicKey instanceof RSAPublicKey verifying)) {
      throw new IllegalArgumentException("pub-key is missing");
    }
    return new JwtKeys(
        algorithm,
        new RSASSAVerifier(verifying),
        privateKey == null ? null : new RSASSASigner(privateKey));
  }

  private static JwtKeys ec(JWSAlgorithm algorithm, TokenSettings settings)
      throws IOException, GeneralSecurityException, JOSEException {
    PrivateKey privateKey = privateKey(settings.privateKey(), "EC");
    PublicKey publicKey = publicKey(settings.publicKey(), "EC");
    if (!(publicKey instanceof ECPublicKey verifying)) {
      throw new IllegalArgumentException(
          "pub-key is missing: openssl ec -in PRIVATE -pubout -out PUBLIC makes one");
    }
    return new JwtKeys(
        algorithm,
        new ECDSAVerifier(verifying),
        privateKey instanceof ECPrivateKey key ? new ECDSASigner(key) : null);
  }

  private static JwtKeys hmac(JWSAlgorithm algorithm, TokenSettings settings)
      throws IOException, JOSEException {
    Path file = settings.privateKey();
    if (file == null) {
      throw new IllegalArgumentException("priv-key is missing: a file with the secret");
    }
    byte[] secret = Files.readAllBytes(file);
    return new JwtKeys(algorithm, new MACVerifier(secret), new MACSigner(secret));
  }

  private static @Nullable PrivateKey privateKey(@Nullable Path file, String type)
      throws IOException, GeneralSecurityException {
    if (file == null) {
      return null;
    }
    return KeyFactory.getInstance(type)
        .generatePrivate(
            new PKCS8EncodedKeySpec(
                pem(
                    file,
                    "PRIVATE KEY",
                    "openssl pkcs8 -topk8 -nocrypt -in %s -out NEW".formatted(file))));
  }

  private static @Nullable PublicKey publicKey(@Nullable Path file, String type)
      throws IOException, GeneralSecurityException {
    if (file == null) {
      return null;
    }
    return KeyFactory.getInstance(type)
        .generatePublic(
            new X509EncodedKeySpec(
                pem(file, "PUBLIC KEY", "openssl pkey -in PRIVATE -pubout -out NEW")));
  }

  private static byte[] pem(Path file, String wanted, String remedy) throws IOException {
    Matcher pem = PEM.matcher(Files.readString(file, US_ASCII));
    String found = "no PEM";
    while (pem.find()) {
      if (pem.group(1).equals(wanted)) {
        return Base64.getMimeDecoder().decode(pem.group(2));
      }
      found = "\"" + pem.group(1) + "\"";
    }
    throw new IllegalArgumentException(
        "%s holds %s where a \"%s\" is needed: %s makes one"
            .formatted(file, found, wanted, remedy));
  }

  private void tryOut() throws JOSEException {
    JWSSigner own = signer;
    if (own == null) {
      return;
    }
    byte[] message = {1, 2, 3};
    JWSHeader header = new JWSHeader(algorithm);
    if (!verifier.verify(header, message, own.sign(header, message))) {
      throw new IllegalArgumentException("pub-key and priv-key do not belong together");
    }
  }
}
