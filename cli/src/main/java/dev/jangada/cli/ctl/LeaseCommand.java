package dev.jangada.cli.ctl;

import com.google.protobuf.ByteString;
import dev.jangada.etcd.api.etcdserverpb.LeaseGrantRequest;
import dev.jangada.etcd.api.etcdserverpb.LeaseGrantResponse;
import dev.jangada.etcd.api.etcdserverpb.LeaseGrpc;
import dev.jangada.etcd.api.etcdserverpb.LeaseKeepAliveResponse;
import dev.jangada.etcd.api.etcdserverpb.LeaseLeasesRequest;
import dev.jangada.etcd.api.etcdserverpb.LeaseLeasesResponse;
import dev.jangada.etcd.api.etcdserverpb.LeaseRevokeRequest;
import dev.jangada.etcd.api.etcdserverpb.LeaseRevokeResponse;
import dev.jangada.etcd.api.etcdserverpb.LeaseTimeToLiveRequest;
import dev.jangada.etcd.api.etcdserverpb.LeaseTimeToLiveResponse;
import dev.jangada.etcd.api.etcdserverpb.ResponseHeader;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Leases. */
@Command(
    name = "lease",
    description = "Grant, keep and end leases.",
    subcommands = {
      LeaseCommand.Grant.class,
      LeaseCommand.Revoke.class,
      LeaseCommand.TimeToLive.class,
      LeaseCommand.ListAll.class,
      LeaseCommand.KeepAliveAction.class
    })
final class LeaseCommand extends Group {

  /** In JSON, etcdctl puts the header's fields beside those of a lease. */
  private static Map<String, Object> json(ResponseHeader header) {
    return EtcdJson.of(header);
  }

  /** The same of a lease that has just been given time. */
  private static Map<String, Object> json(ResponseHeader header, long id, long ttl) {
    Map<String, Object> json = json(header);
    json.put("ID", id);
    json.put("TTL", ttl);
    return json;
  }

  /**
   * What is said of a lease that has just been given time.
   *
   * @param json the header's fields, and any that belong to this answer alone
   */
  private static Answer answer(
      String simple, Map<String, Object> json, ResponseHeader header, long id, long ttl) {
    return Answer.ofJson(json)
        .simple(simple)
        .fields(out -> {
          Answer.header(out, header);
          out.field("ID", id).field("TTL", ttl);
        });
  }

  /** Makes a lease. */
  @Command(name = "grant", description = "Make a lease that ends unless it is kept alive.")
  static final class Grant extends Action {

    @Parameters(hideParamSyntax = true, paramLabel = "TTL", description = "Seconds to live.")
    private @Nullable List<String> arguments;

    @Override
    void run(Ctl ctl) {
      String text = only(arguments, "lease grant command needs TTL argument");
      long seconds;
      try {
        seconds = Long.parseLong(text);
      } catch (NumberFormatException e) {
        throw CtlException.arguments("bad TTL \"" + text + "\": a whole number of seconds");
      }
      LeaseGrantResponse lease =
          ctl.connection()
              .call(
                  LeaseGrpc.getLeaseGrantMethod(),
                  LeaseGrantRequest.newBuilder().setTTL(seconds).build());
      Map<String, Object> json = json(lease.getHeader(), lease.getID(), lease.getTTL());
      json.put("Error", lease.getError());
      ctl.show(
          answer(
              "lease %s granted with TTL(%ds)"
                  .formatted(Numbers.lease(lease.getID()), lease.getTTL()),
              json,
              lease.getHeader(),
              lease.getID(),
              lease.getTTL()));
    }
  }

  /** Ends a lease. */
  @Command(name = "revoke", description = "End a lease and delete its keys.")
  static final class Revoke extends Action {

    @Mixin private LeaseIdArgument argument;

    @SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls
    Revoke() {}

    @Override
    void run(Ctl ctl) {
      long id = argument.id("lease revoke command needs 1 argument");
      LeaseRevokeResponse response;
      try {
        response =
            ctl.connection()
                .call(
                    LeaseGrpc.getLeaseRevokeMethod(),
                    LeaseRevokeRequest.newBuilder().setID(id).build());
      } catch (CtlException e) {
        throw new CtlException(
            CtlException.Kind.FAILURE, "failed to revoke lease (" + e.getMessage() + ")");
      }
      ctl.show(
          Answer.of(response)
              .simple("lease " + Numbers.lease(id) + " revoked")
              .fields(response.getHeader()));
    }
  }

  /** How much time a lease has left. */
  @Command(name = "timetolive", description = "How much time a lease has left, and its keys.")
  static final class TimeToLive extends Action {

    @Mixin private LeaseIdArgument argument;

    @Option(
        names = "--keys",
        arity = "0..1",
        preprocessor = BooleanFlag.class,
        paramLabel = "BOOL",
        description = "Which keys it has, too.")
    private boolean keys;

    @SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls
    TimeToLive() {}

    @Override
    void run(Ctl ctl) {
      long id = argument.id("lease timetolive command needs lease ID as argument");
      LeaseTimeToLiveResponse lease =
          ctl.connection()
              .read(
                  LeaseGrpc.getLeaseTimeToLiveMethod(),
                  LeaseTimeToLiveRequest.newBuilder().setID(id).setKeys(keys).build());
      Map<String, Object> json = json(lease.getHeader());
      json.put("id", lease.getID());
      json.put("ttl", lease.getTTL());
      json.put("granted-ttl", lease.getGrantedTTL());
      json.put(
          "keys",
          lease.getKeysCount() == 0
              ? null
              : lease.getKeysList().stream().map(EtcdJson::base64).toList());
      ctl.show(
          Answer.ofJson(json).simple(out -> simple(out, lease)).fields(out -> fields(out, lease)));
    }

    private void simple(Printer out, LeaseTimeToLiveResponse lease) {
      out.print("lease " + Numbers.lease(lease.getID()));
      if (lease.getTTL() == -1 && lease.getGrantedTTL() == 0) {
        out.line(" already expired");
        return;
      }
      out.print(
          " granted with TTL(%ds), remaining(%ds)"
              .formatted(lease.getGrantedTTL(), lease.getTTL()));
      if (keys) {
        out.print(", attached keys([");
        String separator = "";
        for (ByteString key : lease.getKeysList()) {
          out.print(separator).print(key);
          separator = " ";
        }
        out.print("])");
      }
      out.line("");
    }

    private static void fields(Printer out, LeaseTimeToLiveResponse lease) {
      Answer.header(out, lease.getHeader());
      out.field("ID", lease.getID())
          .field("TTL", lease.getTTL())
          .field("GrantedTTL", lease.getGrantedTTL());
      lease.getKeysList().forEach(key -> out.quoted("Key", key));
    }
  }

  /** Which leases there are. */
  @Command(name = "list", description = "List all leases.")
  static final class ListAll extends Action {

    @Override
    void run(Ctl ctl) {
      LeaseLeasesResponse response =
          ctl.connection()
              .read(LeaseGrpc.getLeaseLeasesMethod(), LeaseLeasesRequest.getDefaultInstance());
      Map<String, Object> json = json(response.getHeader());
      json.put(
          "leases",
          response.getLeasesList().stream().map(lease -> Map.of("id", lease.getID())).toList());
      ctl.show(
          Answer.ofJson(json)
              .simple(
                  response.getLeasesList().stream()
                      .map(lease -> "\n" + Numbers.lease(lease.getID()))
                      .collect(
                          Collectors.joining(
                              "", "found " + response.getLeasesCount() + " leases", "")))
              .fields(out -> {
                Answer.header(out, response.getHeader());
                response.getLeasesList().forEach(lease -> out.field("ID", lease.getID()));
              }));
    }
  }

  /** Renews a lease. */
  @Command(name = "keep-alive", description = "Keep a lease alive until Ctrl-C.")
  static final class KeepAliveAction extends Action {

    @Mixin private LeaseIdArgument argument;

    @Option(
        names = "--once",
        arity = "0..1",
        preprocessor = BooleanFlag.class,
        paramLabel = "BOOL",
        description = "Renew it once.")
    private boolean once;

    @SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls
    KeepAliveAction() {}

    @Override
    void run(Ctl ctl) throws InterruptedException {
      long id = argument.id("lease keep-alive command needs lease ID as argument");
      long lastAnswer = System.nanoTime();
      Duration left = ctl.commandTimeout();
      try (KeepAlive keepAlive = new KeepAlive(ctl.connection(), id)) {
        while (true) {
          LeaseKeepAliveResponse response = keepAlive.renew(ctl.commandTimeout());
          if (response != null && response.getTTL() > 0) {
            show(ctl, response);
            if (once) {
              return;
            }
            lastAnswer = System.nanoTime();
            left = Duration.ofSeconds(response.getTTL());
            TimeUnit.MILLISECONDS.sleep(left.toMillis() / 3);
          } else if (response != null || System.nanoTime() - lastAnswer > left.toNanos()) {
            ended(ctl, id);
            return;
          }
        }
      }
    }

    private void ended(Ctl ctl, long id) {
      if (once) {
        throw new CtlException(
            CtlException.Kind.CONNECTION, "etcdserver: requested lease not found");
      }
      ctl.say("lease " + Numbers.lease(id) + " expired or revoked.");
    }

    private static void show(Ctl ctl, LeaseKeepAliveResponse lease) {
      ctl.show(
          answer(
              "lease %s keepalived with TTL(%d)"
                  .formatted(Numbers.lease(lease.getID()), lease.getTTL()),
              json(lease.getHeader(), lease.getID(), lease.getTTL()),
              lease.getHeader(),
              lease.getID(),
              lease.getTTL()));
    }
  }
}
