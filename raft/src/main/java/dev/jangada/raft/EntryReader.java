package dev.jangada.raft;

import java.util.List;

/**
 * Where the core reads entries back from that it no longer holds in memory. Called on the thread
 * that drives the core.
 */
@FunctionalInterface
public interface EntryReader {

  /**
   * Reads durable entries.
   *
   * @param from index of the first entry
   * @param to index after the last one, more than {@code from}
   * @param maxBytes stop after the entry with which the sum of {@link Entry#weight()} reaches this
   * @return at least one entry, contiguous from {@code from}, ending before {@code to}
   */
  List<Entry> read(long from, long to, long maxBytes);
}
