package dev.jangada.cli.ctl;

import com.google.protobuf.ByteString;
import dev.jangada.cli.ctl.CtlException.Kind;
import dev.jangada.etcd.api.etcdserverpb.Compare;
import dev.jangada.etcd.api.etcdserverpb.Compare.CompareResult;
import dev.jangada.etcd.api.etcdserverpb.Compare.CompareTarget;
import dev.jangada.etcd.api.etcdserverpb.RequestOp;
import dev.jangada.etcd.api.etcdserverpb.TxnRequest;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/**
 * A transaction as lines of text: comparisons, operations if all of them hold, operations if one
 * does not. An empty line ends each of the three lists.
 *
 * <pre>
 * mod("key1") > "0"
 *
 * put key1 "overwritten"
 *
 * put key1 "created"
 * get --prefix key
 *
 * </pre>
 */
final class TxnScript {

  private final Supplier<@Nullable String> lines;

  private TxnScript(Supplier<@Nullable String> lines) {
    this.lines = lines;
  }

  /**
   * Reads a transaction.
   *
   * @param lines the next line; null if there is none
   * @param prompt told what is expected next
   * @throws CtlException if it makes no sense
   */
  static TxnRequest read(Supplier<@Nullable String> lines, Consumer<String> prompt) {
    TxnScript script = new TxnScript(lines);
    TxnRequest.Builder request = TxnRequest.newBuilder();
    prompt.accept("compares:");
    script.forEachLine(line -> request.addCompare(compare(line)));
    prompt.accept("success requests (get, put, del):");
    script.forEachLine(line -> request.addSuccess(operation(line)));
    prompt.accept("failure requests (get, put, del):");
    script.forEachLine(line -> request.addFailure(operation(line)));
    return request.build();
  }

  private void forEachLine(Consumer<String> action) {
    while (true) {
      String line = lines.get();
      if (line == null) {
        throw invalid("the input ends early: an empty line ends each of the three lists");
      }
      if (line.isBlank()) {
        return;
      }
      action.accept(line.strip());
    }
  }

  /** Reads, for example, {@code value("key") = "text"} or {@code lease("key") != "1a2b"}. */
  static Compare compare(String line) {
    int bracket = line.indexOf('(');
    Quoting.Unquoted key = bracket < 0 ? null : Quoting.unquote(line, bracket + 1);
    if (key == null || !line.startsWith(")", key.end())) {
      throw malformed(line);
    }
    String rest = line.substring(key.end() + 1).strip();
    int space = rest.indexOf(' ');
    String operator = space < 0 ? rest : rest.substring(0, space);
    Quoting.Unquoted operand =
        space < 0
            ? null
            : Quoting.unquote(rest, rest.length() - rest.substring(space).strip().length());
    if (operand == null || operand.end() != rest.length()) {
      throw malformed(line);
    }
    Compare.Builder compare =
        Compare.newBuilder().setKey(key.value()).setResult(result(operator, line));
    setTarget(compare, line.substring(0, bracket).strip(), operand.value(), line);
    return compare.build();
  }

  private static CompareResult result(String operator, String line) {
    return switch (operator) {
      case "=" -> CompareResult.EQUAL;
      case "!=" -> CompareResult.NOT_EQUAL;
      case ">" -> CompareResult.GREATER;
      case "<" -> CompareResult.LESS;
      default ->
          throw invalid(
              "malformed comparison: " + line + " (unknown operator; there are = != > <)");
    };
  }

  private static void setTarget(
      Compare.Builder compare, String target, ByteString operand, String line) {
    switch (target) {
      case "ver", "version" ->
          compare.setTarget(CompareTarget.VERSION).setVersion(number(operand, 10, line));
      case "c", "create" ->
          compare.setTarget(CompareTarget.CREATE).setCreateRevision(number(operand, 10, line));
      case "m", "mod" ->
          compare.setTarget(CompareTarget.MOD).setModRevision(number(operand, 10, line));
      case "val", "value" -> compare.setTarget(CompareTarget.VALUE).setValue(operand);
      case "lease" -> compare.setTarget(CompareTarget.LEASE).setLease(number(operand, 16, line));
      default ->
          throw invalid("malformed comparison: " + line + " (unknown target " + target + ")");
    }
  }

  private static long number(ByteString operand, int radix, String line) {
    try {
      return Long.parseLong(operand.toStringUtf8(), radix);
    } catch (NumberFormatException e) {
      throw invalid("invalid txn compare request: " + line);
    }
  }

  /** Reads a {@code get}, {@code put} or {@code del} with its flags. */
  static RequestOp operation(String line) {
    List<String> words = Quoting.words(line);
    if (words.size() < 2) {
      throw invalid("invalid txn request: " + line);
    }
    String[] arguments = words.subList(1, words.size()).toArray(String[]::new);
    RequestOp.Builder operation = RequestOp.newBuilder();
    switch (words.get(0)) {
      case "get" -> operation.setRequestRange(parse(new GetArguments(), arguments, line).request());
      case "put" ->
          operation.setRequestPut(parse(new PutArguments(), arguments, line).request(null));
      case "del" ->
          operation.setRequestDeleteRange(parse(new DelArguments(), arguments, line).request());
      default -> throw invalid("invalid txn request: " + line);
    }
    return operation.build();
  }

  private static <T> T parse(T command, String[] arguments, String line) {
    try {
      new CommandLine(command).parseArgs(arguments);
      return command;
    } catch (ParameterException e) {
      throw invalid("invalid txn request: " + line + " (" + e.getMessage() + ")");
    }
  }

  private static CtlException malformed(String line) {
    return invalid(
        "malformed comparison: " + line + "; a good one is mod(\"key\") > \"0\", with the quotes");
  }

  private static CtlException invalid(String message) {
    return new CtlException(Kind.INPUT, message);
  }
}
