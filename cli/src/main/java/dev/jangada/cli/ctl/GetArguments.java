package dev.jangada.cli.ctl;

import dev.jangada.etcd.api.etcdserverpb.RangeRequest;
import java.util.Locale;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What can be asked of keys, by {@code get} and in a transaction. */
final class GetArguments {

  @Mixin private KeyArguments keys;

  @Option(
      names = "--consistency",
      paramLabel = "l|s",
      defaultValue = "l",
      description =
          "l: linearizable, sees every write; s: serializable, may be stale (default: l).")
  private String consistency;

  @Option(
      names = "--rev",
      paramLabel = "REVISION",
      description = "As of this revision (default: now).")
  private long revision;

  @Option(
      names = "--limit",
      paramLabel = "NUMBER",
      description = "At most so many keys (default: all).")
  private long limit;

  @Option(
      names = "--order",
      paramLabel = "ORDER",
      defaultValue = "",
      description = "ASCEND or DESCEND (default: ASCEND).")
  private String order;

  @Option(
      names = "--sort-by",
      paramLabel = "TARGET",
      defaultValue = "",
      description = "CREATE, KEY, MODIFY, VALUE or VERSION (default: KEY).")
  private String sortBy;

  @Option(
      names = "--keys-only",
      arity = "0..1",
      preprocessor = BooleanFlag.class,
      paramLabel = "BOOL",
      description = "Leave the values out.")
  private boolean keysOnly;

  @Option(
      names = "--count-only",
      arity = "0..1",
      preprocessor = BooleanFlag.class,
      paramLabel = "BOOL",
      description = "Only say how many there are.")
  private boolean countOnly;

  @Option(
      names = "--print-value-only",
      arity = "0..1",
      preprocessor = BooleanFlag.class,
      paramLabel = "BOOL",
      description = "In the simple format, leave the keys out.")
  private boolean valuesOnly;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  GetArguments() {}

  boolean countOnly() {
    return countOnly;
  }

  boolean valuesOnly() {
    return valuesOnly;
  }

  RangeRequest request() {
    KeyRange range = keys.range("get");
    return RangeRequest.newBuilder()
        .setKey(range.key())
        .setRangeEnd(range.end())
        .setRevision(revision)
        .setLimit(limit)
        .setSerializable(isSerializable())
        .setSortOrder(sortOrder())
        .setSortTarget(sortTarget())
        .setKeysOnly(keysOnly)
        .setCountOnly(countOnly)
        .build();
  }

  private boolean isSerializable() {
    return switch (consistency) {
      case "l" -> false;
      case "s" -> true;
      default -> throw unsupported("unknown consistency flag \"" + consistency + "\"");
    };
  }

  private RangeRequest.SortOrder sortOrder() {
    return switch (order.toUpperCase(Locale.ROOT)) {
      case "" -> RangeRequest.SortOrder.NONE;
      case "ASCEND" -> RangeRequest.SortOrder.ASCEND;
      case "DESCEND" -> RangeRequest.SortOrder.DESCEND;
      default -> throw unsupported("bad sort order " + order);
    };
  }

  private RangeRequest.SortTarget sortTarget() {
    return switch (sortBy.toUpperCase(Locale.ROOT)) {
      case "", "KEY" -> RangeRequest.SortTarget.KEY;
      case "CREATE" -> RangeRequest.SortTarget.CREATE;
      case "MODIFY" -> RangeRequest.SortTarget.MOD;
      case "VALUE" -> RangeRequest.SortTarget.VALUE;
      case "VERSION" -> RangeRequest.SortTarget.VERSION;
      default -> throw unsupported("bad sort target " + sortBy);
    };
  }

  private static CtlException unsupported(String message) {
    return new CtlException(CtlException.Kind.UNSUPPORTED, message);
  }
}
