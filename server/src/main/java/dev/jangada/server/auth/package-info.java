/**
 * How users prove who they are: passwords, of which only hashes are kept, and the tokens they are
 * given for them. What users may do is decided in {@link dev.jangada.kv.auth.AuthState}. Read
 * {@link dev.jangada.server.auth.AuthInterceptor} first, by which every call goes, then {@link
 * dev.jangada.server.auth.Tokens}.
 */
@NullMarked
package dev.jangada.server.auth;

import org.jspecify.annotations.NullMarked;
