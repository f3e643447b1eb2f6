/**
 * Client sessions: commands that are sent again take effect once (Raft dissertation, section 6.3).
 *
 * <p>Read {@link dev.jangada.node.session.SessionStateMachine} first.
 */
@NullMarked
package dev.jangada.node.session;

import org.jspecify.annotations.NullMarked;
