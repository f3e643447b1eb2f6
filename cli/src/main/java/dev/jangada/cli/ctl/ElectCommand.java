package dev.jangada.cli.ctl;

import dev.jangada.etcd.api.etcdserverpb.RangeResponse;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Takes part in an election, or watches it. */
@Command(
    name = "elect",
    description = "Wait to be elected and lead until Ctrl-C; or, with --listen, print who leads.")
final class ElectCommand extends Action {

  /** For how long a dead leader leads: as etcdctl has it. */
  private static final long SECONDS = 60;

  @Parameters(
      hideParamSyntax = true,
      paramLabel = "NAME [PROPOSAL]",
      description = "The election, and what the others can read of who wins.")
  private @Nullable List<String> arguments;

  @Option(
      names = {"-l", "--listen"},
      arity = "0..1",
      preprocessor = BooleanFlag.class,
      paramLabel = "BOOL",
      description = "Print each leader; do not take part.")
  private boolean listen;

  @Override
  void run(Ctl ctl) throws InterruptedException {
    List<String> given = orEmpty(arguments);
    if (given.isEmpty() || given.size() > 2) {
      throw CtlException.arguments(
          "elect takes one election name argument and an optional proposal argument");
    }
    Queue queue = new Queue(ctl.connection(), given.get(0));
    if (listen) {
      if (given.size() > 1) {
        throw CtlException.arguments("proposal given but -l is set");
      }
      queue.observe(leader -> ctl.show(ctl.keyValues().answer(leader)));
    } else if (given.size() == 1) {
      throw CtlException.arguments("no proposal argument but -l not set");
    } else {
      lead(ctl, queue, given.get(1));
    }
  }

  private static void lead(Ctl ctl, Queue queue, String proposal) throws InterruptedException {
    Session session = Session.open(ctl, SECONDS);
    try (Holding holding = new Holding(session)) {
      Queue.Place place = queue.await(session, proposal);
      RangeResponse won = queue.at(place);
      ctl.show(ctl.keyValues().answer(won));
      holding.untilSessionEnds();
      throw new CtlException(CtlException.Kind.FAILURE, "elect: session expired");
    }
  }
}
