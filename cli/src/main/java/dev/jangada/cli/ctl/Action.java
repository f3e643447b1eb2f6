package dev.jangada.cli.ctl;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** A command that does something. */
@Command(mixinStandardHelpOptions = true, sortOptions = false, abbreviateSynopsis = true)
abstract class Action implements Callable<Integer> {

  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the field before it calls
  Action() {}

  /**
   * Does it.
   *
   * @throws CtlException if it cannot be done
   * @throws InterruptedException if the user has enough
   */
  abstract void run(Ctl ctl) throws IOException, InterruptedException;

  @Override
  public final Integer call() throws InterruptedException {
    CtlCommand command = CtlCommand.above(spec);
    try (Ctl ctl = new Ctl(command.flags(), command.environment(), command.console())) {
      ctl.format();
      run(ctl);
      ctl.out().flush();
      return 0;
    } catch (CtlException e) {
      command.complain(String.valueOf(e.getMessage()));
      return e.exitCode();
    } catch (IOException e) {
      command.complain(String.valueOf(e.getMessage()));
      return 1;
    } catch (UncheckedIOException e) {
      IOException cause = e.getCause();
      command.complain(e.getMessage() + (cause == null ? "" : ": " + cause.getMessage()));
      return 1;
    }
  }

  /** The arguments as they were typed, flags and separators included. */
  final List<String> originalArguments() {
    return spec.commandLine().getParseResult().originalArgs();
  }

  /** What was given, which picocli leaves null if nothing was. */
  static List<String> orEmpty(@Nullable List<String> arguments) {
    return arguments == null ? List.of() : arguments;
  }

  /** The one argument. */
  static String only(@Nullable List<String> arguments, String otherwise) {
    if (arguments == null || arguments.size() != 1) {
      throw CtlException.arguments(otherwise);
    }
    return arguments.get(0);
  }
}
