package dev.jangada.node.transport;

import dev.jangada.node.transport.Handshake.Hello;
import dev.jangada.node.transport.Handshake.Verdict;
import dev.jangada.node.transport.TransportConfig.Remote;
import dev.jangada.raft.Member;
import dev.jangada.raft.Membership;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The ways to all peers, and who is one: the members that are in force, and guests.
 *
 * <p>A guest is a node of this cluster that this node's configuration does not name, because that
 * one is behind: it may be the leader, who was added while this node was away. It is answered like
 * any other, at the address that it gives, and is forgotten when its connection ends. What is
 * refused is what can never be right: who was removed, and who has lost the log that it is known
 * by. Only what is committed counts for that, since it is true for good. And as long as this node
 * decides alone nobody can have been added that it does not know: whoever says so is of a cluster
 * that this node left behind when it was {@linkplain
 * dev.jangada.node.RaftNodeBuilder#forceNewCluster made to go on alone}.
 *
 * <p>Changed on the event loop only; {@link #get} and {@link #all} may be called by any thread.
 */
final class PeerLinks {

  /** How many nodes that no configuration names may be connected at a time. */
  static final int MAX_GUESTS = 16;

  private final long self;
  private final BiFunction<PeerLinks, Remote, PeerLink> maker;
  private final Transport.Receiver receiver;
  private final Map<Long, String> names = new LinkedHashMap<>();
  private final Set<Long> guests = new HashSet<>();

  /** The addresses that the configuration in force gives, as far as they were told. */
  private final Map<Long, String> told = new HashMap<>();

  /** Whether the addresses that are told first are older than the settings. */
  private final boolean moved;

  private volatile Map<Long, PeerLink> links = Map.of();
  private Membership committed = Membership.NONE;
  private Membership inForce = Membership.NONE;
  private boolean started;

  /**
   * Those that the settings name, until the membership is told.
   *
   * @param maker makes the link to a peer, not started
   */
  PeerLinks(
      TransportConfig config,
      Transport.Receiver receiver,
      BiFunction<PeerLinks, Remote, PeerLink> maker) {
    this.self = config.memberId();
    this.receiver = receiver;
    this.maker = maker;
    this.moved = config.moved();
    Map<Long, PeerLink> made = new LinkedHashMap<>();
    for (Remote peer : config.peers()) {
      names.put(peer.memberId(), peer.name());
      made.put(peer.memberId(), maker.apply(this, peer));
    }
    links = made;
  }

  @Nullable PeerLink get(long id) {
    return links.get(id);
  }

  Collection<PeerLink> all() {
    return links.values();
  }

  void start() {
    started = true;
    all().forEach(PeerLink::start);
  }

  void close() {
    all().forEach(PeerLink::close);
  }

  /**
   * Other members are in force, or committed, than before.
   *
   * @param gone takes the links to those whose removal is committed, already closed
   */
  void membershipChanged(Membership nowInForce, Membership nowCommitted, Consumer<PeerLink> gone) {
    committed = nowCommitted;
    inForce = nowInForce;
    for (Member member : inForce.members()) {
      if (member.id() == self) {
        continue;
      }
      guests.remove(member.id());
      Remote remote = remote(member.id(), member.address());
      PeerLink link = links.get(member.id());
      if (remote == null) {
        // Without an address it is reached as the settings say, or by other means.
        continue;
      }
      String before = told.put(member.id(), member.address());
      if (link == null) {
        put(remote);
      } else if (before == null ? !moved : !before.equals(member.address())) {
        // Only where it changes: the member itself may have told another one since.
        link.moveTo(remote);
      }
    }
    for (PeerLink link : all()) {
      long id = link.peer().memberId();
      if (committed.isRemoved(id)) {
        remove(link);
        gone.accept(link);
      } else if (inForce.isKnown() && inForce.member(id) == null) {
        guests.add(id);
      }
    }
  }

  private @Nullable Remote remote(long id, String address) {
    return Remote.parse(id, names.getOrDefault(id, Handshake.name(id)), address);
  }

  private PeerLink put(Remote remote) {
    PeerLink link = maker.apply(this, remote);
    Map<Long, PeerLink> changed = new LinkedHashMap<>(links);
    changed.put(remote.memberId(), link);
    links = changed;
    if (started) {
      link.start();
    }
    return link;
  }

  private void remove(PeerLink link) {
    guests.remove(link.peer().memberId());
    Map<Long, PeerLink> changed = new LinkedHashMap<>(links);
    changed.remove(link.peer().memberId(), link);
    links = changed;
    link.close();
  }

  /** Why a node can never be a peer; null if it can. */
  @Nullable Verdict objection(long id, long logIncarnation) {
    if (committed.isRemoved(id)) {
      return Verdict.REMOVED;
    }
    if (decidesAlone(committed) && decidesAlone(inForce) && inForce.member(id) == null) {
      return Verdict.UNKNOWN_SENDER;
    }
    Member member = committed.member(id);
    return member != null
            && member.incarnation() != 0
            && logIncarnation != 0
            && member.incarnation() != logIncarnation
        ? Verdict.OTHER_INCARNATION
        : null;
  }

  private boolean decidesAlone(Membership membership) {
    return !membership.isJoint() && membership.voters().equals(List.of(self));
  }

  /** The link to the node that says hello, a guest if need be; null if there is no way back. */
  @Nullable PeerLink greet(Hello hello) {
    PeerLink known = links.get(hello.from());
    Remote remote = remote(hello.from(), hello.address());
    if (known != null && remote != null) {
      // Who has moved knows it first.
      known.moveTo(remote);
    }
    if (known != null || remote == null || hello.from() == self || guests.size() >= MAX_GUESTS) {
      return known;
    }
    guests.add(hello.from());
    return put(remote);
  }

  /** A peer's connection to this node has ended. */
  void gone(PeerLink link) {
    if (guests.contains(link.peer().memberId())) {
      remove(link);
    }
  }

  /** A peer has told which log it has. */
  void identified(long id, long logIncarnation) {
    if (logIncarnation != 0) {
      receiver.identified(id, logIncarnation);
    }
  }

  /** A peer has refused this node for good. */
  void expelled(Transport.Expulsion why, Remote by) {
    receiver.expelled(why, "peer %s (%s:%d)".formatted(by.name(), by.host(), by.port()));
  }
}
