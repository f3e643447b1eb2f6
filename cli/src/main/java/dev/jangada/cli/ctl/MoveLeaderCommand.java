package dev.jangada.cli.ctl;

import dev.jangada.cli.ctl.Servers.Outcome;
import dev.jangada.etcd.api.etcdserverpb.MaintenanceGrpc;
import dev.jangada.etcd.api.etcdserverpb.MoveLeaderRequest;
import dev.jangada.etcd.api.etcdserverpb.StatusRequest;
import dev.jangada.etcd.api.etcdserverpb.StatusResponse;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Hands the leadership over. */
@Command(name = "move-leader", description = "Make another member the leader.")
final class MoveLeaderCommand extends Action {

  @Parameters(
      hideParamSyntax = true,
      paramLabel = "ID",
      description = "Who is to lead, as member list prints it.")
  private @Nullable List<String> arguments;

  @Override
  void run(Ctl ctl) throws InterruptedException {
    long target = Numbers.parseMember(only(arguments, "move-leader command needs 1 argument"));
    StatusResponse leader = null;
    Endpoint endpoint = null;
    for (Outcome.Answered<StatusResponse> status :
        Servers.answered(
                Servers.ask(
                    ctl,
                    ctl.endpoints(),
                    server ->
                        server.read(
                            MaintenanceGrpc.getStatusMethod(), StatusRequest.getDefaultInstance())))
            .toList()) {
      if (status.value().getHeader().getMemberId() == status.value().getLeader()) {
        leader = status.value();
        endpoint = status.endpoint();
      }
    }
    if (leader == null || endpoint == null) {
      throw CtlException.arguments(
          "no leader endpoint given at "
              + ctl.endpoints().stream().map(Endpoint::text).toList()
              + "; --endpoints is to name the leader's, which endpoint status --cluster tells");
    }
    try (Connection connection = ctl.connectionTo(endpoint)) {
      var unused =
          connection.call(
              MaintenanceGrpc.getMoveLeaderMethod(),
              MoveLeaderRequest.newBuilder().setTargetID(target).build());
    }
    ctl.say(
        "Leadership transferred from %s to %s"
            .formatted(Numbers.member(leader.getLeader()), Numbers.member(target)));
  }
}
