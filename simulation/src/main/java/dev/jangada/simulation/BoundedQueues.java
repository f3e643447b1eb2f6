package dev.jangada.simulation;

import dev.jangada.raft.RaftConfig;
import dev.jangada.raft.RaftStatus;

/** What a leader has under way stays within the limits it was given. */
final class BoundedQueues implements Property {

  private final RaftConfig config;

  BoundedQueues(RaftConfig config) {
    this.config = config;
  }

  @Override
  public void turned(ObservedNode node, RaftStatus status) {
    // One entry may always be under way, however large it is.
    if (status.uncommittedBytes() > config.maxUncommittedBytes() + config.maxEntryBytes()) {
      require(
          false,
          "n%d has %d uncommitted bytes, and %d are allowed",
          node.number(),
          status.uncommittedBytes(),
          config.maxUncommittedBytes());
    }
    for (RaftStatus.FollowerStatus follower : status.followers()) {
      if (follower.inflightAppends() > config.maxInflightAppends()
          || follower.inflightBytes() > config.maxInflightBytes() + config.maxEntryBytes()) {
        require(
            false,
            "n%d has too much on its way, beyond %d appends or %d bytes: %s",
            node.number(),
            config.maxInflightAppends(),
            config.maxInflightBytes(),
            follower);
      }
    }
  }
}
