package dev.jangada.cli.ctl;

import dev.jangada.etcd.api.etcdserverpb.DeleteRangeRequest;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What is to be deleted, by {@code del} and in a transaction. */
final class DelArguments {

  @Parameters(
      hideParamSyntax = true,
      paramLabel = "KEY [RANGE_END]",
      description = "The key, or keys up to RANGE_END.")
  private @Nullable List<String> arguments;

  @Mixin private KeyFlags keys;

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
    KeyRange range = keys.range("del", Action.orEmpty(arguments));
    return DeleteRangeRequest.newBuilder()
        .setKey(range.key())
        .setRangeEnd(range.end())
        .setPrevKv(previous)
        .build();
  }
}
