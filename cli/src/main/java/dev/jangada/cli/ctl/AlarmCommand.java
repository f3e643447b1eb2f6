package dev.jangada.cli.ctl;

import dev.jangada.etcd.api.etcdserverpb.AlarmMember;
import dev.jangada.etcd.api.etcdserverpb.AlarmRequest;
import dev.jangada.etcd.api.etcdserverpb.AlarmRequest.AlarmAction;
import dev.jangada.etcd.api.etcdserverpb.AlarmResponse;
import dev.jangada.etcd.api.etcdserverpb.AlarmType;
import dev.jangada.etcd.api.etcdserverpb.MaintenanceGrpc;
import picocli.CommandLine.Command;

/** Alarms. */
@Command(
    name = "alarm",
    description = "What the members have raised the alarm about.",
    subcommands = {AlarmCommand.ListAll.class, AlarmCommand.Disarm.class})
final class AlarmCommand extends Group {

  private static AlarmResponse alarms(Ctl ctl) {
    return ctl.connection()
        .read(
            MaintenanceGrpc.getAlarmMethod(),
            AlarmRequest.newBuilder().setAction(AlarmAction.GET).build());
  }

  private static Answer answer(AlarmResponse response) {
    return Answer.of(response)
        .simple(out -> {
          for (AlarmMember alarm : response.getAlarmsList()) {
            out.line(
                "memberID:%s alarm:%s "
                    .formatted(Long.toUnsignedString(alarm.getMemberID()), alarm.getAlarm()));
          }
        })
        .fields(out -> {
          Answer.header(out, response.getHeader());
          for (AlarmMember alarm : response.getAlarmsList()) {
            out.field("MemberID", Long.toUnsignedString(alarm.getMemberID()))
                .field("AlarmType", alarm.getAlarm())
                .line("");
          }
        });
  }

  /** Which there are. */
  @Command(name = "list", description = "List all alarms.")
  static final class ListAll extends Action {
    @Override
    void run(Ctl ctl) {
      ctl.show(answer(alarms(ctl)));
    }
  }

  /** Ends them. */
  @Command(name = "disarm", description = "End all alarms, and list what they were.")
  static final class Disarm extends Action {
    @Override
    void run(Ctl ctl) {
      AlarmResponse.Builder ended = AlarmResponse.newBuilder();
      for (AlarmMember alarm : alarms(ctl).getAlarmsList()) {
        ended.addAllAlarms(disarm(ctl, alarm.getMemberID(), alarm.getAlarm()).getAlarmsList());
      }
      ctl.show(answer(ended.build()));
    }

    private static AlarmResponse disarm(Ctl ctl, long member, AlarmType type) {
      return ctl.connection()
          .call(
              MaintenanceGrpc.getAlarmMethod(),
              AlarmRequest.newBuilder()
                  .setAction(AlarmAction.DEACTIVATE)
                  .setMemberID(member)
                  .setAlarm(type)
                  .build());
    }
  }
}
