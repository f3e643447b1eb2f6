package dev.jangada.simulation.check;

import dev.jangada.simulation.check.RegisterModel.Request;
import org.jspecify.annotations.Nullable;

/**
 * Named registers that hold text: put, append, get. Each is judged alone.
 *
 * <p>The answer to a get is the register's text, empty before the first write; the answer to a
 * write is {@link #DONE}. Appends of distinct texts make a strong workload: one get shows the order
 * of all writes before it, and a write that took effect twice.
 */
public final class RegisterModel implements Model<String, Request, String> {

  /** The answer to a write. */
  public static final String DONE = "ok";

  /** What a client asks. */
  public sealed interface Request {
    /** The register. */
    String key();
  }

  /** Replaces the text. */
  public record Put(String key, String value) implements Request {
    @Override
    public String toString() {
      return "put(" + key + ", " + value + ")";
    }
  }

  /** Adds to the end of the text. */
  public record Append(String key, String value) implements Request {
    @Override
    public String toString() {
      return "append(" + key + ", " + value + ")";
    }
  }

  /** Reads the text. */
  public record Get(String key) implements Request {
    @Override
    public String toString() {
      return "get(" + key + ")";
    }
  }

  @Override
  public String initial() {
    return "";
  }

  @Override
  public @Nullable String step(String text, Request request, @Nullable String output) {
    return switch (request) {
      case Put put -> put.value();
      case Append append -> text + append.value();
      case Get get -> output == null || output.equals(text) ? text : null;
    };
  }

  @Override
  public String partition(Request request) {
    return request.key();
  }
}
