package dev.jangada.node;

import dev.jangada.node.transport.Transport;

/**
 * A node has ended because the other members will never take it for one of them again: it was
 * removed, or it has lost the log that it is known by. To start it again is of no use.
 */
public final class ExpelledException extends RuntimeException {

  private static final long serialVersionUID = 1;

  private final Transport.Expulsion why;

  ExpelledException(Transport.Expulsion why, String message) {
    super(message, null, false, false);
    this.why = why;
  }

  static ExpelledException of(Transport.Expulsion why, String member, String by) {
    return new ExpelledException(
        why,
        switch (why) {
          case REMOVED ->
              member
                  + " was removed from the cluster ("
                  + by
                  + "). To let it take part again, add it as a new member and start it with an"
                  + " empty data directory";
          case LOST_LOG ->
              member
                  + " has not the log that the cluster knows it by ("
                  + by
                  + "): it has lost its data, and with them the votes it gave and the writes it"
                  + " acknowledged. Remove the member, add it as a new one, and start it with an"
                  + " empty data directory";
        });
  }

  /** What the others have against it. */
  public Transport.Expulsion why() {
    return why;
  }
}
