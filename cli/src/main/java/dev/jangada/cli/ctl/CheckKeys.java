package dev.jangada.cli.ctl;

import com.google.protobuf.ByteString;
import dev.jangada.etcd.api.etcdserverpb.DeleteRangeRequest;
import dev.jangada.etcd.api.etcdserverpb.KVGrpc;
import dev.jangada.etcd.api.etcdserverpb.PutRequest;
import dev.jangada.etcd.api.etcdserverpb.PutResponse;
import dev.jangada.etcd.api.etcdserverpb.RangeRequest;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;

/** The keys that a check writes at random, all with one prefix, and deletes in the end. */
final class CheckKeys {

  static final int KEY_BYTES = 256;

  private final Connection connection;
  private final ByteString prefix;
  private final SplittableRandom random = new SplittableRandom();

  /**
   * Of a check.
   *
   * @throws CtlException if the prefix is empty
   */
  CheckKeys(Connection connection, String prefix) {
    if (prefix.isEmpty()) {
      throw CtlException.arguments("--prefix must not be empty: all keys with it are deleted");
    }
    this.connection = connection;
    this.prefix = ByteString.copyFromUtf8(prefix);
  }

  /**
   * Sees to it that nothing is deleted but what the check wrote.
   *
   * @throws CtlException if there are keys already, or if nobody answers
   */
  void requireNone() {
    RangeRequest existing =
        RangeRequest.newBuilder()
            .setKey(prefix)
            .setRangeEnd(KeyRange.endOfPrefix(prefix))
            .setLimit(1)
            .build();
    if (connection.read(KVGrpc.getRangeMethod(), existing).getCount() > 0) {
      throw new CtlException(
          CtlException.Kind.INPUT,
          ("there are keys with prefix \"%s\", which would be deleted; delete them, or choose"
                  + " another --prefix")
              .formatted(prefix.toStringUtf8()));
    }
  }

  /**
   * Writes one, and returns at once.
   *
   * @param channel to the server
   * @param seconds after so many the write has failed
   */
  void put(Channel channel, int valueBytes, long seconds, StreamObserver<PutResponse> observer) {
    PutRequest request =
        PutRequest.newBuilder()
            .setKey(prefix.concat(randomBytes(KEY_BYTES)))
            .setValue(randomBytes(valueBytes))
            .build();
    ClientCalls.asyncUnaryCall(
        channel.newCall(
            KVGrpc.getPutMethod(),
            CallOptions.DEFAULT.withDeadlineAfter(seconds, TimeUnit.SECONDS)),
        request,
        observer);
  }

  private ByteString randomBytes(int size) {
    byte[] bytes = new byte[size];
    random.nextBytes(bytes);
    return ByteString.copyFrom(bytes);
  }

  /** Deletes them all; returns the revision of that. */
  long delete() {
    return connection
        .call(
            KVGrpc.getDeleteRangeMethod(),
            DeleteRangeRequest.newBuilder()
                .setKey(prefix)
                .setRangeEnd(KeyRange.endOfPrefix(prefix))
                .build())
        .getHeader()
        .getRevision();
  }
}
