package dev.jangada.cli.ctl;

import com.google.protobuf.ByteString;
import dev.jangada.cli.ctl.Servers.Outcome;
import dev.jangada.etcd.api.etcdserverpb.HashKVRequest;
import dev.jangada.etcd.api.etcdserverpb.HashKVResponse;
import dev.jangada.etcd.api.etcdserverpb.KVGrpc;
import dev.jangada.etcd.api.etcdserverpb.MaintenanceGrpc;
import dev.jangada.etcd.api.etcdserverpb.RangeRequest;
import dev.jangada.etcd.api.etcdserverpb.StatusRequest;
import dev.jangada.etcd.api.etcdserverpb.StatusResponse;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** How each server is. */
@Command(
    name = "endpoint",
    description = "Ask each server how it is.",
    subcommands = {
      EndpointCommand.Status.class,
      EndpointCommand.Health.class,
      EndpointCommand.HashKv.class
    })
final class EndpointCommand extends Group {

  /** Which servers are asked. */
  static final class ClusterFlag {
    @Option(
        names = "--cluster",
        arity = "0..1",
        preprocessor = BooleanFlag.class,
        paramLabel = "BOOL",
        description = "Ask all members, not only those of --endpoints.")
    private boolean cluster;

    List<Endpoint> endpoints(Ctl ctl) {
      return Servers.endpoints(ctl, cluster);
    }
  }

  /** What each says of itself. */
  @Command(name = "status", description = "What each server says of itself.")
  static final class Status extends Action {

    private static final List<String> HEADINGS =
        List.of(
            "endpoint",
            "ID",
            "version",
            "db size",
            "is leader",
            "is learner",
            "raft term",
            "raft index",
            "raft applied index",
            "errors");

    @Mixin private ClusterFlag servers;

    @SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls
    Status() {}

    @Override
    void run(Ctl ctl) throws InterruptedException {
      List<Outcome<StatusResponse>> outcomes =
          Servers.ask(
              ctl,
              servers.endpoints(ctl),
              server ->
                  server.read(
                      MaintenanceGrpc.getStatusMethod(), StatusRequest.getDefaultInstance()));
      ctl.show(
          each(outcomes, "Status", EtcdJson::of, Status::row, HEADINGS)
              .fields(out ->
                  Servers.answered(outcomes)
                      .forEach(status -> fields(out, status.endpoint(), status.value()))));
      Servers.requireAll(ctl, outcomes, "get the status of endpoint");
    }

    private static List<String> row(Endpoint endpoint, StatusResponse status) {
      return List.of(
          endpoint.text(),
          Numbers.member(status.getHeader().getMemberId()),
          status.getVersion(),
          Units.size(status.getDbSize()),
          Boolean.toString(status.getLeader() == status.getHeader().getMemberId()),
          Boolean.toString(status.getIsLearner()),
          Long.toUnsignedString(status.getRaftTerm()),
          Long.toUnsignedString(status.getRaftIndex()),
          Long.toUnsignedString(status.getRaftAppliedIndex()),
          String.join(", ", status.getErrorsList()));
    }

    private static void fields(Printer out, Endpoint endpoint, StatusResponse status) {
      Answer.header(out, status.getHeader());
      out.quoted("Version", status.getVersion())
          .field("DBSize", status.getDbSize())
          .field("Leader", Long.toUnsignedString(status.getLeader()))
          .field("IsLearner", status.getIsLearner())
          .field("RaftIndex", Long.toUnsignedString(status.getRaftIndex()))
          .field("RaftTerm", Long.toUnsignedString(status.getRaftTerm()))
          .field("RaftAppliedIndex", Long.toUnsignedString(status.getRaftAppliedIndex()))
          .field("Errors", "[" + String.join(" ", status.getErrorsList()) + "]")
          .quoted("Endpoint", endpoint.text())
          .line("");
    }
  }

  /** Whether each takes part. */
  @Command(
      name = "health",
      description = "Whether each server answers a linearizable read. Exit code 1 if one does not.")
  static final class Health extends Action {

    private static final String DENIED = "etcdserver: permission denied";

    @Mixin private ClusterFlag servers;

    @SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls
    Health() {}

    /**
     * How a server is.
     *
     * @param nanos how long it took to find out
     * @param error why it is not healthy; empty if it is
     */
    private record Condition(Endpoint endpoint, long nanos, String error) {

      boolean healthy() {
        return error.isEmpty();
      }

      Map<String, Object> json() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("endpoint", endpoint.text());
        json.put("health", healthy());
        json.put("took", Units.duration(nanos));
        if (!healthy()) {
          json.put("error", error);
        }
        return json;
      }

      List<String> row() {
        return List.of(endpoint.text(), Boolean.toString(healthy()), Units.duration(nanos), error);
      }

      String line() {
        return endpoint.text()
            + (healthy()
                ? " is healthy: successfully committed proposal: took = " + Units.duration(nanos)
                : " is unhealthy: failed to commit proposal: " + error);
      }

      void fields(Printer out) {
        out.quoted("Endpoint", endpoint.text())
            .field("Health", healthy())
            .field("Took", Units.duration(nanos))
            .field("Error", error)
            .line("");
      }
    }

    @Override
    void run(Ctl ctl) throws InterruptedException {
      long start = System.nanoTime();
      List<Outcome<Long>> outcomes =
          Servers.ask(ctl, servers.endpoints(ctl), server -> ask(server));
      List<Condition> conditions =
          outcomes.stream().map(outcome -> condition(outcome, start)).toList();
      ctl.show(
          Answer.ofJson(conditions.stream().map(Condition::json).toList())
              .table(
                  new Table(
                      List.of("endpoint", "health", "took", "error"),
                      conditions.stream().map(Condition::row).toList()))
              .simple(out -> conditions.forEach(condition -> ctl.complain(condition.line())))
              .fields(out -> conditions.forEach(condition -> condition.fields(out))));
      if (!conditions.stream().allMatch(Condition::healthy)) {
        throw new CtlException(CtlException.Kind.FAILURE, "unhealthy cluster");
      }
    }

    /** How many nanoseconds the answer took. */
    private static long ask(Connection server) {
      long start = System.nanoTime();
      try {
        var unused =
            server.read(
                KVGrpc.getRangeMethod(),
                RangeRequest.newBuilder().setKey(ByteString.copyFromUtf8("health")).build());
      } catch (CtlException e) {
        // Who is told that he may not read is told so by a cluster that works.
        if (!DENIED.equals(e.getMessage())) {
          throw e;
        }
      }
      return System.nanoTime() - start;
    }

    private static Condition condition(Outcome<Long> outcome, long start) {
      return switch (outcome) {
        case Outcome.Answered<Long> answered ->
            new Condition(answered.endpoint(), answered.value(), "");
        case Outcome.Failed<Long> failed ->
            new Condition(
                failed.endpoint(),
                System.nanoTime() - start,
                String.valueOf(failed.failure().getMessage()));
      };
    }
  }

  /** Whether the servers have the same keys. */
  @Command(
      name = "hashkv",
      description = "A hash of each server's keys and their history; it is the same on all.")
  static final class HashKv extends Action {

    @Mixin private ClusterFlag servers;

    @Option(
        names = "--rev",
        paramLabel = "REVISION",
        description = "Up to this revision (default: the present one).")
    private long revision;

    @SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls
    HashKv() {}

    @Override
    void run(Ctl ctl) throws InterruptedException {
      HashKVRequest request = HashKVRequest.newBuilder().setRevision(revision).build();
      List<Outcome<HashKVResponse>> outcomes =
          Servers.ask(
              ctl,
              servers.endpoints(ctl),
              server -> server.read(MaintenanceGrpc.getHashKVMethod(), request));
      ctl.show(
          each(
                  outcomes,
                  "HashKV",
                  EtcdJson::of,
                  (endpoint, hash) ->
                      List.of(endpoint.text(), Integer.toUnsignedString(hash.getHash())),
                  List.of("endpoint", "hash"))
              .fields(out ->
                  Servers.answered(outcomes)
                      .forEach(hash -> fields(out, hash.endpoint(), hash.value()))));
      Servers.requireAll(ctl, outcomes, "get the hash of endpoint");
    }

    private static void fields(Printer out, Endpoint endpoint, HashKVResponse hash) {
      Answer.header(out, hash.getHeader());
      out.quoted("Endpoint", endpoint.text())
          .field("Hash", Integer.toUnsignedString(hash.getHash()))
          .line("");
    }
  }

  /** A row, or an object of JSON, for each server that answered. */
  private static <T> Answer each(
      List<Outcome<T>> outcomes,
      String name,
      Function<T, Map<String, Object>> json,
      java.util.function.BiFunction<Endpoint, T, List<String>> row,
      List<String> headings) {
    List<Object> objects = new ArrayList<>();
    Servers.answered(outcomes)
        .forEach(answer -> {
          Map<String, Object> object = new LinkedHashMap<>();
          object.put("Endpoint", answer.endpoint().text());
          object.put(name, json.apply(answer.value()));
          objects.add(object);
        });
    return Answer.ofJson(objects)
        .table(
            new Table(
                headings,
                Servers.answered(outcomes)
                    .map(answer -> row.apply(answer.endpoint(), answer.value()))
                    .toList()));
  }
}
