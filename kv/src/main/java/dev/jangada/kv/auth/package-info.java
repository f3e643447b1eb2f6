/**
 * Users, roles and what they allow. Read {@link dev.jangada.kv.auth.AuthState} first: it is all
 * that is known of them at some moment; {@link dev.jangada.kv.auth.Authorizer} judges commands by
 * it.
 */
@NullMarked
package dev.jangada.kv.auth;

import org.jspecify.annotations.NullMarked;
