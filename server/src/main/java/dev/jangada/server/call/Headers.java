package dev.jangada.server.call;

import dev.jangada.etcd.api.etcdserverpb.ResponseHeader;
import dev.jangada.node.RaftNode;

/** The header that every answer carries: who answered, and as of when. Any thread. */
public final class Headers {

  private final RaftNode node;
  private final long clusterId;
  private final long memberId;

  /** In the name of a node. */
  public Headers(RaftNode node) {
    this.node = node;
    this.clusterId = node.clusterId();
    this.memberId = node.memberId();
  }

  /** With the revision at which the request took effect. */
  public ResponseHeader at(long revision) {
    return ResponseHeader.newBuilder()
        .setClusterId(clusterId)
        .setMemberId(memberId)
        .setRevision(revision)
        .setRaftTerm(node.status().term())
        .build();
  }

  /** For what does not concern the store. */
  public ResponseHeader withoutRevision() {
    return at(0);
  }
}
