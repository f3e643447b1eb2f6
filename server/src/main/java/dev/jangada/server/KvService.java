package dev.jangada.server;

import dev.jangada.etcd.api.etcdserverpb.CompactionRequest;
import dev.jangada.etcd.api.etcdserverpb.CompactionResponse;
import dev.jangada.etcd.api.etcdserverpb.DeleteRangeRequest;
import dev.jangada.etcd.api.etcdserverpb.DeleteRangeResponse;
import dev.jangada.etcd.api.etcdserverpb.KVGrpc;
import dev.jangada.etcd.api.etcdserverpb.PutRequest;
import dev.jangada.etcd.api.etcdserverpb.PutResponse;
import dev.jangada.etcd.api.etcdserverpb.RangeRequest;
import dev.jangada.etcd.api.etcdserverpb.RangeResponse;
import dev.jangada.etcd.api.etcdserverpb.TxnRequest;
import dev.jangada.etcd.api.etcdserverpb.TxnResponse;
import dev.jangada.kv.KvStateMachine;
import dev.jangada.kv.command.Caller;
import dev.jangada.kv.command.Command;
import dev.jangada.kv.command.Failure;
import dev.jangada.kv.command.KvError;
import dev.jangada.kv.command.Operation;
import dev.jangada.kv.command.RequestValidator;
import dev.jangada.kv.command.Response;
import dev.jangada.kv.command.Result;
import dev.jangada.node.RaftNode;
import dev.jangada.server.call.AnswerMemory;
import dev.jangada.server.call.CallIdentity;
import dev.jangada.server.call.EtcdError;
import dev.jangada.server.call.Headers;
import dev.jangada.server.call.Proposals;
import dev.jangada.server.call.ReadPool;
import dev.jangada.server.call.Reply;
import dev.jangada.server.call.RequestDeadline;
import dev.jangada.server.call.Requests;
import dev.jangada.server.call.Responses;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads and writes of keys.
 *
 * <p>A write is checked, encoded, handed to the log, and answered when this member has applied it.
 * It is handed over once and never again: one whose outcome is unknown is told to be so, and
 * whether to try again is for the client to decide.
 *
 * <p>A read is linearizable unless the client asks for less: the log says up to where this member
 * must have applied it, and once it has, its own store is read. That goes for transactions that
 * cannot write, too, which hence take up no room in the log.
 *
 * <p>Methods are called by the threads that serve the connections, and return without waiting. The
 * only reads done there are serializable ones of a single key; others are done by the {@link
 * ReadPool}, so that neither a large answer nor a disk holds up other connections or the log.
 * Writes are answered on the thread that applied them, unless the answer is large.
 *
 * <p>What is read takes of the {@link AnswerMemory} until it has been sent.
 */
final class KvService extends KVGrpc.KVImplBase {

  private static final Logger LOG = LoggerFactory.getLogger(KvService.class);

  /** Results from this size on are decoded and answered by the pool. */
  private static final int LARGE_RESULT_BYTES = 64 << 10;

  private final RaftNode node;
  private final Proposals proposals;
  private final KvStateMachine store;
  private final ReadPool readPool;
  private final Headers headers;
  private final RequestDeadline deadline;
  private final RequestValidator validator;
  private final int maxRequestBytes;
  private final AnswerMemory memory;

  KvService(
      RaftNode node,
      Proposals proposals,
      KvStateMachine store,
      ReadPool readPool,
      Headers headers,
      RequestDeadline deadline,
      AnswerMemory memory,
      ServerConfig config) {
    this.node = node;
    this.proposals = proposals;
    this.store = store;
    this.readPool = readPool;
    this.headers = headers;
    this.deadline = deadline;
    this.memory = memory;
    this.validator = new RequestValidator(config.maxTxnOperations());
    this.maxRequestBytes = config.maxRequestBytes();
  }

  @Override
  public void range(RangeRequest request, StreamObserver<RangeResponse> observer) {
    AnswerMemory.Share share = memory.share();
    Reply<RangeResponse> reply = new Reply<>(observer, share::release);
    reply.attempt(() -> {
      dev.jangada.kv.command.RangeRequest range = Requests.range(request);
      check(range);
      Caller caller = CallIdentity.currentCaller();
      Runnable answer =
          () ->
              reply.send(
                  switch (store.range(range, caller, share)) {
                    case dev.jangada.kv.command.RangeResponse response ->
                        Responses.range(headers.at(response.revision()), response);
                    case Failure failure -> throw refusal(failure, share);
                  });
      if (!request.getSerializable()) {
        readWhenSafe(reply, answer);
      } else if (request.getRangeEnd().isEmpty()) {
        answer.run();
      } else {
        readPool.answer(reply, answer);
      }
    });
  }

  @Override
  public void put(PutRequest request, StreamObserver<PutResponse> observer) {
    Reply<PutResponse> reply = new Reply<>(observer);
    reply.attempt(() -> {
      checkSize(request.getSerializedSize());
      dev.jangada.kv.command.PutRequest put = Requests.put(request);
      check(put);
      write(
          reply,
          put,
          response ->
              Responses.put(
                  headers.at(response.revision()), (dev.jangada.kv.command.PutResponse) response));
    });
  }

  @Override
  public void deleteRange(
      DeleteRangeRequest request, StreamObserver<DeleteRangeResponse> observer) {
    Reply<DeleteRangeResponse> reply = new Reply<>(observer);
    reply.attempt(() -> {
      checkSize(request.getSerializedSize());
      dev.jangada.kv.command.DeleteRangeRequest delete = Requests.deleteRange(request);
      check(delete);
      write(
          reply,
          delete,
          response ->
              Responses.deleteRange(
                  headers.at(response.revision()),
                  (dev.jangada.kv.command.DeleteRangeResponse) response));
    });
  }

  @Override
  public void txn(TxnRequest request, StreamObserver<TxnResponse> observer) {
    AnswerMemory.Share share = memory.share();
    Reply<TxnResponse> reply = new Reply<>(observer, share::release);
    reply.attempt(() -> {
      checkSize(request.getSerializedSize());
      dev.jangada.kv.command.TxnRequest txn = Requests.txn(request);
      check(txn);
      if (!txn.isReadOnly()) {
        write(reply, txn, this::txnResponse);
        return;
      }
      Caller caller = CallIdentity.currentCaller();
      Runnable answer =
          () ->
              reply.send(
                  txnResponse(
                      switch (store.read(txn, caller, share)) {
                        case Failure failure -> throw refusal(failure, share);
                        case Result result -> Proposals.unlessRefused(result);
                      }));
      if (Requests.isSerializable(request)) {
        readPool.answer(reply, answer);
      } else {
        readWhenSafe(reply, answer);
      }
    });
  }

  @Override
  public void compact(CompactionRequest request, StreamObserver<CompactionResponse> observer) {
    Reply<CompactionResponse> reply = new Reply<>(observer);
    long begin = System.nanoTime();
    reply.attempt(() ->
        write(
            reply,
            Requests.compact(request),
            response -> {
              LOG.info(
                  "compaction: by a client, to revision={} of={} took={} ms",
                  request.getRevision(),
                  response.revision(),
                  TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin));
              return Responses.compact(headers.at(response.revision()));
            }));
  }

  private static StatusRuntimeException refusal(Failure failure, AnswerMemory.Share share) {
    return (failure.error() == KvError.TOO_MUCH_AT_ONCE
            ? share.refusal()
            : EtcdError.of(failure.error()))
        .exception();
  }

  private TxnResponse txnResponse(Response response) {
    return Responses.txn(
        headers.at(response.revision()), (dev.jangada.kv.command.TxnResponse) response);
  }

  /** Hands a command to the log and answers with what became of it. */
  private <T> void write(Reply<T> reply, Command command, Function<Response, T> answer) {
    reply.after(
        deadline.limit(reply, time -> proposals.submitEncoded(command, time)),
        result -> {
          Runnable send = () -> reply.send(answer.apply(Proposals.response(result)));
          if (result.length < LARGE_RESULT_BYTES) {
            send.run();
          } else {
            readPool.answer(reply, send);
          }
        });
  }

  /** Reads once this member has applied what may have been acknowledged to anyone before. */
  private void readWhenSafe(Reply<?> reply, Runnable answer) {
    reply.after(deadline.limit(reply, node::readIndex), index -> readPool.answer(reply, answer));
  }

  private void check(Operation operation) {
    validator
        .check(operation)
        .ifPresent(error -> {
          throw EtcdError.of(error).exception();
        });
  }

  private void checkSize(int bytes) {
    if (bytes > maxRequestBytes) {
      throw EtcdError.REQUEST_TOO_LARGE.exception();
    }
  }
}
