/**
 * What clients that others wrote find: jetcd, the {@code etcd3} package of npm, etcdctl, and plain
 * gRPC where none of them has an option. Each test says itself what must come out, so the same
 * tests run against etcd: {@code -Detcd.endpoints=HOST:PORT,...}. {@link
 * dev.jangada.conformance.ClusterUnderTest} is the class to read first.
 */
@NullMarked
package dev.jangada.conformance;

import org.jspecify.annotations.NullMarked;
