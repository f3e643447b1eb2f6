package dev.jangada.server;

import dev.jangada.node.MemberId;
import dev.jangada.node.NodeIdentity;
import dev.jangada.node.membership.RunningCluster;
import dev.jangada.node.transport.ConnectionSecurity;
import dev.jangada.raft.Member;
import dev.jangada.server.ServerConfig.InitialClusterState;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out by which ids a member goes. Those who begin a cluster together have theirs from their
 * names. Whoever joins later was given one when it was added, and asks the members that it is told
 * of for it: it is the one at this member's peer URL. From then on the log in the data directory
 * says whose it is.
 */
final class MemberIdentity {

  private static final Logger LOG = LoggerFactory.getLogger(MemberIdentity.class);

  private static final Duration ASK_TIMEOUT = Duration.ofSeconds(3);
  private static final Duration JOIN_PATIENCE = Duration.ofSeconds(15);

  /** After so long it is no mere delay that those who answer do not know this member. */
  private static final Duration UNKNOWN_PATIENCE = Duration.ofSeconds(3);

  private static final long ROUND_MILLIS = 250;

  private final ServerConfig config;
  private final ConnectionSecurity security;

  /**
   * Creates a finder.
   *
   * @param security what secures the connections between the members
   */
  MemberIdentity(ServerConfig config, ConnectionSecurity security) {
    this.config = config;
    this.security = security;
  }

  /**
   * The ids of this member.
   *
   * @param directory where its log is, if there is one
   * @return null if they follow from the names
   * @throws ConfigException if the member cannot join with these settings
   * @throws IOException if the log cannot be read, or no member of the cluster be reached
   */
  @Nullable NodeIdentity find(Path directory) throws IOException {
    NodeIdentity own = NodeIdentity.inDirectory(directory);
    boolean joins = config.initialClusterState() == InitialClusterState.EXISTING;
    if (own == null) {
      if (config.forceNewCluster()) {
        throw new ConfigException(
            "--force-new-cluster: there are no data of a member in %s to go on with"
                .formatted(config.dataDirectory()));
      }
      return joins ? join() : null;
    }
    // A directory of another of the members that are listed is a mistake, which the node refuses.
    boolean isListed =
        config.initialCluster().keySet().stream()
            .anyMatch(name -> MemberId.of(config.clusterName(), name) == own.memberId());
    boolean sameCluster = own.clusterId() == MemberId.ofCluster(config.clusterName());
    return !isListed && (joins || sameCluster || config.forceNewCluster()) ? own : null;
  }

  /** What the members that this one is told of have to say of it. */
  private NodeIdentity join() throws IOException {
    List<URI> others = new ArrayList<>();
    for (Map.Entry<String, URI> member : config.initialCluster().entrySet()) {
      if (!member.getKey().equals(config.name())) {
        others.add(member.getValue());
      }
    }
    if (others.isEmpty()) {
      throw new ConfigException(
          "--initial-cluster-state existing: --initial-cluster names no member to ask but this"
              + " one");
    }
    long begin = System.nanoTime();
    while (true) {
      List<String> troubles = new ArrayList<>();
      boolean answered = false;
      for (URI other : others) {
        try {
          RunningCluster cluster =
              RunningCluster.ask(security, ClientListener.host(other), other.getPort(), ASK_TIMEOUT)
                  .join();
          answered = true;
          Member self = find(cluster);
          if (self != null) {
            return joining(cluster, self);
          }
        } catch (CompletionException e) {
          troubles.add(String.valueOf((e.getCause() == null ? e : e.getCause()).getMessage()));
        }
      }
      Duration waited = Duration.ofNanos(System.nanoTime() - begin);
      if (answered && waited.compareTo(UNKNOWN_PATIENCE) > 0) {
        throw new ConfigException(
            ("--initial-cluster-state existing: the cluster has no member with the peer URL %s: add"
                    + " it first, with member add %s --peer-urls=%s")
                .formatted(own(), config.name(), own()));
      }
      if (waited.compareTo(JOIN_PATIENCE) > 0) {
        throw new IOException(
            "no member of the cluster to join can be asked: " + String.join("; ", troubles));
      }
      pause();
    }
  }

  private static void pause() throws IOException {
    try {
      TimeUnit.MILLISECONDS.sleep(ROUND_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while the cluster to join is asked", e);
    }
  }

  private NodeIdentity joining(RunningCluster cluster, Member self) {
    if (self.incarnation() != 0) {
      throw new ConfigException(
          ("the member at %s, %s, has been here before with data that are not in %s: it has lost"
               + " them, and with them what it had promised. Remove it with member remove %s, add"
               + " it anew with member add, and start it with an empty data directory")
              .formatted(
                  own(),
                  Members.format(self.id()),
                  config.dataDirectory(),
                  Members.format(self.id())));
    }
    LOG.info(
        "joining: member={} id={} cluster={}",
        config.name(),
        Members.format(self.id()),
        Members.format(cluster.clusterId()));
    return new NodeIdentity(cluster.clusterId(), self.id());
  }

  private URI own() {
    return config.peerUrl(config.name());
  }

  private @Nullable Member find(RunningCluster cluster) {
    URI own = own();
    String address = ClientListener.host(own) + ":" + own.getPort();
    for (Member member : cluster.membership().members()) {
      if (member.address().equals(address)) {
        return member;
      }
    }
    // The same place may have been written in another way.
    InetSocketAddress place = new InetSocketAddress(ClientListener.host(own), own.getPort());
    for (Member member : cluster.membership().members()) {
      int colon = member.address().lastIndexOf(':');
      if (colon > 0
          && member.address().endsWith(":" + own.getPort())
          && !place.isUnresolved()
          && new InetSocketAddress(member.address().substring(0, colon), own.getPort())
              .equals(place)) {
        return member;
      }
    }
    return null;
  }
}
