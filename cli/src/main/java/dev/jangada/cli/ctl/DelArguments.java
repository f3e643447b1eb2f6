package dev.jangada.cli.ctl;

import dev.jangada.etcd.api.etcdserverpb.DeleteRangeRequest;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What is to be deleted, by {@code del} and in a transaction. */
final class DelArguments {

  @Mixin private KeyArguments keys;

  @Option(
      names = "--prev-kv",
      arity = "0..1",
      preprocessor = BooleanFlag.class,
      paramLabel = "BOOL",
      description = "Print what was deleted.")
  private boolean previous;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  DelArguments() {}

  DeleteRangeRequest request() {
    KeyRange range = keys.range("del");
    return DeleteRangeRequest.newBuilder()
        .setKey(range.key())
        .setRangeEnd(range.end())
        .setPrevKv(previous)
        .build();
  }
}
