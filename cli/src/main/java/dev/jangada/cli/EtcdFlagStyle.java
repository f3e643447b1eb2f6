package dev.jangada.cli;

import java.util.regex.Pattern;

/** etcd takes long flags with one dash as well as with two, and so do scripts written for it. */
final class EtcdFlagStyle {

  private static final Pattern ONE_DASH = Pattern.compile("-[a-z][a-z-]+(?:=.*)?", Pattern.DOTALL);

  private EtcdFlagStyle() {}

  /** Gives the flags of {@code jangada server} their second dash; other commands' stay. */
  static String[] normalize(String[] args) {
    String[] normalized = args.clone();
    if (args.length > 0 && args[0].equals("server")) {
      for (int i = 1; i < args.length; i++) {
        if (ONE_DASH.matcher(args[i]).matches()) {
          normalized[i] = "-" + args[i];
        }
      }
    }
    return normalized;
  }
}
