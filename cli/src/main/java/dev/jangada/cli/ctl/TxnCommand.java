package dev.jangada.cli.ctl;

import dev.jangada.etcd.api.etcdserverpb.KVGrpc;
import dev.jangada.etcd.api.etcdserverpb.ResponseOp;
import dev.jangada.etcd.api.etcdserverpb.TxnRequest;
import dev.jangada.etcd.api.etcdserverpb.TxnResponse;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Does several operations at once, depending on comparisons. */
@Command(
    name = "txn",
    description =
        "Read comparisons and two lists of operations from standard input; do the first list if all"
            + " comparisons hold, otherwise the second, all at once.",
    footer = {
      "",
      "An empty line ends each of the three lists. Comparisons are mod, create, version, value or"
          + " lease of a key with =, !=, < or >; operations are get, put and del with their flags:",
      "",
      "  mod(\"key1\") > \"0\"",
      "",
      "  put key1 \"was there\"",
      "",
      "  put key1 \"was not there\"",
      "  get --prefix key",
      ""
    })
final class TxnCommand extends Action {

  @Option(
      names = {"-i", "--interactive"},
      arity = "0..1",
      preprocessor = BooleanFlag.class,
      paramLabel = "BOOL",
      description = "Say which list is expected.")
  private boolean interactive;

  @Parameters(hidden = true)
  private @Nullable List<String> arguments;

  @Override
  void run(Ctl ctl) {
    if (!orEmpty(arguments).isEmpty()) {
      throw CtlException.arguments("txn command does not accept argument");
    }
    TxnRequest request =
        TxnScript.read(
            ctl.console()::readLine,
            prompt -> {
              if (interactive) {
                ctl.say(prompt);
              }
            });
    TxnResponse response = ctl.connection().call(KVGrpc.getTxnMethod(), request);
    ctl.show(
        Answer.of(response)
            .simple(out -> simple(out, response, ctl.keyValues()))
            .fields(out -> fields(out, response)));
  }

  static void simple(Printer out, TxnResponse response, KeyValues keyValues) {
    out.line(response.getSucceeded() ? "SUCCESS" : "FAILURE");
    for (ResponseOp operation : response.getResponsesList()) {
      out.line("");
      switch (operation.getResponseCase()) {
        case RESPONSE_RANGE -> keyValues.simple(out, operation.getResponseRange());
        case RESPONSE_PUT -> keyValues.simple(out, operation.getResponsePut());
        case RESPONSE_DELETE_RANGE -> keyValues.simple(out, operation.getResponseDeleteRange());
        case RESPONSE_TXN -> simple(out, operation.getResponseTxn(), keyValues);
        case RESPONSE_NOT_SET -> out.line("unexpected response");
      }
    }
  }

  private static void fields(Printer out, TxnResponse response) {
    Answer.header(out, response.getHeader());
    out.field("Succeeded", response.getSucceeded());
    for (ResponseOp operation : response.getResponsesList()) {
      switch (operation.getResponseCase()) {
        case RESPONSE_RANGE -> KeyValues.fields(out, operation.getResponseRange());
        case RESPONSE_PUT -> KeyValues.fields(out, operation.getResponsePut());
        case RESPONSE_DELETE_RANGE -> KeyValues.fields(out, operation.getResponseDeleteRange());
        case RESPONSE_TXN -> fields(out, operation.getResponseTxn());
        case RESPONSE_NOT_SET -> out.field("Unknown", "\"\"");
      }
    }
  }
}
