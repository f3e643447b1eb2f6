package dev.jangada.cli.ctl;

import dev.jangada.etcd.api.etcdserverpb.CompactionRequest;
import dev.jangada.etcd.api.etcdserverpb.KVGrpc;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Forgets history. */
@Command(name = "compaction", description = "Forget what was superseded before a revision.")
final class CompactionCommand extends Action {

  @Parameters(
      hideParamSyntax = true,
      paramLabel = "REVISION",
      description = "The oldest one that stays readable.")
  private @Nullable List<String> arguments;

  @Option(
      names = "--physical",
      arity = "0..1",
      preprocessor = BooleanFlag.class,
      paramLabel = "BOOL",
      description = "Wait until the space is given back.")
  private boolean physical;

  @Override
  void run(Ctl ctl) {
    String text = only(arguments, "compaction command needs 1 argument");
    long revision;
    try {
      revision = Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw new CtlException(
          CtlException.Kind.FAILURE, "\"" + text + "\" is not a revision: a whole number");
    }
    var unused =
        ctl.connection()
            .call(
                KVGrpc.getCompactMethod(),
                CompactionRequest.newBuilder().setRevision(revision).setPhysical(physical).build());
    ctl.say("compacted revision " + revision);
  }
}
