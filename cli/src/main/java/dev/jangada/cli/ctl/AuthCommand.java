package dev.jangada.cli.ctl;

import dev.jangada.etcd.api.etcdserverpb.AuthDisableRequest;
import dev.jangada.etcd.api.etcdserverpb.AuthEnableRequest;
import dev.jangada.etcd.api.etcdserverpb.AuthGrpc;
import dev.jangada.etcd.api.etcdserverpb.AuthStatusRequest;
import dev.jangada.etcd.api.etcdserverpb.AuthStatusResponse;
import picocli.CommandLine.Command;

/** Whether users have to say who they are. */
@Command(
    name = "auth",
    description = "Turn authentication on and off.",
    subcommands = {AuthCommand.Enable.class, AuthCommand.Disable.class, AuthCommand.Status.class})
final class AuthCommand extends Group {

  /** On. */
  @Command(
      name = "enable",
      description = "From now on, every user has to authenticate. There must be a user root.")
  static final class Enable extends Action {
    @Override
    void run(Ctl ctl) {
      var unused =
          ctl.connection()
              .call(AuthGrpc.getAuthEnableMethod(), AuthEnableRequest.getDefaultInstance());
      ctl.say("Authentication Enabled");
    }
  }

  /** Off. */
  @Command(name = "disable", description = "From now on, everybody may do everything.")
  static final class Disable extends Action {
    @Override
    void run(Ctl ctl) {
      var unused =
          ctl.connection()
              .call(AuthGrpc.getAuthDisableMethod(), AuthDisableRequest.getDefaultInstance());
      ctl.say("Authentication Disabled");
    }
  }

  /** Which of both. */
  @Command(name = "status", description = "Whether authentication is on.")
  static final class Status extends Action {
    @Override
    void run(Ctl ctl) {
      AuthStatusResponse status =
          ctl.connection()
              .read(AuthGrpc.getAuthStatusMethod(), AuthStatusRequest.getDefaultInstance());
      ctl.show(
          Answer.of(status)
              .simple(out ->
                  out.line("Authentication Status: " + status.getEnabled())
                      .line("AuthRevision: " + Long.toUnsignedString(status.getAuthRevision())))
              .fields(out -> {
                Answer.header(out, status.getHeader());
                out.field("Enabled", status.getEnabled())
                    .field("AuthRevision", Long.toUnsignedString(status.getAuthRevision()));
              }));
    }
  }
}
