package dev.jangada.node.request;

import dev.jangada.raft.EntryId;
import dev.jangada.raft.Membership;

/**
 * Told what becomes of a request to a {@link dev.jangada.node.driver.RaftDriver}: once, with the
 * exception noted at {@link Submit}. Called on the driver's thread where nothing else is said; must
 * return at once, must not throw, and must not call the driver.
 */
public sealed interface Outcome {

  /** The request has failed. */
  void failed(RaftException failure);

  /**
   * Outcome of {@link dev.jangada.node.driver.RaftDriver#submit}. A submission that {@link #failed}
   * with {@link RaftException.Reason#TIMEOUT} or {@link RaftException.Reason#STOPPED} while the
   * state machine was at it may be {@link #applied} nevertheless, even at the same time.
   */
  non-sealed interface Submit extends Outcome {

    /**
     * The command was applied on this node. Called on the thread that applied it.
     *
     * @param index its index in the log
     * @param result what this node's state machine returned for it
     */
    void applied(long index, byte[] result);
  }

  /** Outcome of {@link dev.jangada.node.driver.RaftDriver#read}. */
  non-sealed interface Read extends Outcome {

    /**
     * The state machine of this node may be read: it has applied everything that any client could
     * have seen when the request was made.
     *
     * @param index the index it had to reach for that
     */
    void ready(long index);
  }

  /** Outcome of {@link dev.jangada.node.driver.RaftDriver#transferLeadership}. */
  non-sealed interface Transfer extends Outcome {

    /** The intended node leads. */
    void transferred();
  }

  /** Outcome of {@link dev.jangada.node.driver.RaftDriver#changeMembership}. */
  non-sealed interface Change extends Outcome {

    /**
     * The change is committed, and no joint configuration is left of it.
     *
     * @param membership the configuration that is committed then
     */
    void changed(Membership membership);
  }

  /** Outcome of {@link dev.jangada.node.driver.RaftDriver#takeSnapshot}. */
  non-sealed interface Snapshot extends Outcome {

    /**
     * The state is stored durably.
     *
     * @param last the last entry that is in it; {@link EntryId#NONE} if nothing was ever applied
     */
    void taken(EntryId last);
  }
}
