package dev.jangada.cli.ctl;

import java.util.Locale;

/** Ids and revisions as they are typed and printed. */
final class Numbers {

  private Numbers() {}

  /** A lease's id, sixteen digits wide. */
  static String lease(long id) {
    return String.format(Locale.ROOT, "%016x", id);
  }

  /** Reads a lease's id, hexadecimal. */
  static long parseLease(String text, String what) {
    try {
      return Long.parseLong(text, 16);
    } catch (NumberFormatException e) {
      throw CtlException.arguments(
          what + " \"" + text + "\", expecting ID in Hex, as lease grant and lease list print it");
    }
  }

  /** Reads a member's id, hexadecimal. */
  static long parseMember(String text) {
    try {
      return Long.parseUnsignedLong(text, 16);
    } catch (NumberFormatException e) {
      throw CtlException.arguments(
          "bad member ID arg \"" + text + "\", expecting ID in Hex, as member list prints it");
    }
  }

  /** A member's id, as short as it is. */
  static String member(long id) {
    return Long.toHexString(id);
  }
}
