package dev.jangada.cli.bench;

import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Which revisions changed which key, as the answers to puts told. Thread-safe. */
final class PutHistory {

  /** Stands for all keys. */
  static final int ALL_KEYS = -1;

  private final ByteString prefix;
  private final List<LongSequence> byKey = new ArrayList<>();
  private final LongSequence all = new LongSequence();

  PutHistory(String prefix, int keys) {
    this.prefix = ByteString.copyFromUtf8(prefix + "/");
    for (int key = 0; key < keys; key++) {
      byKey.add(new LongSequence());
    }
  }

  /** What all keys begin with. */
  ByteString prefix() {
    return prefix;
  }

  /** The first name after those that begin with the prefix. */
  ByteString endOfPrefix() {
    int last = prefix.size() - 1;
    // It ends with a slash.
    return prefix
        .substring(0, last)
        .concat(ByteString.copyFrom(new byte[] {(byte) (prefix.byteAt(last) + 1)}));
  }

  /** A key's name; what all of them begin with for {@link #ALL_KEYS}. */
  ByteString name(int key) {
    return key == ALL_KEYS ? prefix : prefix.concat(ByteString.copyFromUtf8("%09d".formatted(key)));
  }

  /** A put was answered. */
  synchronized void put(int key, long revision) {
    byKey.get(key).add(revision);
    all.add(revision);
  }

  /** The revisions that changed a key, or any, in order. */
  synchronized long[] revisions(int key) {
    long[] revisions = (key == ALL_KEYS ? all : byKey.get(key)).toArray();
    Arrays.sort(revisions);
    return revisions;
  }
}
