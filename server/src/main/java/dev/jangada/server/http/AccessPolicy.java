package dev.jangada.server.http;

import io.netty.handler.codec.http.HttpResponseStatus;
import java.net.URI;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which web pages may use the API in JSON. Names of hosts and origins are in lower case.
 *
 * @param origins pages of these may read answers, such as {@code https://dash.example}; {@code *}
 *     among them is all, and none of them is no page but this server's own
 * @param hosts by which names requests in the clear may ask for this server: a page of a name that
 *     has been made to lead here, by DNS rebinding, asks for another one; {@code *} among them is
 *     all
 */
public record AccessPolicy(Set<String> origins, Set<String> hosts) {

  private static final String ALL = "*";

  /** No pages of other origins; requests for hosts of any name. */
  public static final AccessPolicy DEFAULT = new AccessPolicy(Set.of(), Set.of(ALL));

  public AccessPolicy {
    origins = Set.copyOf(origins);
    hosts = Set.copyOf(hosts);
  }

  /**
   * Reads both lists.
   *
   * @param origins schemes with hosts and ports; {@code *} for all; may be empty
   * @param hosts names or addresses without ports; {@code *} for all, as is an empty list
   * @throws IllegalArgumentException if one is not of that form; the message names the flag
   */
  public static AccessPolicy of(List<String> origins, List<String> hosts) {
    Set<String> named = new LinkedHashSet<>();
    for (String host : hosts) {
      if (!host.matches("[\\w.:\\[\\]*-]+") || isHostWithPort(host)) {
        throw new IllegalArgumentException(
            "--host-whitelist \"%s\" is no name of a host: write it without scheme and port"
                .formatted(host));
      }
      named.add(withoutPort(host).toLowerCase(Locale.ROOT));
    }
    Set<String> allowed = new LinkedHashSet<>();
    origins.forEach(origin -> allowed.add(origin(origin)));
    return new AccessPolicy(allowed, named.isEmpty() ? DEFAULT.hosts() : named);
  }

  private static boolean isHostWithPort(String host) {
    return host.indexOf(':') >= 0 && host.indexOf(':') == host.lastIndexOf(':');
  }

  private static String origin(String text) {
    if (text.equals(ALL)) {
      return text;
    }
    try {
      URI url = URI.create(text);
      if (url.getScheme() != null
          && url.getHost() != null
          && (url.getRawPath().isEmpty() || url.getRawPath().equals("/"))
          && url.getRawQuery() == null) {
        return (url.getScheme() + "://" + url.getRawAuthority()).toLowerCase(Locale.ROOT);
      }
    } catch (IllegalArgumentException e) {
      // Told below.
    }
    throw new IllegalArgumentException(
        "--cors \"%s\" is no origin: write * or, for example, https://dash.example:8443"
            .formatted(text));
  }

  /** Whether pages of any other origin are let in, so that browsers ask beforehand. */
  boolean letsPagesIn() {
    return !origins.isEmpty();
  }

  /**
   * The origin that an answer is to name as one that may read it; null if there is none.
   *
   * @param asking the origin of the page that asks; null if the client does not say
   */
  @Nullable String allowed(@Nullable String asking) {
    if (origins.contains(ALL)) {
      return ALL;
    }
    return asking != null && origins.contains(asking.toLowerCase(Locale.ROOT)) ? asking : null;
  }

  /**
   * Looks at the host that a request in the clear asks for.
   *
   * @param host with or without a port; null if the client does not say
   * @throws HttpRefusal if this server does not go by that name
   */
  void checkHost(@Nullable String host) throws HttpRefusal {
    if (hosts.contains(ALL)) {
      return;
    }
    String name = host == null ? "" : withoutPort(host).toLowerCase(Locale.ROOT);
    if (!hosts.contains(name)) {
      throw new HttpRefusal(
          HttpResponseStatus.MISDIRECTED_REQUEST,
          "the host \"%s\" is none that this member goes by: it may be added with --host-whitelist,"
                  .formatted(name)
              + " or be asked over https");
    }
  }

  private static String withoutPort(String host) {
    if (host.startsWith("[")) {
      int end = host.indexOf(']');
      return end < 0 ? host : host.substring(1, end);
    }
    return isHostWithPort(host) ? host.substring(0, host.indexOf(':')) : host;
  }
}
