package dev.jangada.kv.command;

/**
 * Who sends a request. Whoever makes one vouches for it: it is taken at its word.
 *
 * @param user name of the user
 * @param authRevision as of when that is known: it does not count any more once the user's password
 *     is set, or the user created anew, by a later {@linkplain
 *     dev.jangada.kv.auth.AuthState#revision auth revision}
 */
public record Caller(String user, long authRevision) {}
