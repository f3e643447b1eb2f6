package dev.jangada.cli.ctl;

import java.util.Map;
import java.util.Stack;
import picocli.CommandLine.IParameterPreprocessor;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.PicocliException;

/**
 * Reads {@code --prefix}, {@code --prefix=true} and {@code --prefix=false}, and never takes the
 * argument after the flag for its value: that may be a key.
 */
final class BooleanFlag implements IParameterPreprocessor {

  @Override
  @SuppressWarnings("JdkObsolete") // the type of the stack is picocli's
  public boolean preprocess(
      Stack<String> arguments, CommandSpec command, ArgSpec flag, Map<String, Object> context) {
    if ("=".equals(context.get("separator"))) {
      return false;
    }
    try {
      flag.setter().set(true);
    } catch (Exception e) {
      throw new PicocliException("cannot set " + flag.paramLabel(), e);
    }
    return true;
  }
}
