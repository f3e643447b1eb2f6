package dev.jangada.node;

/**
 * A member of the cluster.
 *
 * @param id its name, unique in the cluster and never changed
 * @param host name or address at which the other members reach it
 * @param port port at which the other members reach it, 1 to 65535
 */
public record Peer(String id, String host, int port) {

  public Peer {
    if (id.isBlank()) {
      throw new IllegalArgumentException("a peer's id must not be blank");
    }
    if (host.isBlank()) {
      throw new IllegalArgumentException("the host of peer " + id + " must not be blank");
    }
    if (port < 1 || port > 65_535) {
      throw new IllegalArgumentException(
          "the port of peer " + id + " must be between 1 and 65535, is " + port);
    }
  }

  /** Where it is reached, as {@code host:port}. */
  public String address() {
    return host + ":" + port;
  }

  @Override
  public String toString() {
    return id + "=" + address();
  }
}
