package dev.jangada.server;

import dev.jangada.kv.KvStateMachine;
import dev.jangada.kv.command.CommandCodec;
import dev.jangada.kv.command.MemberAttributes;
import dev.jangada.kv.command.PublishMemberRequest;
import dev.jangada.node.RaftNode;
import dev.jangada.server.call.ReadPool;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the cluster, through the log, under which URLs clients reach this member, so that every
 * member can list all of them, also while this one is down. Says nothing if the cluster knows
 * already, and tries until it does.
 */
final class MemberPublisher implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(MemberPublisher.class);

  private static final long RETRY_MILLIS = 1_000;

  private final RaftNode node;
  private final KvStateMachine store;
  private final ReadPool readPool;
  private final MemberAttributes own;
  private boolean closed;

  MemberPublisher(RaftNode node, KvStateMachine store, ReadPool readPool, ServerConfig config) {
    this.node = node;
    this.store = store;
    this.readPool = readPool;
    this.own =
        new MemberAttributes(
            node.memberId(),
            config.name(),
            config.advertiseClientUrls().stream().map(Object::toString).toList());
  }

  /** Begins, and returns at once. */
  void start() {
    // What the cluster knows is what this member has applied once it has caught up.
    var unused =
        node.readIndex()
            .thenComposeAsync(index -> publish(), readPool)
            .whenComplete((done, failure) -> {
              if (failure != null) {
                LOG.debug("not published yet: member={}", own.name(), failure);
                retryLater();
              }
            });
  }

  private synchronized CompletableFuture<byte @Nullable []> publish() {
    if (closed || store.members().contains(own)) {
      return CompletableFuture.completedFuture(null);
    }
    return node.submit(CommandCodec.encode(new PublishMemberRequest(own)))
        .thenApply(result -> {
          LOG.info("published: member={} clients={}", own.name(), own.clientUrls());
          return result;
        });
  }

  private void retryLater() {
    CompletableFuture.delayedExecutor(RETRY_MILLIS, TimeUnit.MILLISECONDS).execute(this::retry);
  }

  private synchronized void retry() {
    // A node that has stopped stays so, and would refuse every attempt at once.
    if (!closed && !node.whenStopped().isDone()) {
      start();
    }
  }

  /** Ends the attempts. To be called before the store is closed. */
  @Override
  public synchronized void close() {
    closed = true;
  }
}
