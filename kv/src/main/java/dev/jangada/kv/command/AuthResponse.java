package dev.jangada.kv.command;

/** The answer to an {@link AuthCommand}. None of them makes a revision of keys. */
public record AuthResponse(long revision) implements Response {}
