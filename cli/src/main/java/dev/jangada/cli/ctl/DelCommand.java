package dev.jangada.cli.ctl;

import dev.jangada.etcd.api.etcdserverpb.DeleteRangeResponse;
import dev.jangada.etcd.api.etcdserverpb.KVGrpc;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Deletes keys. */
@Command(name = "del", description = "Delete a key or a range of keys; print how many there were.")
final class DelCommand extends Action {

  @Mixin private DelArguments arguments;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls
  DelCommand() {}

  @Override
  void run(Ctl ctl) {
    DeleteRangeResponse response =
        ctl.connection().call(KVGrpc.getDeleteRangeMethod(), arguments.request());
    ctl.show(
        Answer.of(response)
            .simple(out -> ctl.keyValues().simple(out, response))
            .fields(out -> KeyValues.fields(out, response)));
  }
}
