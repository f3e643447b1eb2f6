package dev.jangada.cli;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;

/** What went wrong with a file, for people: of some failures the JDK says the file and no more. */
final class IoMessage {

  private IoMessage() {}

  /** For example {@code /var/lib/n1: permission denied}. */
  static String of(IOException failure) {
    if (!(failure instanceof FileSystemException file) || file.getReason() != null) {
      return failure.getMessage() == null ? failure.toString() : failure.getMessage();
    }
    return file.getFile()
        + ": "
        + switch (file) {
          case NoSuchFileException none -> "there is no such file or directory";
          case AccessDeniedException denied -> "permission denied";
          case FileAlreadyExistsException exists -> "there is a file of this name already";
          default -> file.getClass().getSimpleName();
        };
  }
}
