package dev.jangada.cli.ctl;

import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Parameters;

/** Which lease a command is about. */
final class LeaseIdArgument {

  @Parameters(
      hideParamSyntax = true,
      paramLabel = "ID",
      description = "As lease grant and lease list print it.")
  private @Nullable List<String> arguments;

  /**
   * The lease's id.
   *
   * @param otherwise what to say to whom did not give one argument
   */
  long id(String otherwise) {
    return Numbers.parseLease(Action.only(arguments, otherwise), "bad lease ID arg");
  }
}
