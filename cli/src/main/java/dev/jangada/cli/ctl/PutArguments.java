package dev.jangada.cli.ctl;

import com.google.protobuf.ByteString;
import dev.jangada.etcd.api.etcdserverpb.PutRequest;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What is to be written, by {@code put} and in a transaction. */
final class PutArguments {

  @Parameters(
      hideParamSyntax = true,
      paramLabel = "KEY [VALUE]",
      description = "What to write. Without VALUE, it is read from standard input.")
  private @Nullable List<String> arguments;

  @Option(
      names = "--lease",
      paramLabel = "ID",
      defaultValue = "0",
      description = "Lease, in hexadecimal, with whose end the key is deleted (default: none).")
  private String lease;

  @Option(
      names = "--prev-kv",
      arity = "0..1",
      preprocessor = BooleanFlag.class,
      paramLabel = "BOOL",
      description = "Print what the key had before.")
  private boolean previous;

  @Option(
      names = "--ignore-value",
      arity = "0..1",
      preprocessor = BooleanFlag.class,
      paramLabel = "BOOL",
      description = "Keep the key's value.")
  private boolean ignoreValue;

  @Option(
      names = "--ignore-lease",
      arity = "0..1",
      preprocessor = BooleanFlag.class,
      paramLabel = "BOOL",
      description = "Keep the key's lease.")
  private boolean ignoreLease;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  PutArguments() {}

  /**
   * Reads the arguments.
   *
   * @param input the value if it is not among them; null if it must be
   */
  PutRequest request(@Nullable Supplier<ByteString> input) {
    List<String> given = Action.orEmpty(arguments);
    if (given.isEmpty()) {
      throw missing();
    }
    PutRequest.Builder request =
        PutRequest.newBuilder()
            .setKey(ByteString.copyFromUtf8(given.get(0)))
            .setLease(Numbers.parseLease(lease, "bad lease ID"))
            .setPrevKv(previous)
            .setIgnoreValue(ignoreValue)
            .setIgnoreLease(ignoreLease);
    if (ignoreValue && given.size() > 1) {
      throw CtlException.arguments("put command needs only 1 argument when 'ignore-value' is set");
    }
    if (given.size() > 1) {
      request.setValue(ByteString.copyFromUtf8(given.get(1)));
    } else if (!ignoreValue) {
      if (input == null) {
        throw missing();
      }
      request.setValue(input.get());
    }
    return request.build();
  }

  private static CtlException missing() {
    return CtlException.arguments(
        "put command needs 1 argument and input from stdin or 2 arguments");
  }
}
