package dev.jangada.cli.ctl;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/** Certificates made by the JDK's keytool, written in PEM. */
public final class KeytoolCertificates {

  private static final String PASSWORD = "not-secret";

  private final Path directory;
  private final Path keyStore;

  /** Keeps its files in a directory. */
  public KeytoolCertificates(Path directory) {
    this.directory = directory;
    this.keyStore = directory.resolve("all.p12");
  }

  /** Makes an authority; returns the file with its certificate. */
  public Path authority(String name) throws Exception {
    generate(name, "-ext", "bc:c");
    return certificate(name);
  }

  /** Makes a certificate for this host, and its key. */
  public void issue(String name, String authority, String... more) throws Exception {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "-signer",
                authority,
                "-signerkeypass",
                PASSWORD,
                "-ext",
                "san=dns:localhost,ip:127.0.0.1"));
    arguments.addAll(List.of(more));
    generate(name, arguments.toArray(String[]::new));
    write(key(name), "PRIVATE KEY", open().getKey(name, PASSWORD.toCharArray()).getEncoded());
    var unused = certificate(name);
  }

  /** Where a certificate is. */
  public Path certificate(String name) throws GeneralSecurityException, IOException {
    Path file = directory.resolve(name + ".pem");
    write(file, "CERTIFICATE", open().getCertificate(name).getEncoded());
    return file;
  }

  /** Where the key of a certificate is. */
  public Path key(String name) {
    return directory.resolve(name + "-key.pem");
  }

  private void generate(String name, String... more) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                name,
                "-dname",
                "CN=" + name,
                "-keyalg",
                "EC",
                "-groupname",
                "secp256r1",
                "-keystore",
                keyStore.toString(),
                "-storetype",
                "PKCS12",
                "-storepass",
                PASSWORD));
    command.addAll(List.of(more));
    Process keytool = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output;
    try (InputStream in = keytool.getInputStream()) {
      output = new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
    assertThat(keytool.waitFor()).as(output).isZero();
  }

  private KeyStore open() throws GeneralSecurityException, IOException {
    KeyStore opened = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(keyStore)) {
      opened.load(in, PASSWORD.toCharArray());
    }
    return opened;
  }

  private static void write(Path file, String what, byte[] der) throws IOException {
    Files.writeString(
        file,
        "-----BEGIN %1$s-----\n%2$s\n-----END %1$s-----\n"
            .formatted(what, Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der)));
  }
}
