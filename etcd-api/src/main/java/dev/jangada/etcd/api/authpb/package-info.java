/**
 * Users, roles and permissions, generated from {@code authpb/auth.proto}. Read {@link
 * dev.jangada.etcd.api.authpb.Permission} first.
 */
@NullMarked
package dev.jangada.etcd.api.authpb;

import org.jspecify.annotations.NullMarked;
