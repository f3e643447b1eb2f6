package dev.jangada.simulation.lab;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the servers of a cluster have applied, and the first thing that was wrong with it: two of
 * them have applied different commands at one index, or one of them has left an index out.
 *
 * <p>Without snapshots a restarted server applies its log anew, and what it had applied before is
 * remembered meanwhile. With snapshots a restarted server goes on after the snapshot that it has,
 * and each command must be exactly the next one.
 *
 * <p>For any number of threads.
 */
final class AppliedCommands {

  private final boolean snapshots;

  /** By server, from index 1. */
  private final List<List<byte[]>> logs = new ArrayList<>();

  /** From index 1: the first that was applied there by any server. */
  private final List<First> firsts = new ArrayList<>();

  /** By server: up to which index its snapshot is durable, as it has said. */
  private final long[] saved;

  private long installed;
  private @Nullable LabFailure failure;

  private record First(int server, byte[] command) {}

  AppliedCommands(int servers, boolean snapshots) {
    this.snapshots = snapshots;
    this.saved = new long[servers];
    for (int server = 0; server < servers; server++) {
      logs.add(new ArrayList<>());
    }
  }

  // ---------------------------------------------------------------------------------------------
  // What the servers do
  // ---------------------------------------------------------------------------------------------

  /** A server has applied a command. */
  synchronized void applied(int server, long index, byte[] command) {
    List<byte[]> log = logs.get(server);
    if (index > log.size() + 1) {
      failed(
          LabFailure.of(
              "server %d apply out of order, expected index %d, got %d",
              server, log.size() + 1, index));
      return;
    }
    if (index <= log.size() && snapshots) {
      failed(
          LabFailure.of(
              "server %d apply out of order, expected index %d, got %d again",
              server, log.size() + 1, index));
      return;
    }
    if (agrees(server, index, command) && index == log.size() + 1) {
      log.add(command);
    }
  }

  /** Whether a command is the one that others have applied at this index. */
  private boolean agrees(int server, long index, byte[] command) {
    if (index == firsts.size() + 1) {
      firsts.add(new First(server, command));
      return true;
    }
    First first = firsts.get((int) index - 1);
    if (Arrays.equals(first.command(), command)) {
      return true;
    }
    failed(
        LabFailure.of(
            "commit index=%d server=%d %s != server=%d %s",
            index, server, Tester.text(command), first.server(), Tester.text(first.command())));
    return false;
  }

  /**
   * A server has taken over the state of a snapshot.
   *
   * @param index as it was announced
   * @param commands as they were in it, from index 1
   */
  synchronized void restored(int server, long index, List<byte[]> commands) {
    List<byte[]> log = logs.get(server);
    if (commands.size() != index) {
      failed(
          LabFailure.of(
              "server %d: the snapshot announced for index %d is one of index %d",
              server, index, commands.size()));
      return;
    }
    if (index <= log.size()) {
      failed(
          LabFailure.of(
              "server %d has applied index %d and goes back to a snapshot at %d",
              server, log.size(), index));
      return;
    }
    log.clear();
    for (byte[] command : commands) {
      long at = log.size() + 1L;
      if (at > firsts.size() + 1L || !agrees(server, at, command)) {
        return;
      }
      log.add(command);
    }
    installed++;
  }

  /** A server's own snapshot is durable. */
  synchronized void saved(int server, long index) {
    saved[server] = Math.max(saved[server], index);
  }

  // ---------------------------------------------------------------------------------------------
  // What the tester does
  // ---------------------------------------------------------------------------------------------

  /** A process is about to start: with snapshots, all it knows is what its snapshot holds. */
  synchronized void starting(int server) {
    if (snapshots) {
      logs.get(server).clear();
    }
  }

  /** A process has started: it must have found the snapshot that it had called durable. */
  synchronized void started(int server) {
    int found = logs.get(server).size();
    if (found < saved[server]) {
      failed(
          LabFailure.of(
              "server %d starts after index %d, although its snapshot at %d was durable",
              server, found, saved[server]));
    }
  }

  // ---------------------------------------------------------------------------------------------
  // What can be asked
  // ---------------------------------------------------------------------------------------------

  /** How many servers have ever applied an index, or, with snapshots, have it now; and what. */
  synchronized Tester.Committed at(long index) {
    check();
    int count = 0;
    for (List<byte[]> log : logs) {
      if (index <= log.size()) {
        count++;
      }
    }
    return new Tester.Committed(count, count == 0 ? null : firsts.get((int) index - 1).command());
  }

  /** The highest index that any server has applied. */
  synchronized long highest() {
    return firsts.size();
  }

  /** How many snapshots were taken over, those that servers started with included. */
  synchronized long installed() {
    return installed;
  }

  /** Throws what was wrong first, if anything was. */
  synchronized void check() {
    if (failure != null) {
      throw failure;
    }
  }

  private void failed(LabFailure found) {
    if (failure == null) {
      failure = found;
    }
  }
}
