package dev.jangada.server;

import dev.jangada.etcd.api.etcdserverpb.Member;
import dev.jangada.node.MemberId;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The members of the cluster, as clients are told of them. Immutable. */
final class Members {

  private final Map<Long, String> namesById = new TreeMap<>(Long::compareUnsigned);
  private final List<Member> members;

  /** The members that the configuration lists. */
  Members(ServerConfig config) {
    String cluster = config.clusterName();
    config
        .initialCluster()
        .keySet()
        .forEach(name -> namesById.put(MemberId.of(cluster, name), name));
    members =
        namesById.entrySet().stream()
            .map(entry -> {
              String name = entry.getValue();
              Member.Builder member =
                  Member.newBuilder()
                      .setID(entry.getKey())
                      .setName(name)
                      .addPeerURLs(config.peerUrl(name).toString());
              if (name.equals(config.name())) {
                config.advertiseClientUrls().forEach(url -> member.addClientURLs(url.toString()));
              }
              return member.build();
            })
            .sorted(Comparator.comparing(Member::getName))
            .toList();
  }

  /** In the order of their names. */
  List<Member> list() {
    return members;
  }

  /** The name of a member, null if there is no such member. */
  @Nullable String nameOf(long id) {
    return namesById.get(id);
  }

  /** A member for people: its name and id, or the id alone. */
  String describe(long id) {
    String name = nameOf(id);
    return name == null ? format(id) : name + "(" + format(id) + ")";
  }

  /** An id as etcd writes it for people. */
  static String format(long id) {
    return MemberId.toString(id);
  }
}
