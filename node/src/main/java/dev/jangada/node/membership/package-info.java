/**
 * Who belongs to a cluster, beyond what consensus says of it: how nodes ask each other for changes,
 * how one learns of a cluster that it is to join, how those who use them ask each other, and how
 * those who lost their log are told apart. Read {@link
 * dev.jangada.node.membership.MembershipRequests} first.
 *
 * <p>Internal, and public for {@link dev.jangada.node.RaftNode} only, are {@link
 * dev.jangada.node.membership.MembershipRequests}, {@link
 * dev.jangada.node.membership.Correspondence} and {@link
 * dev.jangada.node.membership.LogIdentities}.
 */
@NullMarked
package dev.jangada.node.membership;

import org.jspecify.annotations.NullMarked;
