package dev.jangada.cli;

import dev.jangada.server.BackupRestore;
import dev.jangada.server.ConfigException;
import dev.jangada.server.ServerConfig;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Works on files that {@code etcdctl snapshot save} has got from a member. */
@Command(
    name = "snapshot",
    description = {
      "Looks into and restores backups of the store.",
      "",
      "etcdctl snapshot save FILE (ETCDCTL_API=3) takes one from a member that runs."
    },
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {SnapshotCommand.Status.class, SnapshotCommand.Restore.class})
final class SnapshotCommand implements Runnable {

  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the field before it runs anything
  private SnapshotCommand() {}

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "which command: status or restore?");
  }

  private static void print(CommandSpec spec, String line) {
    PrintWriter out = spec.commandLine().getOut();
    out.println(line);
    out.flush();
  }

  @Command(
      name = "status",
      description = "Reads a backup to its end, compares it with its checksums, and describes it.",
      mixinStandardHelpOptions = true)
  static final class Status implements Runnable {

    @Parameters(paramLabel = "FILE", description = "The backup.")
    private Path file;

    @Spec private CommandSpec spec;

    @SuppressWarnings("NullAway.Init") // picocli sets the fields before it runs anything
    private Status() {}

    @Override
    public void run() {
      try {
        print(spec, "whole: " + BackupRestore.verify(file));
      } catch (IOException e) {
        throw failure(file, e);
      }
    }
  }

  @Command(
      name = "restore",
      description = {
        "Makes the data directory of a member of a new cluster from a backup.",
        "",
        "Run it for each member, with the same backup and with the flags that the member's server"
            + " is then started with. Give the new cluster a token of its own"
            + " (--initial-cluster-token): members of the old one may still be running."
      },
      mixinStandardHelpOptions = true,
      abbreviateSynopsis = true,
      sortOptions = false)
  static final class Restore implements Runnable {

    @Parameters(paramLabel = "FILE", description = "The backup.")
    private Path file;

    @Mixin private ServerFlags flags;

    @Spec private CommandSpec spec;

    @SuppressWarnings("NullAway.Init") // picocli sets the fields before it runs anything
    private Restore() {}

    @Override
    public void run() {
      try {
        ServerConfig config = flags.toConfig();
        String restored = BackupRestore.restore(file, config);
        print(spec, "restored into %s: %s".formatted(config.dataDirectory(), restored));
      } catch (ConfigException e) {
        throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
      } catch (IOException e) {
        throw failure(file, e);
      }
    }
  }

  private static CommandFailure failure(Path file, IOException e) {
    return new CommandFailure(
        e instanceof NoSuchFileException
            ? file + ": there is no such file"
            : String.valueOf(e.getMessage()));
  }
}
