package dev.jangada.cli.ctl;

import dev.jangada.etcd.api.etcdserverpb.MaintenanceGrpc;
import dev.jangada.etcd.api.etcdserverpb.SnapshotRequest;
import dev.jangada.etcd.api.etcdserverpb.SnapshotResponse;
import dev.jangada.server.BackupRestore;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Copies of a store. */
@Command(
    name = "snapshot",
    description = "Save a copy of the store, and look into one.",
    subcommands = {SnapshotCommand.Save.class, SnapshotCommand.Status.class})
final class SnapshotCommand extends Group {

  /** Saves one. */
  @Command(
      name = "save",
      description = "Save a consistent copy of one server's store, checked, to a file.")
  static final class Save extends Action {

    @Parameters(
        hideParamSyntax = true,
        paramLabel = "FILE",
        description = "Where to; replaced only when the copy is complete.")
    private @Nullable List<String> arguments;

    @Override
    void run(Ctl ctl) throws IOException, InterruptedException {
      Path file = Path.of(only(arguments, "snapshot save expects one argument"));
      if (ctl.endpoints().size() > 1) {
        throw CtlException.arguments(
            "snapshot must be requested to one selected node, not multiple "
                + ctl.endpoints().stream().map(Endpoint::text).toList());
      }
      Path part = file.resolveSibling(file.getFileName() + ".part");
      try {
        receive(ctl, part);
        Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      } finally {
        Files.deleteIfExists(part);
      }
      ctl.say("Snapshot saved at " + file);
    }

    private static void receive(Ctl ctl, Path part) throws IOException, InterruptedException {
      Connection connection = ctl.connection();
      try (FileChannel to = open(part);
          MessageStream<SnapshotRequest, SnapshotResponse> pieces =
              connection.stream(MaintenanceGrpc.getSnapshotMethod(), false)) {
        pieces.send(SnapshotRequest.getDefaultInstance()).end();
        TrailingDigest digest = new TrailingDigest();
        for (SnapshotResponse piece = pieces.next(); piece != null; piece = pieces.next()) {
          digest.update(piece.getBlob());
          var buffer = piece.getBlob().asReadOnlyByteBuffer();
          while (buffer.hasRemaining()) {
            to.write(buffer);
          }
        }
        if (!digest.matches()) {
          throw new CtlException(
              CtlException.Kind.FAILURE,
              "what came is damaged or not complete: its SHA-256 does not match; nothing is kept");
        }
        to.force(true);
      } catch (StatusRuntimeException e) {
        throw new CtlException(
            CtlException.Kind.FAILURE, connection.describe(MaintenanceGrpc.getSnapshotMethod(), e));
      }
    }

    private static FileChannel open(Path part) {
      try {
        return FileChannel.open(
            part,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE);
      } catch (IOException e) {
        throw new UncheckedIOException("cannot write " + part, e);
      }
    }
  }

  /** What is in one. */
  @Command(name = "status", description = "Read a saved copy to its end, check and describe it.")
  static final class Status extends Action {

    @Parameters(
        hideParamSyntax = true,
        paramLabel = "FILE",
        description = "What snapshot save has saved.")
    private @Nullable List<String> arguments;

    @Override
    void run(Ctl ctl) throws IOException {
      Path file = Path.of(only(arguments, "snapshot status requires exactly one argument"));
      if (Files.notExists(file)) {
        throw new CtlException(
            CtlException.Kind.FAILURE, "stat " + file + ": no such file or directory");
      }
      ctl.say("whole: " + BackupRestore.verify(file));
    }
  }
}
