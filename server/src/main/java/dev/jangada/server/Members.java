package dev.jangada.server;

import dev.jangada.etcd.api.etcdserverpb.Member;
import dev.jangada.kv.command.MemberAttributes;
import dev.jangada.node.MemberId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The members of the cluster, as clients are told of them. Immutable. */
final class Members {

  private final Map<Long, String> namesById = new TreeMap<>(Long::compareUnsigned);
  private final ServerConfig config;

  /** The members that the configuration lists. */
  Members(ServerConfig config) {
    this.config = config;
    String cluster = config.clusterName();
    config
        .initialCluster()
        .keySet()
        .forEach(name -> namesById.put(MemberId.of(cluster, name), name));
  }

  /**
   * The members in the order of their names.
   *
   * @param published what they have said of themselves; one that has never been started has said
   *     nothing, and is listed without a name, by which clients know that
   */
  List<Member> list(List<MemberAttributes> published) {
    List<Member> members = new ArrayList<>();
    for (Map.Entry<Long, String> entry : byName()) {
      long id = entry.getKey();
      String name = entry.getValue();
      Member.Builder member =
          Member.newBuilder().setID(id).addPeerURLs(config.peerUrl(name).toString());
      published.stream()
          .filter(attributes -> attributes.id() == id)
          .forEach(attributes ->
              member.setName(attributes.name()).addAllClientURLs(attributes.clientUrls()));
      members.add(member.build());
    }
    return members;
  }

  private List<Map.Entry<Long, String>> byName() {
    return namesById.entrySet().stream().sorted(Map.Entry.comparingByValue()).toList();
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
