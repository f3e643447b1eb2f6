/**
 * One member of the store: the etcd v3 API over gRPC, in front of the replicated log and the
 * key-value state machine. Read {@link dev.jangada.server.JangadaServer} first, then {@link
 * dev.jangada.server.KvService} for the way of a request. The services of a topic with parts of its
 * own are in packages of their own; what they have in common is in {@link dev.jangada.server.call}.
 */
@NullMarked
package dev.jangada.server;

import org.jspecify.annotations.NullMarked;
