package dev.jangada.node.request;

/**
 * The immediate answer to {@link dev.jangada.node.RaftNode#start}.
 *
 * @param index where in the log the command stands if it is ever committed; 0 if this node does not
 *     lead
 * @param term this node's term
 * @param isLeader whether this node believes itself the leader, and so took the command
 */
public record StartResult(long index, long term, boolean isLeader) {}
