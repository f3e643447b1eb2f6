package dev.jangada.server.tls;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jangada.server.tls.TlsFiles.SelfSigned;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SelfSignedCertificateTest {

  private static final Duration YEAR = Duration.ofDays(365);
  private final Instant now = Instant.now();

  @TempDir private Path directory;
  private TlsFiles files;

  @SuppressWarnings("NullAway.Init") // set before each test
  SelfSignedCertificateTest() {}

  @BeforeEach
  void describe() {
    files = describe("localhost", "10.0.0.1", "::1");
  }

  private TlsFiles describe(String... hosts) {
    return TlsFiles.selfSigned(
        directory.resolve("fixtures/client"), new SelfSigned(List.of(hosts), YEAR));
  }

  private static X509Certificate provide(TlsFiles files, Instant now) throws IOException {
    SelfSigned wanted = Objects.requireNonNull(files.selfSigned());
    new SelfSignedCertificate("clients", files, wanted).provide(now);
    return PemFiles.certificates(files.certificate())[0];
  }

  @Test
  void madeCertificateNamesTheHostsAndCannotSignOthers() throws Exception {
    X509Certificate made = provide(files, now);

    assertThat(made.getSubjectAlternativeNames())
        .extracting(name -> name.get(0) + " " + name.get(1))
        .containsExactly("2 localhost", "7 10.0.0.1", "7 0:0:0:0:0:0:0:1");
    assertThat(made.getNotAfter().toInstant())
        .isBetween(now.plus(YEAR).minusSeconds(1), now.plus(YEAR));
    made.checkValidity();
    made.verify(made.getPublicKey());
    assertThat(made.getBasicConstraints()).isEqualTo(-1);
    boolean mayAgree = made.getKeyUsage()[4];
    boolean maySignCertificates = made.getKeyUsage()[5];
    assertThat(made.getKeyUsage()[0]).isTrue();
    assertThat(mayAgree || maySignCertificates).isFalse();
  }

  @Test
  void keyIsReadableForItsOwnerOnlyAlsoWhenItIsMadeAnew() throws Exception {
    for (Instant start : List.of(now, now.plus(YEAR))) {
      var unused = provide(files, start);

      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(files.key())))
          .isEqualTo("rw-------");
      assertThat(
              PosixFilePermissions.toString(
                  Files.getPosixFilePermissions(files.key().toAbsolutePath().getParent())))
          .isEqualTo("rwx------");
    }
  }

  @Test
  void certificateIsUsedAgainUntilItExpires() throws Exception {
    X509Certificate first = provide(files, now);

    assertThat(provide(files, now.plus(YEAR).minusSeconds(2))).isEqualTo(first);
    X509Certificate second = provide(files, now.plus(YEAR));
    assertThat(second).isNotEqualTo(first);
    assertThat(second.getNotAfter().toInstant()).isAfter(now.plus(YEAR).plus(YEAR).minusSeconds(2));
  }

  @Test
  void certificateIsMadeAnewForAHostThatItDoesNotNameAndNotForOneThatIsGone() throws Exception {
    X509Certificate first = provide(files, now);

    assertThat(provide(describe("0:0::1", "localhost"), now)).isEqualTo(first);
    assertThat(provide(describe("localhost", "db.example"), now)).isNotEqualTo(first);
  }

  @Test
  void filesThatAreDamagedOrDoNotFitTogetherAreMadeAnew() throws Exception {
    X509Certificate first = provide(files, now);
    byte[] oldKey = Files.readAllBytes(files.key());

    Files.writeString(files.certificate(), "torn");
    X509Certificate second = provide(files, now);
    assertThat(second).isNotEqualTo(first);

    Files.write(files.key(), oldKey);
    X509Certificate third = provide(files, now);
    assertThat(third).isNotEqualTo(second);

    Files.delete(files.key());
    assertThat(provide(files, now)).isNotEqualTo(third);
    assertThat(ReloadingTls.read("clients", files).forServer().isServer()).isTrue();
  }
}
