package dev.jangada.cli.ctl;

import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Parameters;

/** Which member a command is about. */
final class MemberIdArgument {

  @Parameters(hideParamSyntax = true, paramLabel = "ID", description = "As member list prints it.")
  private @Nullable List<String> arguments;

  long id() {
    return Numbers.parseMember(Action.only(arguments, "member ID is not provided"));
  }
}
