package dev.jangada.cli.ctl;

import java.util.Locale;

/** What {@code --write-out} can ask for. */
enum Format {
  SIMPLE,
  JSON,
  TABLE,
  FIELDS;

  static Format of(String name) {
    for (Format format : values()) {
      if (format.toString().equals(name)) {
        return format;
      }
    }
    throw new CtlException(
        CtlException.Kind.UNSUPPORTED,
        "unsupported output format \"" + name + "\"; there are simple, json, table and fields");
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
