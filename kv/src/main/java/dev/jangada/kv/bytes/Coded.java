package dev.jangada.kv.bytes;

/** A constant with a number of its own on disk, which stays whatever is added around it. */
public interface Coded {

  /** What stands for this constant, 0 to 255. */
  int code();
}
