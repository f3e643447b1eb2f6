package dev.jangada.simulation.lab;

import dev.jangada.raft.Entry;
import dev.jangada.raft.EntryType;
import dev.jangada.raft.StateMachine;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Tells the tester what a server applies, keeps it all in memory, and wants a snapshot at every
 * tenth index: from within {@link #apply}, on whatever thread that is, as services do.
 *
 * <p>Its snapshot says of itself which index it is at:
 *
 * <pre>
 * snapshot = index *command
 * index    = 8OCTET                   ; big-endian
 * command  = 4OCTET *OCTET            ; its length, big-endian, and the command
 * </pre>
 */
final class SnapshottingMachine implements StateMachine {

  /** Indexes 9, 19, 29 and so on get a snapshot. */
  private static final int INTERVAL = 10;

  private static final byte[] NOTHING = {};

  private final AppliedCommands applied;
  private final int server;
  private final Runnable takeSnapshot;
  private final List<byte[]> commands = new ArrayList<>();

  /**
   * Creates a machine that has applied nothing.
   *
   * @param takeSnapshot asks the server for a snapshot; returns at once
   */
  SnapshottingMachine(AppliedCommands applied, int server, Runnable takeSnapshot) {
    this.applied = applied;
    this.server = server;
    this.takeSnapshot = takeSnapshot;
  }

  @Override
  public long appliedIndex() {
    return commands.size();
  }

  @Override
  public List<byte[]> apply(List<Entry> entries) {
    for (Entry entry : entries) {
      if (entry.type() != EntryType.COMMAND) {
        throw new IllegalStateException("only commands were proposed, but there is " + entry);
      }
      commands.add(entry.data());
      applied.applied(server, entry.index(), entry.data());
      if ((entry.index() + 1) % INTERVAL == 0) {
        takeSnapshot.run();
      }
    }
    return Collections.nCopies(entries.size(), NOTHING);
  }

  @Override
  public boolean supportsSnapshots() {
    return true;
  }

  @Override
  public Snapshot snapshot() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeLong(commands.size());
      for (byte[] command : commands) {
        out.writeInt(command.length);
        out.write(command);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory failed", e);
    }
    return new MemorySnapshot(commands.size(), bytes.toByteArray());
  }

  @Override
  public void restore(long index, InputStream in) throws IOException {
    List<byte[]> found = new ArrayList<>();
    DataInputStream data = new DataInputStream(new ByteArrayInputStream(in.readAllBytes()));
    long own = data.readLong();
    while (data.available() > 0) {
      byte[] command = new byte[data.readInt()];
      data.readFully(command);
      found.add(command);
    }
    if (own != found.size()) {
      throw new IOException(
          "the snapshot says that it is at " + own + " and holds " + found.size() + " commands");
    }
    commands.clear();
    commands.addAll(found);
    applied.restored(server, index, found);
  }
}
