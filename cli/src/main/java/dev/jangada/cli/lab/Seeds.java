package dev.jangada.cli.lab;

/** From which seed each run of each scenario comes. */
final class Seeds {

  /** Seeds are below it, so that they are short to write down. */
  static final long BOUND = 1L << 40;

  private Seeds() {}

  /**
   * The seed of a run: the first run of a scenario has the seed that was given, so that any run can
   * be repeated by giving its own; the others' follow from it, the scenario and their number.
   *
   * @param run from 0
   */
  static long of(long first, String scenario, int run) {
    if (run == 0) {
      return first;
    }
    long seed = mix(first);
    for (int i = 0; i < scenario.length(); i++) {
      seed = mix(seed + scenario.charAt(i));
    }
    return mix(seed + run) & (BOUND - 1);
  }

  /** The finalizer of SplitMix64, which spreads each bit over all. */
  private static long mix(long value) {
    long mixed = value + 0x9e3779b97f4a7c15L;
    mixed = (mixed ^ (mixed >>> 30)) * 0xbf58476d1ce4e5b9L;
    mixed = (mixed ^ (mixed >>> 27)) * 0x94d049bb133111ebL;
    return mixed ^ (mixed >>> 31);
  }
}
