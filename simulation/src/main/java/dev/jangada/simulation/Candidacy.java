package dev.jangada.simulation;

/** A node, by its id as a member, that wants to lead a term. */
record Candidacy(long term, long candidate) implements Comparable<Candidacy> {
  @Override
  public int compareTo(Candidacy other) {
    int byTerm = Long.compare(term, other.term);
    return byTerm != 0 ? byTerm : Long.compare(candidate, other.candidate);
  }
}
