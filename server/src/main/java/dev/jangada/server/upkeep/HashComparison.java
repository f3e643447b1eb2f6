package dev.jangada.server.upkeep;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * What the hashes say that the members of a cluster have of one revision. The state is the same
 * function of the same log on each of them. So where two differ one is wrong, and that is not the
 * one that more than half of all members agree with.
 *
 * @param agreeing those that have what most have
 * @param differing those that certainly, or for lack of a majority possibly, have something else
 * @param isDecided whether it is certain who is wrong: nobody differs, or a majority of all agree
 */
record HashComparison(Set<Long> agreeing, Set<Long> differing, boolean isDecided) {

  HashComparison {
    agreeing = Set.copyOf(agreeing);
    differing = Set.copyOf(differing);
  }

  /**
   * Compares.
   *
   * @param members how many belong to the cluster
   * @param compactedRevision the hashes that were computed at another one do not count
   * @param replies of members by their ids; those that have no hash do not count, those that cannot
   *     be read differ
   */
  static HashComparison of(
      int members, long compactedRevision, Map<Long, HashMessage.Reply> replies) {
    Map<Long, Long> hashes = new TreeMap<>();
    Set<Long> differing = new TreeSet<>();
    replies.forEach((member, reply) -> {
      switch (reply) {
        case HashMessage.Hash(long compacted, long hash) -> {
          if (compacted == compactedRevision) {
            hashes.put(member, hash);
          }
        }
        case HashMessage.NoHash none -> {}
        case HashMessage.Unreadable unreadable -> differing.add(member);
      }
    });
    Map<Long, Integer> counts = new HashMap<>();
    hashes.values().forEach(hash -> counts.merge(hash, 1, Integer::sum));
    int most = counts.values().stream().mapToInt(Integer::intValue).max().orElse(0);
    if (counts.size() <= 1) {
      return new HashComparison(hashes.keySet(), differing, true);
    }
    if (most <= members / 2) {
      differing.addAll(hashes.keySet());
      return new HashComparison(Set.of(), differing, false);
    }
    Set<Long> agreeing =
        hashes.entrySet().stream()
            .filter(entry -> counts.getOrDefault(entry.getValue(), 0) == most)
            .map(Map.Entry::getKey)
            .collect(Collectors.toSet());
    hashes.keySet().stream().filter(member -> !agreeing.contains(member)).forEach(differing::add);
    return new HashComparison(agreeing, differing, true);
  }
}
