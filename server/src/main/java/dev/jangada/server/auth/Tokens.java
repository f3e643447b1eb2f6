package dev.jangada.server.auth;

import dev.jangada.kv.auth.AuthState;
import dev.jangada.kv.command.Caller;
import org.jspecify.annotations.Nullable;

/**
 * Makes and recognises tokens: what a client shows with each request in place of its password. A
 * token says who the caller is and as of when that is known. Every member recognises it without
 * having been told of it, and it cannot be taken back: it expires, and it does not count any more
 * once the user is gone or has another password, see {@link AuthState#checkCaller}.
 *
 * <p>Safe for use by several threads.
 */
public sealed interface Tokens permits SignedTokens, JwtTokens {

  /**
   * A token for a caller who has proved who he is.
   *
   * @param auth in which permissions count
   * @throws IllegalStateException if this member can recognise tokens, but not make them
   */
  String issue(Caller caller, AuthState auth);

  /**
   * Whose token it is; null if it is none, or was none of this cluster's, or has expired. Whether
   * the caller still counts is not looked at.
   */
  @Nullable Caller recognise(String token, AuthState auth);

  /**
   * The auth revision that a token says it is from. Nothing has been proved, so this may be wrong
   * in any way; 0 for what is no token.
   */
  long claimedRevision(String token);
}
