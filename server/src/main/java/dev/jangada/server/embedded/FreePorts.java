package dev.jangada.server.embedded;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Ports on which nobody listens now. Somebody else may take one before it is used, so whoever uses
 * them has to be ready to ask for others.
 */
public final class FreePorts {

  /** Below the ports that systems give to outgoing connections, which come and go. */
  private static final int FIRST = 10_000;

  private static final int END = 30_000;

  private FreePorts() {}

  /**
   * Finds ports that are all different.
   *
   * @throws IOException if the system gives out no sockets
   */
  public static List<Integer> find(int count) throws IOException {
    // All are held until the last one is found, so that none is found twice.
    List<ServerSocket> held = new ArrayList<>();
    try {
      while (held.size() < count) {
        int port = ThreadLocalRandom.current().nextInt(FIRST, END);
        try {
          held.add(new ServerSocket(port, 1, InetAddress.getLoopbackAddress()));
        } catch (BindException taken) {
          // The next one may be free.
        }
      }
      return held.stream().map(ServerSocket::getLocalPort).toList();
    } finally {
      for (ServerSocket socket : held) {
        socket.close();
      }
    }
  }
}
