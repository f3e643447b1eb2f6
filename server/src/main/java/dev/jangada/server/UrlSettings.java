package dev.jangada.server;

import java.net.URI;
import java.util.List;

/** The URLs among the settings. Complaints name the flag that a URL was given with. */
final class UrlSettings {

  private UrlSettings() {}

  /**
   * Reads a URL.
   *
   * @throws ConfigException if it is none
   */
  static URI parse(String flag, String text) {
    try {
      return URI.create(text);
    } catch (IllegalArgumentException e) {
      throw new ConfigException(
          "%s \"%s\" is not of the form http://host:port".formatted(flag, text));
    }
  }

  /**
   * There must be at least one, and each be a scheme, a host and a port.
   *
   * @throws ConfigException if that is not so
   */
  static void check(String flag, List<URI> urls) {
    if (urls.isEmpty()) {
      throw new ConfigException(flag + " is empty: give at least one URL, http://host:port");
    }
    for (URI url : urls) {
      if ((!"http".equals(url.getScheme()) && !isSecure(url)) || url.getHost() == null) {
        throw new ConfigException(
            "%s \"%s\" is not of the form http://host:port or https://host:port"
                .formatted(flag, url));
      }
      if (url.getPort() < 1 || url.getPort() > 65_535) {
        throw new ConfigException(
            "%s %s lacks a port between 1 and 65535: write %s://%s:2379"
                .formatted(flag, url, url.getScheme(), url.getHost()));
      }
      if ((!url.getRawPath().isEmpty() && !url.getRawPath().equals("/"))
          || url.getRawQuery() != null
          || url.getRawUserInfo() != null) {
        throw new ConfigException(
            "%s %s must end after the port: write %s://%s:%d"
                .formatted(flag, url, url.getScheme(), url.getHost(), url.getPort()));
      }
    }
  }

  /**
   * Others must be able to connect to them.
   *
   * @throws ConfigException if they could not
   */
  static void refuseWildcards(String flag, List<URI> urls) {
    for (URI url : urls) {
      if (isWildcard(url)) {
        throw new ConfigException(
            "%s %s is no address that others could connect to: name one of this host's"
                .formatted(flag, url));
      }
    }
  }

  /**
   * Metrics get no address at which something else is served: neither would know whose a connection
   * is.
   *
   * @throws ConfigException if there is such a one
   */
  static void checkApart(List<URI> metricsUrls, String flag, List<URI> others) {
    for (URI url : metricsUrls) {
      for (URI other : others) {
        boolean sameHost =
            isWildcard(url) || isWildcard(other) || url.getHost().equals(other.getHost());
        if (sameHost && url.getPort() == other.getPort()) {
          throw new ConfigException(
              ("--listen-metrics-urls %s and %s %s are the same address: give metrics a port of"
                      + " their own, or leave the flag out, as the client URLs serve them anyway")
                  .formatted(url, flag, other));
        }
      }
    }
  }

  /**
   * The only one.
   *
   * @throws ConfigException if there are several
   */
  static URI single(String flag, List<URI> urls) {
    if (urls.size() != 1) {
      throw new ConfigException(
          "%s has %d URLs (%s): a member has one peer URL"
              .formatted(flag, urls.size(), join(urls)));
    }
    return urls.get(0);
  }

  /** Whether a URL means every address of this host. */
  static boolean isWildcard(URI url) {
    String host = url.getHost();
    return "0.0.0.0".equals(host) || "[::]".equals(host);
  }

  /** Whether a URL asks for TLS. */
  static boolean isSecure(URI url) {
    return "https".equals(url.getScheme());
  }

  /** As a list with commas. */
  static String join(List<URI> urls) {
    return String.join(",", urls.stream().map(URI::toString).toList());
  }
}
