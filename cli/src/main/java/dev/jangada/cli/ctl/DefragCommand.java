package dev.jangada.cli.ctl;

import dev.jangada.cli.ctl.EndpointCommand.ClusterFlag;
import dev.jangada.cli.ctl.Servers.Outcome;
import dev.jangada.etcd.api.etcdserverpb.DefragmentRequest;
import dev.jangada.etcd.api.etcdserverpb.DefragmentResponse;
import dev.jangada.etcd.api.etcdserverpb.MaintenanceGrpc;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Asks servers to give space back. */
@Command(
    name = "defrag",
    description = "Have each server give back the space it does not need, one after the other.",
    footer = {"", "Jangada's servers do that by themselves; etcd's stop to serve meanwhile."})
final class DefragCommand extends Action {

  @Mixin private ClusterFlag servers;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls
  DefragCommand() {}

  @Override
  void run(Ctl ctl) throws InterruptedException {
    List<Outcome<DefragmentResponse>> outcomes = new ArrayList<>();
    // One at a time: a member that does this may not answer meanwhile.
    for (Endpoint endpoint : servers.endpoints(ctl)) {
      List<Outcome<DefragmentResponse>> outcome =
          Servers.ask(
              ctl,
              List.of(endpoint),
              server ->
                  server.call(
                      MaintenanceGrpc.getDefragmentMethod(),
                      DefragmentRequest.getDefaultInstance()));
      Servers.answered(outcome)
          .forEach(done ->
              ctl.say("Finished defragmenting etcd member[" + done.endpoint().text() + "]"));
      outcomes.addAll(outcome);
    }
    Servers.requireAll(ctl, outcomes, "defragment etcd member");
  }
}
