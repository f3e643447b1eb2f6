package dev.jangada.server.call;

import dev.jangada.kv.bytes.MalformedEncodingException;
import dev.jangada.kv.command.AuthenticatedRequest;
import dev.jangada.kv.command.Caller;
import dev.jangada.kv.command.Command;
import dev.jangada.kv.command.CommandCodec;
import dev.jangada.kv.command.Failure;
import dev.jangada.kv.command.Response;
import dev.jangada.kv.command.Result;
import dev.jangada.kv.command.ResultCodec;
import dev.jangada.kv.command.SpaceCost;
import dev.jangada.node.RaftNode;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Hands commands to the log, and tells what became of them. Each is handed over once and never
 * again. Each goes with the caller of the call that it is made for, by whose permissions it is
 * judged. Any thread.
 */
public final class Proposals {

  private final RaftNode node;
  private final Admission admission;

  /** Who proposes; null for the caller of whatever call the thread serves that proposes. */
  private final @Nullable CallIdentity identity;

  /**
   * Hands commands to a node, each with the caller of the call that the thread serves.
   *
   * @param admission judges what makes the store grow
   */
  public Proposals(RaftNode node, Admission admission) {
    this(node, admission, null);
  }

  private Proposals(RaftNode node, Admission admission, @Nullable CallIdentity identity) {
    this.node = node;
    this.admission = admission;
    this.identity = identity;
  }

  /** The same on behalf of the caller of the call that this thread serves, on any thread. */
  public Proposals ofCaller() {
    return new Proposals(node, admission, CallIdentity.current());
  }

  /**
   * Has a command carried out.
   *
   * @param timeout positive
   * @return done, on the thread that applied it, when this member has applied it; fails with a
   *     {@link dev.jangada.node.request.RaftException}, or with a {@link
   *     io.grpc.StatusRuntimeException} if the store refused, or is full
   */
  public CompletableFuture<Response> propose(Command command, Duration timeout) {
    return submit(command, timeout).thenApply(Proposals::unlessRefused);
  }

  /** The same where a refusal by the store is an answer like another. */
  public CompletableFuture<Result> submit(Command command, Duration timeout) {
    return submitEncoded(command, timeout).thenApply(Proposals::decode);
  }

  /** The same with the result as the state machine gave it. */
  public CompletableFuture<byte[]> submitEncoded(Command command, Duration timeout) {
    if (!admission.admits(SpaceCost.of(command))) {
      return admission.refuse(timeout);
    }
    Caller caller = (identity == null ? CallIdentity.current() : identity).caller();
    Command attributed = caller == null ? command : new AuthenticatedRequest(caller, command);
    return node.submit(CommandCodec.encode(attributed), timeout);
  }

  /**
   * What the state machine answered for a command.
   *
   * @throws io.grpc.StatusRuntimeException if it refused
   */
  public static Response response(byte[] result) {
    return unlessRefused(decode(result));
  }

  /** The same for a result that has been decoded. */
  public static Response unlessRefused(Result result) {
    return switch (result) {
      case Response response -> response;
      case Failure failure -> throw EtcdError.of(failure.error()).exception();
    };
  }

  private static Result decode(byte[] result) {
    try {
      return ResultCodec.decode(result);
    } catch (MalformedEncodingException e) {
      throw new IllegalStateException("this node's state machine answered what is no result", e);
    }
  }
}
