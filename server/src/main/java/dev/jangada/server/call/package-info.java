/**
 * What all services do with a call: find out who makes it, translate it, hand it to the log or read
 * the store, and answer in etcd's words and in time. Read {@link dev.jangada.server.call.Reply}
 * first, then {@link dev.jangada.server.call.Proposals}.
 */
@NullMarked
package dev.jangada.server.call;

import org.jspecify.annotations.NullMarked;
