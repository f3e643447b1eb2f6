package dev.jangada.cli.ctl;

import dev.jangada.etcd.api.etcdserverpb.ClusterGrpc;
import dev.jangada.etcd.api.etcdserverpb.Member;
import dev.jangada.etcd.api.etcdserverpb.MemberAddRequest;
import dev.jangada.etcd.api.etcdserverpb.MemberAddResponse;
import dev.jangada.etcd.api.etcdserverpb.MemberListRequest;
import dev.jangada.etcd.api.etcdserverpb.MemberListResponse;
import dev.jangada.etcd.api.etcdserverpb.MemberPromoteRequest;
import dev.jangada.etcd.api.etcdserverpb.MemberPromoteResponse;
import dev.jangada.etcd.api.etcdserverpb.MemberRemoveRequest;
import dev.jangada.etcd.api.etcdserverpb.MemberRemoveResponse;
import dev.jangada.etcd.api.etcdserverpb.MemberUpdateRequest;
import dev.jangada.etcd.api.etcdserverpb.MemberUpdateResponse;
import dev.jangada.etcd.api.etcdserverpb.ResponseHeader;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The members of the cluster. */
@Command(
    name = "member",
    description = "List and change the members of the cluster.",
    subcommands = {
      MemberCommand.ListAll.class,
      MemberCommand.Add.class,
      MemberCommand.Remove.class,
      MemberCommand.Update.class,
      MemberCommand.Promote.class
    })
final class MemberCommand extends Group {

  /** All members, as the server knows them. */
  static MemberListResponse members(Ctl ctl) {
    return ctl.connection()
        .read(
            ClusterGrpc.getMemberListMethod(),
            MemberListRequest.newBuilder().setLinearizable(true).build());
  }

  /** Which members there are. */
  @Command(name = "list", description = "List them: id, state, name, addresses, learner or not.")
  static final class ListAll extends Action {

    @Override
    void run(Ctl ctl) {
      MemberListResponse response = members(ctl);
      ctl.show(
          Answer.of(response)
              .table(
                  new Table(
                      List.of("ID", "Status", "Name", "Peer Addrs", "Client Addrs", "Is Learner"),
                      response.getMembersList().stream().map(ListAll::row).toList()))
              .fields(out -> fields(out, response)));
    }

    private static List<String> row(Member member) {
      return List.of(
          Numbers.member(member.getID()),
          member.getName().isEmpty() ? "unstarted" : "started",
          member.getName(),
          String.join(",", member.getPeerURLsList()),
          String.join(",", member.getClientURLsList()),
          Boolean.toString(member.getIsLearner()));
    }

    private static void fields(Printer out, MemberListResponse response) {
      Answer.header(out, response.getHeader());
      for (Member member : response.getMembersList()) {
        out.field("ID", Long.toUnsignedString(member.getID())).quoted("Name", member.getName());
        member.getPeerURLsList().forEach(url -> out.quoted("PeerURL", url));
        member.getClientURLsList().forEach(url -> out.quoted("ClientURL", url));
        out.field("IsLearner", member.getIsLearner()).line("");
      }
    }
  }

  /** Announces a new member. */
  @Command(
      name = "add",
      description = "Announce a member that will join, and print how to start it.")
  static final class Add extends Action {

    @Parameters(
        hideParamSyntax = true,
        paramLabel = "NAME",
        description = "The name it will be started with.")
    private @Nullable List<String> arguments;

    @Option(
        names = "--peer-urls",
        split = ",",
        paramLabel = "URL",
        description = "Where the other members will reach it.")
    private @Nullable List<String> peerUrls;

    @Option(
        names = "--learner",
        arity = "0..1",
        preprocessor = BooleanFlag.class,
        paramLabel = "BOOL",
        description = "It gets the data and no vote, until it is promoted.")
    private boolean learner;

    @Override
    void run(Ctl ctl) {
      if (orEmpty(arguments).isEmpty()) {
        throw CtlException.arguments("member name not provided");
      }
      String name = only(arguments, "too many arguments");
      MemberAddResponse response =
          ctl.connection()
              .call(
                  ClusterGrpc.getMemberAddMethod(),
                  MemberAddRequest.newBuilder()
                      .addAllPeerURLs(required(peerUrls))
                      .setIsLearner(learner)
                      .build());
      ctl.show(
          Answer.of(response)
              .simple(out -> {
                out.line(
                    "Member %s added to cluster %s"
                        .formatted(
                            Numbers.member(response.getMember().getID()),
                            Numbers.member(response.getHeader().getClusterId())));
                out.line("");
                howToStart(out, name, response);
              }));
    }

    /** The settings of the new member, for the environment. */
    private static void howToStart(Printer out, String name, MemberAddResponse response) {
      String cluster =
          response.getMembersList().stream()
              .flatMap(member ->
                  member.getPeerURLsList().stream()
                      .map(url -> nameOf(member, response.getMember().getID(), name) + "=" + url))
              .collect(Collectors.joining(","));
      out.line("ETCD_NAME=\"" + name + "\"");
      out.line("ETCD_INITIAL_CLUSTER=\"" + cluster + "\"");
      out.line(
          "ETCD_INITIAL_ADVERTISE_PEER_URLS=\""
              + String.join(",", response.getMember().getPeerURLsList())
              + "\"");
      out.line("ETCD_INITIAL_CLUSTER_STATE=\"existing\"");
    }

    private static String nameOf(Member member, long added, String name) {
      return member.getID() == added ? name : member.getName();
    }
  }

  private static List<String> required(@Nullable List<String> peerUrls) {
    if (peerUrls == null || peerUrls.isEmpty()) {
      throw CtlException.arguments("member peer urls not provided");
    }
    return peerUrls;
  }

  private static String changed(long id, String what, ResponseHeader header) {
    return "Member %s %s cluster %s"
        .formatted(Numbers.member(id), what, Numbers.member(header.getClusterId()));
  }

  /** Removes a member. */
  @Command(name = "remove", description = "Remove a member for good; its id is never used again.")
  static final class Remove extends Action {

    @Mixin private MemberIdArgument member;

    @SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls
    Remove() {}

    @Override
    void run(Ctl ctl) {
      long id = member.id();
      MemberRemoveResponse response =
          ctl.connection()
              .call(
                  ClusterGrpc.getMemberRemoveMethod(),
                  MemberRemoveRequest.newBuilder().setID(id).build());
      ctl.show(Answer.of(response).simple(changed(id, "removed from", response.getHeader())));
    }
  }

  /** Changes a member's address. */
  @Command(name = "update", description = "Change where the other members reach a member.")
  static final class Update extends Action {

    @Mixin private MemberIdArgument member;

    @Option(
        names = "--peer-urls",
        split = ",",
        paramLabel = "URL",
        description = "Where the other members will reach it.")
    private @Nullable List<String> peerUrls;

    @SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls
    Update() {}

    @Override
    void run(Ctl ctl) {
      long id = member.id();
      MemberUpdateResponse response =
          ctl.connection()
              .call(
                  ClusterGrpc.getMemberUpdateMethod(),
                  MemberUpdateRequest.newBuilder()
                      .setID(id)
                      .addAllPeerURLs(required(peerUrls))
                      .build());
      ctl.show(Answer.of(response).simple(changed(id, "updated in", response.getHeader())));
    }
  }

  /** Makes a learner a voter. */
  @Command(name = "promote", description = "Make a learner that has caught up a voter.")
  static final class Promote extends Action {

    @Mixin private MemberIdArgument member;

    @SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls
    Promote() {}

    @Override
    void run(Ctl ctl) {
      long id = member.id();
      MemberPromoteResponse response =
          ctl.connection()
              .call(
                  ClusterGrpc.getMemberPromoteMethod(),
                  MemberPromoteRequest.newBuilder().setID(id).build());
      ctl.show(Answer.of(response).simple(changed(id, "promoted in", response.getHeader())));
    }
  }
}
