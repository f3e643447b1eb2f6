package dev.jangada.cli.ctl;

import dev.jangada.etcd.api.etcdserverpb.RangeResponse;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Holds a lock. */
@Command(
    name = "lock",
    description =
        "Wait for a lock and hold it: until Ctrl-C, or until a command that is given ends.",
    footer = {
      "",
      "Flags of the command come after '--': lock NAME -- COMMAND -x. It finds the lock's key in"
          + " ETCD_LOCK_KEY, and in ETCD_LOCK_REV a number that grows from holder to holder. What"
          + " the lock protects should refuse whoever comes with a lower one: a holder that was"
          + " asleep does not know that its time is over."
    })
final class LockCommand extends Action {

  @Parameters(
      hideParamSyntax = true,
      paramLabel = "NAME [COMMAND...]",
      description = "The lock, and what to run while it is held.")
  private @Nullable List<String> arguments;

  @Option(
      names = "--ttl",
      paramLabel = "SECONDS",
      defaultValue = "10",
      description = "For how long it stays locked if this process dies (default: 10).")
  private long seconds;

  @Override
  void run(Ctl ctl) throws InterruptedException {
    List<String> given = orEmpty(arguments);
    if (given.isEmpty()) {
      throw CtlException.arguments(
          "lock takes a lock name argument and an optional command to execute");
    }
    Queue queue = new Queue(ctl.connection(), given.get(0));
    Session session = Session.open(ctl, seconds);
    try (Holding holding = new Holding(session)) {
      Queue.Place place = queue.await(session, "");
      RangeResponse held = queue.at(place);
      if (held.getKvsCount() == 0) {
        throw new CtlException(CtlException.Kind.FAILURE, "lost lock on init");
      }
      if (given.size() == 1) {
        ctl.show(ctl.keyValues().answer(held));
        holding.untilSessionEnds();
        throw new CtlException(CtlException.Kind.FAILURE, "session expired");
      }
      Child.run(
          given.subList(1, given.size()),
          Map.of(
              "ETCD_LOCK_KEY",
              place.key().toStringUtf8(),
              "ETCD_LOCK_REV",
              Long.toString(place.revision())),
          process -> {
            holding.protects(process);
            endWith(session, process);
          });
    }
  }

  /** Without the lock, the command must not go on. */
  private static void endWith(Session session, Process process) {
    Thread.ofVirtual()
        .name("lock-lost")
        .start(() -> {
          try {
            session.awaitEnd();
            process.destroy();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
  }
}
