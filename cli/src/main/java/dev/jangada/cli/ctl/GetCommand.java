package dev.jangada.cli.ctl;

import dev.jangada.etcd.api.etcdserverpb.KVGrpc;
import dev.jangada.etcd.api.etcdserverpb.RangeResponse;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Reads keys. */
@Command(name = "get", description = "Read a key or a range of keys.")
final class GetCommand extends Action {

  @Mixin private GetArguments arguments;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls
  GetCommand() {}

  @Override
  void run(Ctl ctl) {
    if (arguments.valuesOnly() && ctl.format() != Format.SIMPLE) {
      throw CtlException.arguments("print-value-only is only for `--write-out=simple`");
    }
    RangeResponse response = ctl.connection().read(KVGrpc.getRangeMethod(), arguments.request());
    KeyValues keyValues = new KeyValues(ctl.hex(), arguments.valuesOnly());
    Answer answer = keyValues.answer(response);
    ctl.show(arguments.countOnly() ? answer.simple(Long.toString(response.getCount())) : answer);
  }
}
