package dev.jangada.simulation;

import dev.jangada.raft.RaftStatus;
import dev.jangada.raft.StateMachine;
import org.jspecify.annotations.Nullable;

/** A node that does not run and is what a test says it is. */
final class StillNode implements ObservedNode {
  final int number;
  final LogImage log = new LogImage();
  final LogImage durableLog = new LogImage();
  long clock = 1_000_000_000_000L;
  double clockRate = 1;
  long now;
  @Nullable StateMachine machine;
  @Nullable RaftStatus status;

  StillNode(int number) {
    this.number = number;
  }

  @Override
  public int number() {
    return number;
  }

  @Override
  public long id() {
    return number;
  }

  @Override
  public long clock() {
    return clock;
  }

  @Override
  public double clockRate() {
    return clockRate;
  }

  @Override
  public long now() {
    return now;
  }

  @Override
  public boolean isRunning() {
    return true;
  }

  @Override
  public LogImage log() {
    return log;
  }

  @Override
  public LogImage durableLog() {
    return durableLog;
  }

  @Override
  public long appliedAtStart() {
    return 0;
  }

  @Override
  public @Nullable RaftStatus status() {
    return status;
  }

  @Override
  public @Nullable StateMachine stateMachine() {
    return machine;
  }
}
