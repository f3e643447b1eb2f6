package dev.jangada.cli.ctl;

import com.google.protobuf.ByteString;
import dev.jangada.etcd.api.etcdserverpb.WatchCreateRequest;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

/** Prints changes as they happen. */
@Command(
    name = "watch",
    description = "Print changes of keys as they happen, until Ctrl-C.",
    footer = {
      "",
      "With a command after '--', it is run for each change, and finds it in ETCD_WATCH_REVISION,"
          + " ETCD_WATCH_EVENT_TYPE, ETCD_WATCH_KEY and ETCD_WATCH_VALUE. Without arguments the"
          + " key comes from ETCDCTL_WATCH_KEY and ETCDCTL_WATCH_RANGE_END. With --interactive,"
          + " lines of standard input are watch commands, or \"progress\"."
    })
final class WatchCommand extends Action {

  private static final String SEPARATOR = "--";

  /** What may stand on the command line, and on a line in interactive mode. */
  static final class Arguments {
    @Parameters(
        hideParamSyntax = true,
        paramLabel = "[KEY [RANGE_END]] [-- COMMAND...]",
        description = "What to watch, and what to run for each change.")
    private @Nullable List<String> positional;

    @Option(
        names = "--prefix",
        arity = "0..1",
        preprocessor = BooleanFlag.class,
        paramLabel = "BOOL",
        description = "All keys that begin with KEY.")
    private boolean prefix;

    @Option(
        names = "--rev",
        paramLabel = "REVISION",
        description = "From this revision on (default: from now on).")
    private long revision;

    @Option(
        names = "--prev-kv",
        arity = "0..1",
        preprocessor = BooleanFlag.class,
        paramLabel = "BOOL",
        description = "Print what the key had before each change, too.")
    private boolean previous;

    @Option(
        names = "--progress-notify",
        arity = "0..1",
        preprocessor = BooleanFlag.class,
        paramLabel = "BOOL",
        description = "Say now and then up to which revision all has been told.")
    private boolean progressNotify;

    /** What is watched, and what is run for each change. */
    Watches.Watch watch(List<String> original, Ctl ctl) {
      int separator = original.indexOf(SEPARATOR);
      List<String> given = orEmpty(positional);
      int commandLength = separator < 0 ? 0 : original.size() - separator - 1;
      if (separator >= 0 && commandLength == 0) {
        throw CtlException.arguments(
            "bad number of arguments (found separator --, but no commands)");
      }
      List<String> keys = given.subList(0, given.size() - commandLength);
      String keyOfEnvironment = ctl.variable("ETCDCTL_WATCH_KEY");
      String endOfEnvironment = ctl.variable("ETCDCTL_WATCH_RANGE_END");
      if (!keyOfEnvironment.isEmpty()) {
        if (!keys.isEmpty()) {
          throw CtlException.arguments(
              "bad number of arguments (found conflicting environment key)");
        }
        keys =
            endOfEnvironment.isEmpty()
                ? List.of(keyOfEnvironment)
                : List.of(keyOfEnvironment, endOfEnvironment);
      } else if (!endOfEnvironment.isEmpty()) {
        throw CtlException.arguments(
            "ETCDCTL_WATCH_KEY is empty but got ETCDCTL_WATCH_RANGE_END=\""
                + endOfEnvironment
                + "\"");
      }
      return new Watches.Watch(
          request(keys), given.subList(given.size() - commandLength, given.size()));
    }

    private WatchCreateRequest request(List<String> keys) {
      if (keys.isEmpty() || keys.size() > 2) {
        throw CtlException.arguments("bad number of arguments");
      }
      if (keys.size() == 2 && prefix) {
        throw CtlException.arguments("`range_end` and `--prefix` are mutually exclusive");
      }
      KeyRange range =
          prefix
              ? KeyRange.prefix(keys.get(0))
              : new KeyRange(
                  ByteString.copyFromUtf8(keys.get(0)),
                  ByteString.copyFromUtf8(keys.size() == 2 ? keys.get(1) : ""));
      return WatchCreateRequest.newBuilder()
          .setKey(range.key())
          .setRangeEnd(range.end())
          .setStartRevision(revision)
          .setPrevKv(previous)
          .setProgressNotify(progressNotify)
          .build();
    }
  }

  @Mixin private Arguments arguments;

  @Option(
      names = {"-i", "--interactive"},
      arity = "0..1",
      preprocessor = BooleanFlag.class,
      paramLabel = "BOOL",
      description = "Read watch commands from standard input.")
  private boolean interactive;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields before it calls
  WatchCommand() {}

  @Override
  void run(Ctl ctl) throws InterruptedException {
    Watches watches = new Watches(ctl);
    if (interactive) {
      interact(ctl, watches);
    } else {
      watches.add(arguments.watch(originalArguments(), ctl));
      watches.printAll();
      throw new CtlException(CtlException.Kind.INTERRUPTED, "watch is canceled by the server");
    }
  }

  private static void interact(Ctl ctl, Watches watches) {
    Thread.ofVirtual().name("events").start(watches::printForever);
    while (true) {
      String line = ctl.console().readLine();
      if (line == null) {
        throw new CtlException(CtlException.Kind.INPUT, "Error reading watch request line: EOF");
      }
      List<String> words = Quoting.words(line);
      switch (words.isEmpty() ? "" : words.get(0)) {
        case "watch" -> {
          try {
            watches.add(parse(words.subList(1, words.size()), ctl));
          } catch (CtlException e) {
            ctl.complain("Invalid command " + line + " (" + e.getMessage() + ")");
          }
        }
        case "progress" -> watches.requestProgress();
        default -> ctl.complain("Invalid command " + line + " (only support watch and progress)");
      }
    }
  }

  private static Watches.Watch parse(List<String> words, Ctl ctl) {
    Arguments arguments = new Arguments();
    try {
      new CommandLine(arguments).parseArgs(words.toArray(String[]::new));
    } catch (ParameterException e) {
      throw CtlException.arguments(String.valueOf(e.getMessage()));
    }
    return arguments.watch(words, ctl);
  }
}
