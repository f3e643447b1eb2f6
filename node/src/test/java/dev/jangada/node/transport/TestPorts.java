package dev.jangada.node.transport;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Ports of the loopback interface on which nobody listens, and which the system does not hand out
 * to outgoing connections: a node that is restarted must find its port free, and whoever tries to
 * reach it meanwhile must not be connected with itself.
 */
public final class TestPorts {
  private static final int FIRST = 12_000;
  private static final int END = 30_000;

  private TestPorts() {}

  /** Ports that are all different. */
  public static List<Integer> free(int count) throws IOException {
    // All are held until the last one is found, so that none is found twice.
    List<ServerSocket> held = new ArrayList<>();
    try {
      while (held.size() < count) {
        int port = ThreadLocalRandom.current().nextInt(FIRST, END);
        try {
          held.add(new ServerSocket(port, 1, InetAddress.getLoopbackAddress()));
        } catch (BindException inUse) {
          // The next one, then.
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
