/**
 * Keys, values and events, generated from {@code mvccpb/kv.proto}. Read {@link
 * dev.jangada.etcd.api.mvccpb.KeyValue} first.
 */
@NullMarked
package dev.jangada.etcd.api.mvccpb;

import org.jspecify.annotations.NullMarked;
