package dev.jangada.raft;

import dev.jangada.raft.Message.AppendAccepted;
import dev.jangada.raft.Message.AppendRejected;
import dev.jangada.raft.Message.AppendRequest;
import dev.jangada.raft.Message.Forward;
import dev.jangada.raft.Message.ForwardRefused;
import dev.jangada.raft.Message.PreVoteRequest;
import dev.jangada.raft.Message.PreVoteResponse;
import dev.jangada.raft.Message.ReadIndexRequest;
import dev.jangada.raft.Message.ReadIndexResponse;
import dev.jangada.raft.Message.SnapshotAck;
import dev.jangada.raft.Message.SnapshotChunk;
import dev.jangada.raft.Message.StaleTerm;
import dev.jangada.raft.Message.TimeoutNow;
import dev.jangada.raft.Message.VoteRequest;
import dev.jangada.raft.Message.VoteResponse;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;

/** Arbitrary messages of every kind, as a core could send them. */
final class MessageArbitraries {

  private MessageArbitraries() {}

  /** What every message starts with. */
  private record Header(long from, long to, long term) {}

  static Arbitrary<Message> anyMessage() {
    return Arbitraries.oneOf(List.copyOf(byKind().values()));
  }

  /** One arbitrary for each kind of message. */
  static Map<Class<? extends Message>, Arbitrary<Message>> byKind() {
    Arbitrary<Long> numbers = Arbitraries.longs().greaterOrEqual(0);
    Arbitrary<Boolean> flags = Arbitraries.of(true, false);
    Map<Class<? extends Message>, Arbitrary<Message>> kinds = new LinkedHashMap<>();
    kinds.put(
        PreVoteRequest.class,
        headers(1).flatMap(h -> entryIds(h.term - 1).map(last -> preVoteRequest(h, last))));
    kinds.put(
        PreVoteResponse.class,
        flags.flatMap(granted ->
            headers(granted ? 1 : 0).map(h -> new PreVoteResponse(h.from, h.to, h.term, granted))));
    kinds.put(
        VoteRequest.class,
        headers(1)
            .flatMap(h ->
                Combinators.combine(entryIds(h.term - 1), flags)
                    .as((last, flag) -> new VoteRequest(h.from, h.to, h.term, last, flag))));
    kinds.put(
        VoteResponse.class,
        Combinators.combine(headers(1), flags)
            .as((h, granted) -> new VoteResponse(h.from, h.to, h.term, granted)));
    kinds.put(AppendRequest.class, headers(1).flatMap(h -> appendRequests(h)));
    kinds.put(
        AppendAccepted.class,
        Combinators.combine(headers(1), numbers, numbers)
            .as((h, match, round) -> new AppendAccepted(h.from, h.to, h.term, match, round)));
    kinds.put(AppendRejected.class, headers(1).flatMap(h -> appendRejections(h)));
    kinds.put(StaleTerm.class, headers(1).map(h -> new StaleTerm(h.from, h.to, h.term)));
    kinds.put(TimeoutNow.class, headers(1).map(h -> new TimeoutNow(h.from, h.to, h.term)));
    kinds.put(
        Forward.class,
        Combinators.combine(headers(1), proposals().list().ofMaxSize(5))
            .as((h, proposals) -> new Forward(h.from, h.to, h.term, proposals)));
    kinds.put(
        ForwardRefused.class,
        Combinators.combine(
                headers(0), Arbitraries.longs().list().ofMaxSize(5), Arbitraries.of(Refusal.class))
            .as((h, sequences, reason) ->
                new ForwardRefused(h.from, h.to, h.term, sequences, reason)));
    kinds.put(
        ReadIndexRequest.class,
        Combinators.combine(headers(1), Arbitraries.longs())
            .as((h, id) -> new ReadIndexRequest(h.from, h.to, h.term, id)));
    kinds.put(
        ReadIndexResponse.class,
        Combinators.combine(headers(0), Arbitraries.longs(), numbers)
            .as((h, id, index) -> new ReadIndexResponse(h.from, h.to, h.term, id, index)));
    kinds.put(
        SnapshotChunk.class,
        headers(1)
            .flatMap(h ->
                Combinators.combine(snapshotIds(h.term), memberships(), numbers, numbers, data())
                    .as((last, membership, offset, rest, data) ->
                        snapshotChunk(h, last, membership, offset, rest, data))));
    kinds.put(
        SnapshotAck.class,
        headers(1)
            .flatMap(h ->
                Combinators.combine(snapshotIds(h.term), numbers)
                    .as((last, received) ->
                        new SnapshotAck(h.from, h.to, h.term, last, received))));
    return kinds;
  }

  /** Entries of every type, with any index, term and proposer. */
  static Arbitrary<Entry> entries() {
    Arbitrary<Long> positions = Arbitraries.longs().greaterOrEqual(1);
    return Combinators.combine(positions, positions, payloads())
        .as((index, term, payload) -> payload.at(index, term));
  }

  private static Message preVoteRequest(Header header, EntryId last) {
    return new PreVoteRequest(header.from, header.to, header.term, last);
  }

  private static Arbitrary<Header> headers(long minTerm) {
    Arbitrary<Long> ids = Arbitraries.longs().filter(id -> id != 0);
    return Combinators.combine(ids, ids, Arbitraries.longs().greaterOrEqual(minTerm))
        .as(Header::new);
  }

  private static Arbitrary<EntryId> entryIds(long maxTerm) {
    Arbitrary<EntryId> none = Arbitraries.just(EntryId.NONE);
    if (maxTerm == 0) {
      return none;
    }
    return Arbitraries.oneOf(
        none,
        Combinators.combine(
                Arbitraries.longs().between(1, Long.MAX_VALUE - 100),
                Arbitraries.longs().between(1, maxTerm))
            .as(EntryId::new));
  }

  private static Arbitrary<EntryId> snapshotIds(long maxTerm) {
    return Combinators.combine(
            Arbitraries.longs().greaterOrEqual(1), Arbitraries.longs().between(1, maxTerm))
        .as(EntryId::new);
  }

  private static Message snapshotChunk(
      Header header, EntryId last, Membership membership, long offset, long rest, byte[] data) {
    long start = Math.min(offset, Long.MAX_VALUE - data.length);
    long end = start + data.length;
    long total = end + Math.min(rest, Long.MAX_VALUE - end);
    return new SnapshotChunk(
        header.from, header.to, header.term, last, membership, total, start, data);
  }

  private static Arbitrary<Message> appendRequests(Header header) {
    Arbitrary<Long> numbers = Arbitraries.longs().greaterOrEqual(0);
    Arbitrary<List<Payload>> payloads = payloads().list().ofMaxSize(5);
    Arbitrary<Boolean> answered = Arbitraries.of(true, false);
    return Combinators.combine(entryIds(header.term), payloads, numbers, numbers, answered)
        .as((previous, wanted, commit, round, isAnswered) -> {
          List<Entry> entries = new ArrayList<>();
          EntryId before = previous;
          for (Payload payload : wanted) {
            // Somewhere between the term before and the leader's, both included.
            long term =
                Math.max(1, before.term())
                    + payload.termSeed() % (header.term - Math.max(1, before.term()) + 1);
            Entry entry = payload.at(before.index() + 1, term);
            entries.add(entry);
            before = entry.id();
          }
          return new AppendRequest(
              header.from, header.to, header.term, previous, entries, commit, round, isAnswered);
        });
  }

  private static Arbitrary<Message> appendRejections(Header header) {
    return Arbitraries.longs()
        .greaterOrEqual(1)
        .flatMap(previousIndex ->
            Combinators.combine(
                    Arbitraries.longs().between(0, header.term),
                    Arbitraries.longs().between(1, previousIndex),
                    Arbitraries.longs().greaterOrEqual(0))
                .as((conflictTerm, conflictIndex, round) ->
                    new AppendRejected(
                        header.from,
                        header.to,
                        header.term,
                        previousIndex,
                        conflictTerm,
                        conflictIndex,
                        round)));
  }

  private static Arbitrary<Proposal> proposals() {
    return Combinators.combine(
            Arbitraries.longs().filter(id -> id != 0), Arbitraries.longs(), data())
        .as(Proposal::new);
  }

  private static Arbitrary<byte[]> data() {
    return Arbitraries.bytes().array(byte[].class).ofMaxSize(40);
  }

  /** An entry that has no place in a log yet. */
  private record Payload(EntryType type, long proposer, long sequence, byte[] data, long termSeed) {

    Entry at(long index, long term) {
      return new Entry(index, term, type, proposer, sequence, data);
    }
  }

  private static Arbitrary<Payload> payloads() {
    return Combinators.combine(
            Arbitraries.of(EntryType.class),
            Arbitraries.longs(),
            Arbitraries.longs(),
            data(),
            memberships(),
            Arbitraries.longs().greaterOrEqual(0))
        .as((type, proposer, sequence, data, membership, termSeed) ->
            new Payload(
                type,
                proposer,
                sequence,
                switch (type) {
                  case NOOP -> new byte[0];
                  case COMMAND -> data;
                  case CONFIGURATION -> MembershipCodec.encode(membership);
                },
                termSeed));
  }

  /** Memberships with members of every standing. */
  static Arbitrary<Membership> memberships() {
    Arbitrary<Long> ids = Arbitraries.longs().filter(id -> id != 0);
    Arbitrary<Member> members =
        Combinators.combine(
                ids,
                Arbitraries.of(Member.Standing.class),
                Arbitraries.strings().ofMaxLength(20).excludeChars('\ud800'),
                Arbitraries.longs())
            .as(Member::new);
    return Combinators.combine(
            members.list().uniqueElements(Member::id).ofMaxSize(6),
            ids.list().uniqueElements().ofMaxSize(3))
        .as((drawn, removed) -> {
          List<Member> some = new ArrayList<>(drawn);
          if (!some.isEmpty()) {
            some.set(0, some.getFirst().as(Member.Standing.VOTER));
          }
          List<Long> gone = new ArrayList<>(removed);
          gone.removeAll(some.stream().map(Member::id).toList());
          return new Membership(Membership.sorted(some), gone);
        });
  }
}
