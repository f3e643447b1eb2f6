package dev.jangada.server.auth;

import java.util.Map;
import java.util.Set;

/** What it takes to call a method of the API while permissions count. */
enum MethodAccess {
  /** Nothing; a token is not even looked at. */
  OPEN,
  /** What is in the request decides, where it is carried out. */
  BY_CONTENT,
  /** The same, and a token that does not count is refused for each watch, not for the stream. */
  BY_WATCH,
  /** Any user will do. */
  USER,
  /** The role root. What is not named here takes it, so that nothing new is open by oversight. */
  ROOT,
  /** The same, refused in the words that etcd has for these methods. */
  ROOT_OF_MEMBER;

  private static final String SERVICES = "etcdserverpb.";

  private static final Map<String, MethodAccess> BY_METHOD =
      Map.ofEntries(
          Map.entry(SERVICES + "Auth/Authenticate", OPEN),
          Map.entry(SERVICES + "Maintenance/Status", OPEN),
          // Clients, Patroni among them, ask whom they can reach before they say who they are.
          Map.entry(SERVICES + "Cluster/MemberList", OPEN),
          Map.entry(SERVICES + "Watch/Watch", BY_WATCH),
          Map.entry(SERVICES + "KV/Compact", USER),
          Map.entry(SERVICES + "Lease/LeaseGrant", USER),
          Map.entry(SERVICES + "Lease/LeaseKeepAlive", USER),
          Map.entry(SERVICES + "Lease/LeaseLeases", USER),
          Map.entry(SERVICES + "Lease/LeaseRevoke", BY_CONTENT),
          Map.entry(SERVICES + "Lease/LeaseTimeToLive", BY_CONTENT),
          Map.entry(SERVICES + "Maintenance/Defragment", ROOT_OF_MEMBER),
          Map.entry(SERVICES + "Maintenance/Hash", ROOT_OF_MEMBER),
          Map.entry(SERVICES + "Maintenance/HashKV", ROOT_OF_MEMBER),
          Map.entry(SERVICES + "Maintenance/Snapshot", ROOT_OF_MEMBER));

  /** Services all of whose other methods are decided by content. */
  private static final Set<String> BY_CONTENT_SERVICES =
      Set.of(SERVICES + "KV", SERVICES + "Auth", "v3lockpb.Lock", "v3electionpb.Election");

  /**
   * What a method takes.
   *
   * @param method with its service, as in {@code etcdserverpb.KV/Range}
   */
  static MethodAccess of(String method) {
    MethodAccess access = BY_METHOD.get(method);
    if (access != null) {
      return access;
    }
    int slash = Math.max(0, method.indexOf('/'));
    return BY_CONTENT_SERVICES.contains(method.substring(0, slash)) ? BY_CONTENT : ROOT;
  }
}
