/**
 * The lock service, generated from {@code v3lockpb/v3lock.proto}. Read {@link
 * dev.jangada.etcd.api.v3lockpb.LockGrpc} first.
 */
@NullMarked
package dev.jangada.etcd.api.v3lockpb;

import org.jspecify.annotations.NullMarked;
