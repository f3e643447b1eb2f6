/**
 * The services of the etcd v3 API and their messages, generated from {@code
 * etcdserverpb/rpc.proto}. Read {@link dev.jangada.etcd.api.etcdserverpb.KVGrpc} first.
 */
@NullMarked
package dev.jangada.etcd.api.etcdserverpb;

import org.jspecify.annotations.NullMarked;
