package dev.jangada.cli.ctl;

import dev.jangada.server.tls.PemFiles;
import io.grpc.netty.GrpcSslContexts;
import io.netty.handler.ssl.JdkSslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * How servers prove who they are, and how this client does. All files are PEM.
 *
 * @param authorities certificates of the authorities to trust; null for those that Java trusts
 * @param certificate of this client; null for none
 * @param key of the certificate,; null for none
 * @param trustAnyone whether to accept every server
 * @param wanted whether endpoints without a scheme are to be reached by TLS
 */
record Tls(
    @Nullable Path authorities,
    @Nullable Path certificate,
    @Nullable Path key,
    boolean trustAnyone,
    boolean wanted) {

  /**
   * Reads the files.
   *
   * @throws CtlException if they cannot be read or used
   */
  JdkSslContext context() {
    if ((certificate == null) != (key == null)) {
      throw CtlException.arguments("--cert and --key are to be given together");
    }
    requireReadable("--cacert", authorities);
    requireReadable("--cert", certificate);
    requireReadable("--key", key);
    SslContextBuilder builder = SslContextBuilder.forClient();
    try {
      if (trustAnyone) {
        builder.trustManager(InsecureTrustManagerFactory.INSTANCE);
      } else if (authorities != null) {
        builder.trustManager(authorities.toFile());
      }
      if (certificate != null && key != null) {
        builder.keyManager(PemFiles.privateKey(key), PemFiles.certificates(certificate));
      }
      return (JdkSslContext) GrpcSslContexts.configure(builder, SslProvider.JDK).build();
    } catch (IllegalArgumentException | IOException e) {
      String reason = e.getCause() == null ? e.getMessage() : e.getCause().getMessage();
      throw CtlException.arguments(
          "--cacert, --cert or --key cannot be used: "
              + e.getMessage()
              + (reason == null || reason.equals(e.getMessage()) ? "" : " (" + reason + ")")
              + "; certificates are to be PEM, and so is the key, without password: openssl pkey"
              + " -in KEY -out NEW converts one");
    }
  }

  private static void requireReadable(String flag, @Nullable Path file) {
    if (file != null && !Files.isReadable(file)) {
      throw CtlException.arguments(flag + ": cannot read " + file);
    }
  }
}
