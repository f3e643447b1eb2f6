package dev.jangada.kv.store;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * An {@link OrderedStore} in memory, for tests and the simulator.
 *
 * <p>A balanced (AVL) tree whose nodes never change: a write makes new nodes along the path from
 * the root, about log₂ n of them, and shares the rest. So a snapshot is the root of the moment and
 * costs nothing, and a commit is one assignment.
 *
 * <p>{@link #flush} remembers a root, too, and {@link #afterCrash} gives a store that starts from
 * it: a crash that loses what was not flushed, as {@link RocksDbStore} may. A store {@link
 * #inMemory()} does not even pretend to keep anything.
 *
 * <p>The body of a checkpoint ({@link CheckpointStream}) has all keys in their order:
 *
 * <pre>
 * body := count:i64  (keyBytes:i32  valueBytes:i32  key  value)*
 * </pre>
 */
public final class HeapStore implements OrderedStore {

  private volatile Root root;
  private volatile Root durable;

  /** Whether {@link #durable} ever moves. */
  private final boolean keeps;

  /** An empty store that a test can crash. */
  public HeapStore() {
    this(Root.EMPTY, true);
  }

  private HeapStore(Root root, boolean keeps) {
    this.root = root;
    this.durable = root;
    this.keeps = keeps;
  }

  /** An empty store that has nothing after a crash, whatever was flushed. */
  public static HeapStore inMemory() {
    return new HeapStore(Root.EMPTY, false);
  }

  /** A store as a crash at this moment would leave this one. This one goes on unchanged. */
  public HeapStore afterCrash() {
    return new HeapStore(durable, keeps);
  }

  @Override
  public Snapshot snapshot() {
    return new HeapSnapshot(root.tree);
  }

  @Override
  public Batch newBatch() {
    return new HeapBatch();
  }

  @Override
  public byte @Nullable [] getDurable(byte[] key) {
    return Node.get(durable.tree, key);
  }

  @Override
  public void flush() {
    if (keeps) {
      durable = root;
    }
  }

  @Override
  public Checkpoint checkpoint() {
    return new HeapCheckpoint(root);
  }

  @Override
  public Restoration restore(InputStream in) throws IOException {
    CheckpointStream.Reader reader = new CheckpointStream.Reader(in, CheckpointStream.Engine.HEAP);
    Root read = Root.EMPTY;
    byte[] before = null;
    for (long left = reader.number(Long.BYTES); left > 0; left--) {
      long keyBytes = reader.number(Integer.BYTES);
      long valueBytes = reader.number(Integer.BYTES);
      byte[] key = reader.bytes(keyBytes);
      if (before != null && Arrays.compareUnsigned(before, key) >= 0) {
        throw new IOException("the snapshot is damaged: its keys are not in order");
      }
      read = read.put(key, reader.bytes(valueBytes));
      before = key;
    }
    reader.end();
    return new HeapRestoration(read);
  }

  @Override
  public long sizeInBytes() {
    return root.bytes;
  }

  @Override
  public Map<String, Long> metrics() {
    Root now = root;
    return new TreeMap<>(Map.of("bytes", now.bytes, "keys", now.keys));
  }

  /** Nothing to release: what was written can still be looked at. */
  @Override
  public void close() {}

  /** A state of the store. */
  private record Root(@Nullable Node tree, long keys, long bytes) {
    static final Root EMPTY = new Root(null, 0, 0);

    Root put(byte[] key, byte[] value) {
      byte[] before = Node.get(tree, key);
      long added = before == null ? (long) key.length + value.length : value.length - before.length;
      return new Root(Node.put(tree, key, value), keys + (before == null ? 1 : 0), bytes + added);
    }

    Root delete(byte[] key) {
      byte[] before = Node.get(tree, key);
      return before == null
          ? this
          : new Root(Node.delete(tree, key), keys - 1, bytes - key.length - before.length);
    }

    Root deleteRange(byte[] from, byte[] to) {
      Root rest = this;
      try (Cursor doomed = new HeapCursor(tree, from, to)) {
        for (; doomed.isValid(); doomed.next()) {
          rest = rest.delete(doomed.key());
        }
      }
      return rest;
    }
  }

  /** A node of the tree; never changed. The heights of its two subtrees differ by at most one. */
  private record Node(
      byte[] key, byte[] value, @Nullable Node left, @Nullable Node right, int height) {

    static byte @Nullable [] get(@Nullable Node tree, byte[] key) {
      Node node = tree;
      while (node != null) {
        int order = Arrays.compareUnsigned(key, node.key);
        if (order == 0) {
          return node.value;
        }
        node = order < 0 ? node.left : node.right;
      }
      return null;
    }

    static Node put(@Nullable Node node, byte[] key, byte[] value) {
      if (node == null) {
        return new Node(key, value, null, null, 1);
      }
      int order = Arrays.compareUnsigned(key, node.key);
      if (order == 0) {
        return new Node(key, value, node.left, node.right, node.height);
      }
      return order < 0
          ? balanced(node, put(node.left, key, value), node.right)
          : balanced(node, node.left, put(node.right, key, value));
    }

    static @Nullable Node delete(@Nullable Node node, byte[] key) {
      if (node == null) {
        return null;
      }
      int order = Arrays.compareUnsigned(key, node.key);
      if (order < 0) {
        return balanced(node, delete(node.left, key), node.right);
      }
      if (order > 0) {
        return balanced(node, node.left, delete(node.right, key));
      }
      if (node.left == null || node.right == null) {
        return node.left == null ? node.right : node.left;
      }
      Node successor = node.right;
      while (successor.left != null) {
        successor = successor.left;
      }
      return balanced(successor, node.left, delete(node.right, successor.key));
    }

    /** A node with the key and value of the given one over two subtrees that differ by up to 2. */
    private static Node balanced(Node pivot, @Nullable Node left, @Nullable Node right) {
      int difference = height(left) - height(right);
      if (left != null && difference > 1) {
        Node inner = left.right;
        if (inner != null && height(inner) > height(left.left)) {
          return over(inner, over(left, left.left, inner.left), over(pivot, inner.right, right));
        }
        return over(left, left.left, over(pivot, inner, right));
      }
      if (right != null && difference < -1) {
        Node inner = right.left;
        if (inner != null && height(inner) > height(right.right)) {
          return over(inner, over(pivot, left, inner.left), over(right, inner.right, right.right));
        }
        return over(right, over(pivot, left, inner), right.right);
      }
      return over(pivot, left, right);
    }

    private static Node over(Node pivot, @Nullable Node left, @Nullable Node right) {
      return new Node(
          pivot.key, pivot.value, left, right, 1 + Math.max(height(left), height(right)));
    }

    private static int height(@Nullable Node node) {
      return node == null ? 0 : node.height;
    }
  }

  /** A state of the store: checkpoints need not be released, as nothing that is in one changes. */
  private record HeapCheckpoint(Root root) implements Checkpoint {

    @Override
    public long size() {
      return CheckpointStream.OVERHEAD_BYTES
          + Long.BYTES
          + root.keys * 2 * Integer.BYTES
          + root.bytes;
    }

    @Override
    public InputStream open() {
      return new CheckpointStream(CheckpointStream.Engine.HEAP, new HeapPieces(root));
    }

    @Override
    public void close() {}
  }

  /** The body of a checkpoint. */
  private static final class HeapPieces implements CheckpointStream.Pieces {

    private static final int PIECE_BYTES = 64 << 10;

    private final Cursor cursor;
    private byte @Nullable [] next;

    HeapPieces(Root root) {
      cursor = new HeapCursor(root.tree);
      next = ByteBuffer.allocate(Long.BYTES).putLong(root.keys).array();
    }

    @Override
    public byte @Nullable [] next() {
      byte[] piece = next != null ? next : pairs();
      next = null;
      return piece.length == 0 ? null : piece;
    }

    /** Some pairs, none at the end. */
    private byte[] pairs() {
      ByteArrayOutputStream piece = new ByteArrayOutputStream();
      for (; cursor.isValid() && piece.size() < PIECE_BYTES; cursor.next()) {
        byte[] key = cursor.key();
        byte[] value = cursor.value();
        ByteBuffer lengths = ByteBuffer.allocate(2 * Integer.BYTES);
        piece.writeBytes(lengths.putInt(key.length).putInt(value.length).array());
        piece.writeBytes(key);
        piece.writeBytes(value);
      }
      return piece.toByteArray();
    }
  }

  private final class HeapRestoration implements Restoration {

    private final Root read;

    HeapRestoration(Root read) {
      this.read = read;
    }

    @Override
    public byte @Nullable [] get(byte[] key) {
      return Node.get(read.tree, key);
    }

    @Override
    public void commit() {
      root = read;
      flush();
    }

    @Override
    public void close() {}
  }

  private record HeapSnapshot(@Nullable Node tree) implements Snapshot {

    @Override
    public byte @Nullable [] get(byte[] key) {
      return Node.get(tree, key);
    }

    @Override
    public Cursor cursor(byte[] from, byte[] to) {
      return new HeapCursor(tree, from, to);
    }

    @Override
    public void close() {}
  }

  private final class HeapBatch implements Batch {
    private Root written = root;

    @Override
    public void put(byte[] key, byte[] value) {
      written = written.put(key, value);
    }

    @Override
    public void delete(byte[] key) {
      written = written.delete(key);
    }

    @Override
    public void deleteRange(byte[] from, byte[] to) {
      written = written.deleteRange(from, to);
    }

    @Override
    public void commit() {
      root = written;
    }

    @Override
    public void close() {}
  }

  private static final class HeapCursor implements Cursor {
    private final @Nullable Node tree;
    private final byte @Nullable [] to;

    /** The node this stands at, above it those nodes of its path that come after it. */
    private final Deque<Node> path = new ArrayDeque<>();

    HeapCursor(@Nullable Node tree, byte[] from, byte[] to) {
      this.tree = tree;
      this.to = to;
      seek(from);
    }

    /** On all keys. */
    HeapCursor(@Nullable Node tree) {
      this.tree = tree;
      this.to = null;
      seek(new byte[0]);
    }

    @Override
    public boolean isValid() {
      Node node = path.peek();
      return node != null && (to == null || Arrays.compareUnsigned(node.key, to) < 0);
    }

    @Override
    public byte[] key() {
      return path.element().key;
    }

    @Override
    public byte[] value() {
      return path.element().value;
    }

    @Override
    public void next() {
      for (Node node = path.pop().right; node != null; node = node.left) {
        path.push(node);
      }
    }

    @Override
    public void seek(byte[] key) {
      path.clear();
      Node node = tree;
      while (node != null) {
        if (Arrays.compareUnsigned(node.key, key) < 0) {
          node = node.right;
        } else {
          path.push(node);
          node = node.left;
        }
      }
    }

    @Override
    public void close() {}
  }
}
