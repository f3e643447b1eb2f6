/**
 * How requests to a node end. Read {@link dev.jangada.node.request.RaftException} first if you call
 * a {@link dev.jangada.node.RaftNode}, and {@link dev.jangada.node.request.Outcome} if you run a
 * {@link dev.jangada.node.driver.RaftDriver}.
 *
 * <p>{@link dev.jangada.node.request.Failures} is internal: it is public for the packages of the
 * node only.
 */
@NullMarked
package dev.jangada.node.request;

import org.jspecify.annotations.NullMarked;
