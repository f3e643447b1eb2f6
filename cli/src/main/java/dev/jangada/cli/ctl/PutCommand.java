package dev.jangada.cli.ctl;

import dev.jangada.etcd.api.etcdserverpb.KVGrpc;
import dev.jangada.etcd.api.etcdserverpb.PutRequest;
import dev.jangada.etcd.api.etcdserverpb.PutResponse;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Writes a key. */
@Command(
    name = "put",
    description = "Write a key.",
    footer = {"", "A value that begins with '-' comes after '--': put KEY -- -5"})
final class PutCommand extends Action {

  @Mixin private PutArguments arguments;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls
  PutCommand() {}

  @Override
  void run(Ctl ctl) {
    PutRequest request = arguments.request(ctl.console()::readAll);
    PutResponse response = ctl.connection().call(KVGrpc.getPutMethod(), request);
    ctl.show(
        Answer.of(response)
            .simple(out -> ctl.keyValues().simple(out, response))
            .fields(out -> KeyValues.fields(out, response)));
  }
}
