package dev.jangada.server.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.spec.ECGenParameterSpec;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.DERBitString;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.sec.ECPrivateKey;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PrivateKeysTest {

  @TempDir private Path directory;

  @Test
  void rsaKeyIsReadInBothForms() throws Exception {
    for (int bits : new int[] {2048, 4096}) {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
      generator.initialize(bits);
      PrivateKey key = generator.generateKeyPair().getPrivate();
      PrivateKeyInfo info = PrivateKeyInfo.getInstance(key.getEncoded());

      assertThat(read("PRIVATE KEY", key.getEncoded())).isEqualTo(key);
      assertThat(read("RSA PRIVATE KEY", info.parsePrivateKey().toASN1Primitive().getEncoded()))
          .isEqualTo(key);
    }
  }

  @Test
  void ecKeyIsReadInBothForms() throws Exception {
    for (String curve : new String[] {"secp256r1", "secp384r1", "secp521r1"}) {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec(curve));
      var pair = generator.generateKeyPair();
      PrivateKeyInfo info = PrivateKeyInfo.getInstance(pair.getPrivate().getEncoded());
      ECPrivateKey bare = ECPrivateKey.getInstance(info.parsePrivateKey());
      ASN1Encodable parameters =
          ASN1ObjectIdentifier.getInstance(info.getPrivateKeyAlgorithm().getParameters());
      ECPrivateKey named =
          new ECPrivateKey(
              info.getPrivateKeyAlgorithm().getParameters() == null ? 0 : bits(curve),
              bare.getKey(),
              (DERBitString) null,
              parameters);

      assertThat(read("PRIVATE KEY", pair.getPrivate().getEncoded())).isEqualTo(pair.getPrivate());
      // The older form names the curve once more, so that the encodings differ.
      assertThat(read("EC PRIVATE KEY", named.getEncoded()))
          .isInstanceOfSatisfying(
              java.security.interfaces.ECPrivateKey.class,
              key -> assertThat(key.getS()).isEqualTo(bare.getKey()));
    }
  }

  @Test
  void whatIsNoKeyIsNamedByItsFile() throws IOException {
    Path file = Files.writeString(directory.resolve("empty.key"), "nothing here");

    assertThatThrownBy(() -> PrivateKeys.read(file))
        .isInstanceOf(IOException.class)
        .hasMessage(file + " holds no private key in PEM");
    assertThatThrownBy(() -> read("PRIVATE KEY", new byte[] {1, 2, 3}))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("of no known kind");
    assertThatThrownBy(() -> read("EC PRIVATE KEY", new byte[] {0x30, 0x7f}))
        .isInstanceOf(IOException.class);
    assertThatThrownBy(() -> read("ENCRYPTED PRIVATE KEY", new byte[] {1}))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("decrypt it");
  }

  private static int bits(String curve) {
    return Integer.parseInt(curve.substring(4, 7));
  }

  private PrivateKey read(String what, byte[] der) throws IOException {
    return PrivateKeys.read(TestAuthority.write(directory.resolve("test.key"), what, der));
  }
}
