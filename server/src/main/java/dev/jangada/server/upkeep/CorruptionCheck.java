package dev.jangada.server.upkeep;

import dev.jangada.kv.KvStateMachine;
import dev.jangada.kv.command.Alarm;
import dev.jangada.kv.command.AlarmType;
import dev.jangada.kv.command.ChangeAlarmRequest;
import dev.jangada.kv.command.CommandCodec;
import dev.jangada.kv.command.Failure;
import dev.jangada.kv.command.HashResult;
import dev.jangada.kv.command.KvHash;
import dev.jangada.kv.command.MemberRequest;
import dev.jangada.kv.store.StoreException;
import dev.jangada.node.MemberId;
import dev.jangada.node.RaftNode;
import dev.jangada.raft.Membership;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out whether the members still have the same, as they must: the leader, from time to time,
 * hashes all versions that can be read, has the others hash theirs up to the same revision, and
 * raises the alarm {@code CORRUPT} for whoever has something else, upon which nobody can write.
 *
 * <p>Nothing is held up meanwhile: each reads a view of its store, on a thread that does nothing
 * else. Hashes of members that have compacted to different revisions do not compare, and neither do
 * those of a member that has yet to get so far; then the next time decides. Every member answers,
 * whether or not it is told to ask.
 *
 * <p>Any thread.
 */
public final class CorruptionCheck implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(CorruptionCheck.class);

  /** The whole store has to be read for a reply. */
  private static final Duration PATIENCE = Duration.ofMinutes(10);

  /** How long a member that starts waits for the others. */
  private static final Duration INITIAL_PATIENCE = Duration.ofSeconds(30);

  private static final Duration INITIAL_CATCH_UP = Duration.ofSeconds(2);

  private static final Duration SHORTEST_INTERVAL = Duration.ofSeconds(1);
  private static final Duration CATCH_UP = Duration.ofSeconds(20);
  private static final int MAX_WAITING = 4;
  private static final long CLOSE_SECONDS = 60;

  /**
   * How often members are compared again, where they differ and it may yet turn out who is wrong.
   */
  private static final int MAX_UNDECIDED = 5;

  private final Duration interval;
  private final RaftNode node;
  private final KvStateMachine store;
  private final ThreadPoolExecutor executor;

  /** What is under way. Guarded by this, like what follows. */
  private CompletableFuture<?> running = CompletableFuture.completedFuture(null);

  private long nextNanos;
  private int undecided;

  /** What a member has to say of a revision. */
  private record Answer(long revision, HashMessage.Reply reply) {}

  /** What one comparison has found. */
  private record Finding(long revision, int members, HashComparison comparison, int silent) {}

  /**
   * Begins to answer the others.
   *
   * @param interval how often this member, while it leads, compares all; zero for never
   */
  public CorruptionCheck(
      String memberName, Duration interval, RaftNode node, KvStateMachine store) {
    this.interval = interval;
    this.node = node;
    this.store = store;
    this.nextNanos = System.nanoTime() + interval.toNanos();
    this.executor =
        new ThreadPoolExecutor(
            1,
            1,
            1,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(MAX_WAITING),
            task -> {
              Thread thread = new Thread(task, "jangada-" + memberName + "-hash");
              thread.setDaemon(true);
              return thread;
            });
    executor.allowCoreThreadTimeOut(true);
    node.answerWith(this::answer);
  }

  /**
   * Reads a time in etcd's words, such as {@code 4h} or {@code 30m}.
   *
   * @return zero for never
   * @throws IllegalArgumentException if it cannot be understood; the message names the flag
   */
  public static Duration parseInterval(String text) {
    String time = text.strip();
    Duration interval = time.equals("0") ? Duration.ZERO : Times.parse(time);
    boolean hasUnit = !time.isEmpty() && Character.isLetter(time.charAt(time.length() - 1));
    if (interval == null
        || !(interval.isZero() || (hasUnit && interval.compareTo(SHORTEST_INTERVAL) >= 0))) {
      throw new IllegalArgumentException(
          "--corrupt-check-time must be a time of a second or more, such as 4h or 30m, or 0 for"
              + " never, is \""
              + text
              + "\"");
    }
    return interval;
  }

  /** Does what is due. To be called about once a second; returns at once. */
  public synchronized void look() {
    long now = System.nanoTime();
    if (interval.isZero()
        || !running.isDone()
        || now - nextNanos < 0
        || node.status().leader() != node.memberId()) {
      return;
    }
    running =
        compare(PATIENCE)
            .thenAccept(this::judge)
            .whenComplete((done, failure) -> {
              if (failure != null) {
                LOG.debug("corruption check: put off", failure);
              }
            });
    nextNanos = now + interval.toNanos();
  }

  /** Hashes what is here, and has all others do so. Completed on any thread. */
  private CompletableFuture<Finding> compare(Duration patience) {
    try {
      return CompletableFuture.supplyAsync(() -> answer(0), executor)
          .thenCompose(own -> compare(own, patience));
    } catch (RejectedExecutionException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private CompletableFuture<Finding> compare(Answer own, Duration patience) {
    Membership membership = node.membership();
    byte[] question = HashMessage.encode(new HashMessage.Question(own.revision()));
    Map<Long, CompletableFuture<HashMessage.Reply>> asked = new HashMap<>();
    // Who cannot read what it has has nothing to compare.
    if (own.reply() instanceof HashMessage.Hash) {
      for (long member : membership.ids()) {
        if (member != node.memberId()) {
          asked.put(member, node.ask(member, question, patience).thenApply(CorruptionCheck::read));
        }
      }
    }
    return CompletableFuture.allOf(asked.values().toArray(CompletableFuture<?>[]::new))
        .handle((done, failure) -> compare(own, membership.members().size(), asked));
  }

  /** Compares, once everybody has replied or will not. */
  private Finding compare(
      Answer own, int members, Map<Long, CompletableFuture<HashMessage.Reply>> asked) {
    Map<Long, HashMessage.Reply> replies = new TreeMap<>();
    replies.put(node.memberId(), own.reply());
    asked.forEach((member, reply) -> {
      if (reply.isCompletedExceptionally()) {
        LOG.debug(
            "corruption check: member={} does not reply",
            MemberId.toString(member),
            reply.exceptionNow());
      } else {
        replies.put(member, reply.join());
      }
    });
    long compacted =
        own.reply() instanceof HashMessage.Hash(long compactedRevision, long hash)
            ? compactedRevision
            : 0;
    HashComparison comparison = HashComparison.of(members, compacted, replies);
    int compared = comparison.agreeing().size() + comparison.differing().size();
    return new Finding(own.revision(), members, comparison, members - compared);
  }

  private static HashMessage.Reply read(byte[] bytes) {
    try {
      return HashMessage.decodeReply(bytes);
    } catch (IOException e) {
      throw new CompletionException(e);
    }
  }

  private synchronized void judge(Finding finding) {
    HashComparison comparison = finding.comparison();
    if (!comparison.isDecided() && finding.silent() > 0 && undecided < MAX_UNDECIDED) {
      // One that could not be compared now may soon tell which of the others is right.
      undecided++;
      nextNanos = System.nanoTime();
      LOG.warn(
          "corruption check: members differ at revision={}, and it is open who is right: members={}"
              + " not compared={}; comparing again",
          finding.revision(),
          finding.members(),
          finding.silent());
      return;
    }
    undecided = 0;
    comparison.differing().stream()
        .map(member -> new Alarm(member, AlarmType.CORRUPT))
        .filter(alarm -> !store.alarms().contains(alarm))
        .forEach(alarm -> raise(alarm, finding));
    LOG.debug(
        "corruption check: done at revision={} members={} not compared={} differing={}",
        finding.revision(),
        finding.members(),
        finding.silent(),
        comparison.differing().size());
  }

  private void raise(Alarm alarm, Finding finding) {
    LOG.error(
        "CORRUPT: member={} {}; revision={}; nobody can write until the alarm is disarmed",
        MemberId.toString(alarm.member()),
        finding.comparison().isDecided()
            ? "has not the data that the others have: remove it, and add it anew with an empty data"
                + " directory"
            : "and another one have different data, and who is right cannot be said: look into"
                + " both, or restore a backup",
        finding.revision());
    var unused =
        node.submit(
                CommandCodec.encode(new MemberRequest(new ChangeAlarmRequest(alarm, true))),
                CATCH_UP)
            .whenComplete((done, failure) -> {
              if (failure != null) {
                LOG.warn("the alarm is not raised yet: {}", failure.toString());
              }
            });
  }

  /**
   * Compares this member, which is about to serve, with the others that can be reached.
   *
   * @return why it must not serve; null if nothing speaks against it
   */
  public @Nullable String objectionToServing() {
    if (node.membership().members().size() < 2) {
      return null;
    }
    Finding finding;
    try {
      // What is old cannot be compared. But without a leader there is nothing to catch up with.
      finding =
          node.readIndex(INITIAL_CATCH_UP)
              .handle((index, failure) -> index)
              .thenCompose(index -> compare(INITIAL_PATIENCE))
              .join();
    } catch (CompletionException e) {
      return "its data cannot be compared with the others': " + e.getCause();
    }
    LOG.info(
        "compared with the others: revision={} members={} not compared={}",
        finding.revision(),
        finding.members(),
        finding.silent());
    return finding.comparison().differing().contains(node.memberId())
        ? "its data are not what the others have at revision "
            + finding.revision()
            + ". Remove this member, and add it anew with an empty data directory"
        : null;
  }

  private CompletableFuture<byte[]> answer(byte[] question) {
    long revision;
    try {
      revision = HashMessage.decodeQuestion(question).revision();
    } catch (IOException e) {
      return CompletableFuture.failedFuture(e);
    }
    // Afterwards this member has applied what the one that asks has.
    return node.readIndex(CATCH_UP)
        .thenApplyAsync(index -> HashMessage.encode(answer(revision).reply()), executor);
  }

  /** Hashes all versions up to a revision; 0 for the current one. */
  private Answer answer(long revision) {
    try {
      HashResult result = store.hash(revision);
      if (result instanceof Failure) {
        // If all before it is compacted, too, the current one can be hashed all the same.
        result = store.hash(0);
      }
      return result instanceof KvHash hash && (revision == 0 || revision == hash.hashRevision())
          ? new Answer(
              hash.hashRevision(), new HashMessage.Hash(hash.compactedRevision(), hash.hash()))
          : new Answer(revision, new HashMessage.NoHash());
    } catch (StoreException e) {
      LOG.error("corruption check: the store cannot be read", e);
      return new Answer(revision, new HashMessage.Unreadable());
    }
  }

  /** Waits for a hash that is under way. To be called before the store is closed. */
  @Override
  public void close() {
    executor.shutdownNow();
    try {
      if (!executor.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)) {
        LOG.warn("corruption check: its thread does not end");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
