package dev.jangada.server;

import dev.jangada.etcd.api.etcdserverpb.Member;
import dev.jangada.kv.command.MemberAttributes;
import dev.jangada.node.MemberId;
import dev.jangada.raft.Member.Standing;
import dev.jangada.raft.Membership;
import dev.jangada.raft.RaftStatus;
import dev.jangada.server.call.EtcdError;
import java.net.URI;
import java.net.URISyntaxException;
import java.security.SecureRandom;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The members of the cluster, as clients are told of them: who belongs to it is in the replicated
 * log's configuration, what they are called and where clients reach them they publish themselves.
 * Immutable.
 */
final class Members {

  private static final SecureRandom RANDOM = new SecureRandom();

  private static final int MAX_PORT = 65_535;

  /** Of the members that the configuration lists; others are known by what they have published. */
  private final Map<Long, String> namesById = new HashMap<>();

  private final String scheme;

  /** The members that the configuration lists. */
  Members(ServerConfig config) {
    String cluster = config.clusterName();
    config
        .initialCluster()
        .keySet()
        .forEach(name -> namesById.put(MemberId.of(cluster, name), name));
    scheme = config.peerTls() == null ? "http" : "https";
  }

  /**
   * The members in the order of their names, and behind them those who have none yet.
   *
   * @param published what they have said of themselves; one that has never been started has said
   *     nothing, and is listed without a name, by which clients know that
   */
  List<Member> list(Membership membership, List<MemberAttributes> published) {
    return membership.members().stream()
        .map(member -> describe(member, published))
        .sorted(
            Comparator.comparing((Member member) -> member.getName().isEmpty())
                .thenComparing(Member::getName)
                .thenComparing(Member::getID, Long::compareUnsigned))
        .toList();
  }

  private Member describe(dev.jangada.raft.Member member, List<MemberAttributes> published) {
    Member.Builder described =
        Member.newBuilder()
            .setID(member.id())
            .addPeerURLs(peerUrl(member.address()))
            // One that becomes a voter by itself was never added as a learner.
            .setIsLearner(member.standing() == Standing.LEARNER);
    published.stream()
        .filter(attributes -> attributes.id() == member.id())
        .forEach(attributes ->
            described.setName(attributes.name()).addAllClientURLs(attributes.clientUrls()));
    return described.build();
  }

  /** Whether a member takes itself for a learner that somebody has to promote. */
  static boolean isLearner(RaftStatus status) {
    dev.jangada.raft.Member self = status.membership().member(status.id());
    return self != null && self.standing() == Standing.LEARNER;
  }

  private String peerUrl(String address) {
    int colon = address.lastIndexOf(':');
    String host = colon < 0 ? address : address.substring(0, colon);
    String port = colon < 0 ? "" : address.substring(colon);
    return scheme + "://" + (host.contains(":") ? "[" + host + "]" : host) + port;
  }

  /**
   * The address that a client gives a member.
   *
   * @param peerUrls as in the request: one, of the kind that all members of this cluster have
   * @throws io.grpc.StatusRuntimeException if it is not
   */
  String address(List<String> peerUrls) {
    if (peerUrls.size() != 1) {
      throw EtcdError.PEER_URLS_INVALID.exception();
    }
    try {
      URI url = new URI(peerUrls.get(0));
      boolean hasPath = url.getPath() != null && !url.getPath().isEmpty();
      if (url.getHost() == null
          || !scheme.equals(url.getScheme())
          || url.getPort() < 1
          || url.getPort() > MAX_PORT
          || hasPath) {
        throw EtcdError.PEER_URLS_INVALID.exception();
      }
      String address = ClientListener.host(url) + ":" + url.getPort();
      if (address.length() > dev.jangada.raft.Member.MAX_ADDRESS_CHARS) {
        throw EtcdError.PEER_URLS_INVALID.exception();
      }
      return address;
    } catch (URISyntaxException e) {
      throw EtcdError.PEER_URLS_INVALID.exception();
    }
  }

  /** An id for a member that is to be added, which nobody has or has had. */
  static long newId(Membership now) {
    long id;
    do {
      id = RANDOM.nextLong();
    } while (id == 0 || now.member(id) != null || now.isRemoved(id));
    return id;
  }

  /** A member for people: its name and id, or the id alone. */
  String describe(long id) {
    String name = namesById.get(id);
    return name == null ? format(id) : name + "(" + format(id) + ")";
  }

  /** An id as etcd writes it for people. */
  static String format(long id) {
    return MemberId.toString(id);
  }
}
