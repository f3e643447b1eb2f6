package dev.jangada.cli.ctl;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where a server is.
 *
 * @param text as the user, or the list of members, has it
 * @param address host and port
 * @param secure whether it is to be reached by TLS; null if that was not said
 */
record Endpoint(String text, String address, @Nullable Boolean secure) {

  private static final Pattern FORM =
      Pattern.compile("(?:(https?)://)?((?:[^:/\\[\\]]+|\\[[0-9a-fA-F:.%]+]):\\d{1,5})/?");

  /**
   * Reads {@code HOST:PORT}, {@code http://HOST:PORT} or {@code https://HOST:PORT}.
   *
   * @throws CtlException if it is none of these
   */
  static Endpoint of(String text) {
    Matcher form = FORM.matcher(text.strip());
    if (!form.matches()) {
      throw CtlException.arguments(
          "--endpoints: \"" + text + "\" is not of the form HOST:PORT or http[s]://HOST:PORT");
    }
    String scheme = form.group(1);
    String address = form.group(2);
    return new Endpoint(text.strip(), address, scheme == null ? null : scheme.equals("https"));
  }

  /** All of them, of which there must be one. */
  static List<Endpoint> all(List<String> texts) {
    List<Endpoint> endpoints =
        texts.stream().filter(text -> !text.isBlank()).map(Endpoint::of).toList();
    if (endpoints.isEmpty()) {
      throw CtlException.arguments("--endpoints names none");
    }
    return endpoints;
  }

  /** With scheme, for people. */
  String url(boolean secureByDefault) {
    boolean https = secure != null ? secure : secureByDefault;
    return (https ? "https://" : "http://") + address;
  }
}
