/**
 * The election service, generated from {@code v3electionpb/v3election.proto}. Read {@link
 * dev.jangada.etcd.api.v3electionpb.ElectionGrpc} first.
 */
@NullMarked
package dev.jangada.etcd.api.v3electionpb;

import org.jspecify.annotations.NullMarked;
