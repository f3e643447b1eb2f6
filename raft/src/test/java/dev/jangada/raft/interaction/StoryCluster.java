package dev.jangada.raft.interaction;

import dev.jangada.raft.ChangeResult;
import dev.jangada.raft.Entry;
import dev.jangada.raft.EntryId;
import dev.jangada.raft.HardState;
import dev.jangada.raft.Membership;
import dev.jangada.raft.MembershipChange;
import dev.jangada.raft.Message;
import dev.jangada.raft.Proposal;
import dev.jangada.raft.ProposeResult;
import dev.jangada.raft.Raft;
import dev.jangada.raft.RaftConfig;
import dev.jangada.raft.SnapshotMetadata;
import dev.jangada.raft.interaction.StoryNetwork.Link;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.LongStream;

/**
 * The cluster of one story and the commands that move it. Nothing happens by itself: no time
 * passes, no message arrives unless a command says so. After each command every node does what its
 * core asks for, in order; its disk writes at once unless it is held.
 *
 * <pre>
 *   nodes 3 [timeouts=10,14,18] [prevote=off] [checkquorum=off] [noop=off] [lease=MILLIS] ...
 *                          new nodes 1, 2, 3 with these election timeouts (in ticks)
 *   disk N term=T vote=V log=1,1,2 [applied=I] [base=I]
 *                          restarts node N from a log whose entries have these terms
 *   timeout N TICKS        what node N draws as its election timeout from now on
 *   tick N|all [COUNT]     time passes
 *   clock N MILLIS         node N reads its monotonic clock
 *   campaign N             propose N TEXT|size=B     forward N TEXT     read N ID[,ID]
 *   transfer N TO          status N                   log N|all
 *   deliver A->B [COUNT]   the oldest messages of a link arrive (* stands for any node)
 *   drop A->B [COUNT]      they are lost             duplicate A->B     postpone A->B
 *   stabilize              delivers until no message is left
 *   isolate N              cut A->B                   heal
 *   crash N                restart N [applied=I]
 *   compact N INDEX        the log of node N is cut off after this entry
 *   send-snapshot N TO INDEX@TERM [OFFSET-END/TOTAL]
 *                          node N sends a piece of a snapshot that ends with this entry, or all of it
 *   ack-snapshot N TO INDEX@TERM RECEIVED
 *   snapshot-sent N TO ok|failed
 *   snapshot-received N INDEX@TERM [VOTER,VOTER...]
 *                          it is complete and durable on node N; by default with the members that
 *                          the story began with
 *   join N [SETTING ...]   a new node that waits to be let in
 *   change N WHAT=ID ...   node N is asked for all of these changes together: add, learn, stage,
 *                          promote, demote, remove, move
 *   hold-install N         release-install N
 *   hold-disk N            release-disk N [COUNT]     hold-apply N       release-apply N
 *   inject A->B KIND key=value ...
 *                          a message out of thin air: late, forged or from an earlier life
 *   quiet COMMAND          without a trace
 * </pre>
 *
 * <p>A trace has a line for each change; a message that is sent is indented, one that arrives has a
 * {@code >} before it.
 */
final class StoryCluster {

  private static final int DEFAULT_TIMEOUT = 10;

  private final List<String> lines = new ArrayList<>();
  private boolean quiet;
  private StoryNetwork network = new StoryNetwork(this::trace);
  private final TreeMap<Long, StoryNode> nodes = new TreeMap<>();
  private long sequence;
  private Membership initial = Membership.NONE;
  private Map<String, String> settings = new TreeMap<>();

  /** Runs a stanza and returns its trace. */
  String run(Path file, Story.Stanza stanza) {
    lines.clear();
    int number = stanza.line();
    for (String command : stanza.commands()) {
      try {
        quiet = false;
        execute(List.of(command.strip().split("\\s+")));
      } catch (RuntimeException e) {
        throw new AssertionError(
            "%s:%d: cannot run \"%s\": %s".formatted(file, number, command, e), e);
      }
      number++;
    }
    return lines.isEmpty() ? "ok" : String.join("\n", lines);
  }

  private void trace(String line) {
    if (!quiet) {
      lines.add(line);
    }
  }

  private void execute(List<String> words) {
    List<String> arguments = words.subList(1, words.size());
    switch (words.getFirst()) {
      case "quiet" -> {
        quiet = true;
        execute(arguments);
      }
      case "nodes" -> makeNodes(Integer.parseInt(arguments.getFirst()), options(arguments));
      case "disk" -> replaceDisk(node(arguments), options(arguments));
      case "timeout" -> node(arguments).electionTimeout = Integer.parseInt(arguments.get(1));
      case "tick" -> tick(arguments.getFirst(), count(arguments, 1));
      case "clock" ->
          node(arguments).feed(raft -> raft.observeTime(number(arguments, 1) * 1_000_000));
      case "campaign" -> node(arguments).feed(Raft::campaign);
      case "propose" -> propose(node(arguments), arguments.get(1));
      case "forward" -> {
        StoryNode node = node(arguments);
        node.feed(raft -> raft.forward(List.of(proposal(node, arguments.get(1)))));
      }
      case "read" ->
          node(arguments).feed(raft -> numbers(arguments.get(1)).forEach(raft::readIndex));
      case "transfer" -> transfer(node(arguments), number(arguments, 1));
      case "status" -> Text.of(node(arguments).raft().status()).lines().forEach(this::trace);
      case "log" -> selected(arguments.getFirst()).forEach(node -> trace(node.describeLog()));
      case "stabilize" -> stabilize();
      case "isolate" -> isolate(number(arguments, 0));
      case "heal" -> network.heal();
      case "crash" -> node(arguments).crash();
      case "restart" -> restart(node(arguments), options(arguments));
      case "compact" -> node(arguments).compact(number(arguments, 1));
      case "send-snapshot" -> sendSnapshot(arguments);
      case "ack-snapshot" -> {
        long term = node(arguments).raft().term();
        network.send(
            new Message.SnapshotAck(
                number(arguments, 0),
                number(arguments, 1),
                term,
                id(arguments.get(2)),
                number(arguments, 3)));
      }
      case "snapshot-sent" ->
          node(arguments)
              .feed(raft -> raft.snapshotSent(number(arguments, 1), arguments.get(2).equals("ok")));
      case "snapshot-received" ->
          node(arguments)
              .received(new SnapshotMetadata(id(arguments.get(1)), members(arguments, 2)));
      case "join" -> join(number(arguments, 0), options(arguments));
      case "change" -> change(node(arguments), arguments.subList(1, arguments.size()));
      case "hold-install" -> node(arguments).holdInstallation();
      case "release-install" -> node(arguments).releaseInstallation();
      case "hold-disk" -> node(arguments).holdDisk();
      case "release-disk" -> releaseDisk(node(arguments), arguments);
      case "hold-apply" -> node(arguments).holdApply();
      case "release-apply" -> node(arguments).releaseApply();
      case "inject" -> inject(arguments);
      default -> onLinks(words);
    }
  }

  // ---------------------------------------------------------------------------------------------
  // Arguments
  // ---------------------------------------------------------------------------------------------

  private static long number(List<String> arguments, int position) {
    return Long.parseLong(arguments.get(position));
  }

  private static int count(List<String> arguments, int position) {
    return arguments.size() > position ? Integer.parseInt(arguments.get(position)) : 1;
  }

  private static Map<String, String> options(List<String> arguments) {
    Map<String, String> options = new TreeMap<>();
    for (String argument : arguments) {
      int equals = argument.indexOf('=');
      if (equals > 0) {
        options.put(argument.substring(0, equals), argument.substring(equals + 1));
      }
    }
    return options;
  }

  private static long option(Map<String, String> options, String name, long otherwise) {
    String value = options.remove(name);
    return value == null ? otherwise : Long.parseLong(value);
  }

  private static List<Long> numbers(String text) {
    return text.isEmpty() ? List.of() : Arrays.stream(text.split(",")).map(Long::valueOf).toList();
  }

  private StoryNode node(List<String> arguments) {
    return node(number(arguments, 0));
  }

  private StoryNode node(long id) {
    StoryNode node = nodes.get(id);
    if (node == null) {
      throw new IllegalArgumentException("there is no node " + id);
    }
    return node;
  }

  private List<StoryNode> selected(String which) {
    return which.equals("all")
        ? nodes.values().stream().filter(StoryNode::isUp).toList()
        : List.of(node(Long.parseLong(which)));
  }

  // ---------------------------------------------------------------------------------------------
  // Nodes
  // ---------------------------------------------------------------------------------------------

  private void makeNodes(int count, Map<String, String> options) {
    nodes.clear();
    network = new StoryNetwork(this::trace);
    List<Long> voters = LongStream.rangeClosed(1, count).boxed().toList();
    String given = options.remove("timeouts");
    List<Long> timeouts = given == null ? List.of() : numbers(given);
    initial = Membership.ofVoters(voters);
    settings = new TreeMap<>(options);
    for (long id : voters) {
      long timeout = timeouts.isEmpty() ? DEFAULT_TIMEOUT : timeouts.get((int) id - 1);
      RaftConfig config = config(id, initial, new TreeMap<>(options));
      nodes.put(id, new StoryNode(config, (int) timeout, this::trace, network::send));
    }
  }

  private static RaftConfig config(long id, Membership members, Map<String, String> options) {
    RaftConfig.Builder builder =
        RaftConfig.builder(id, members)
            .electionTimeoutTicks((int) option(options, "election", DEFAULT_TIMEOUT));
    for (Map.Entry<String, String> option : options.entrySet()) {
      String value = option.getValue();
      switch (option.getKey()) {
        case "prevote" -> builder.preVote(value.equals("on"));
        case "checkquorum" -> builder.checkQuorum(value.equals("on"));
        case "noop" -> builder.noop(value.equals("on"));
        case "lease" -> builder.leaseReads(Long.parseLong(value) * 1_000_000);
        case "heartbeat" -> builder.heartbeatTicks(Integer.parseInt(value));
        case "inflight" -> builder.maxInflightAppends(Integer.parseInt(value));
        case "inflight-bytes" -> builder.maxInflightBytes(Long.parseLong(value));
        case "append-bytes" -> builder.maxAppendBytes(Long.parseLong(value));
        case "entry-bytes" -> builder.maxEntryBytes(Long.parseLong(value));
        case "uncommitted-bytes" -> builder.maxUncommittedBytes(Long.parseLong(value));
        case "apply-bytes" -> builder.maxApplyBytes(Long.parseLong(value));
        case "unapplied-bytes" -> builder.maxUnappliedBytes(Long.parseLong(value));
        case "cached-bytes" -> builder.maxCachedBytes(Long.parseLong(value));
        default -> throw new IllegalArgumentException("no such setting: " + option.getKey());
      }
    }
    return builder.build();
  }

  private void join(long id, Map<String, String> options) {
    int timeout = (int) option(options, "timeout", DEFAULT_TIMEOUT);
    TreeMap<String, String> settings = new TreeMap<>(this.settings);
    settings.putAll(options);
    RaftConfig config = config(id, Membership.NONE, settings);
    nodes.put(id, new StoryNode(config, timeout, this::trace, network::send));
  }

  private void change(StoryNode node, List<String> words) {
    List<MembershipChange> changes =
        words.stream()
            .<MembershipChange>map(word -> {
              String[] parts = word.split("=", 2);
              long id = Long.parseLong(parts[1]);
              return switch (parts[0]) {
                case "add" -> new MembershipChange.AddVoter(id, "");
                case "learn" -> new MembershipChange.AddLearner(id, "", false);
                case "stage" -> new MembershipChange.AddLearner(id, "", true);
                case "promote" -> new MembershipChange.Promote(id);
                case "demote" -> new MembershipChange.Demote(id);
                case "remove" -> new MembershipChange.Remove(id);
                case "move" -> new MembershipChange.Move(id, "elsewhere");
                default -> throw new IllegalArgumentException("no such change: " + word);
              };
            })
            .toList();
    node.feed(raft -> {
      switch (raft.changeMembership(changes)) {
        case ChangeResult.Accepted(long index, long term) ->
            trace(node.id + " takes the change as " + new EntryId(index, term));
        case ChangeResult.Refused refused ->
            trace(node.id + " refuses the change (" + refused.reason() + ")");
      }
    });
  }

  private Membership members(List<String> arguments, int position) {
    return arguments.size() > position
        ? Membership.ofVoters(numbers(arguments.get(position)))
        : initial;
  }

  private static List<Entry> entries(long first, List<Long> terms) {
    List<Entry> entries = new ArrayList<>();
    for (long term : terms) {
      long index = first + entries.size();
      byte[] data = ("c" + index + "@" + term).getBytes(StandardCharsets.UTF_8);
      entries.add(Entry.command(index, term, new Proposal(9, 1000 * term + index, data)));
    }
    return entries;
  }

  private static void replaceDisk(StoryNode node, Map<String, String> options) {
    String log = options.getOrDefault("log", "");
    node.replaceDisk(
        new HardState(option(options, "term", 0), option(options, "vote", 0)),
        entries(1, numbers(log)),
        option(options, "applied", 0),
        option(options, "base", 0));
  }

  private static void restart(StoryNode node, Map<String, String> options) {
    node.restart(option(options, "applied", node.appliedBeforeCrash()));
  }

  private static void releaseDisk(StoryNode node, List<String> arguments) {
    if (arguments.size() > 1) {
      node.releaseDisk(count(arguments, 1));
    } else {
      node.releaseDisk();
    }
  }

  private void tick(String which, int count) {
    for (int i = 0; i < count; i++) {
      selected(which).forEach(node -> node.feed(Raft::tick));
    }
  }

  private Proposal proposal(StoryNode node, String text) {
    byte[] data =
        text.startsWith("size=")
            ? new byte[Integer.parseInt(text.substring("size=".length()))]
            : text.getBytes(StandardCharsets.UTF_8);
    return new Proposal(node.id, ++sequence, data);
  }

  private void propose(StoryNode node, String text) {
    Proposal proposal = proposal(node, text);
    node.feed(raft -> {
      switch (raft.propose(proposal)) {
        case ProposeResult.Accepted(long index, long term) ->
            trace(node.id + " takes " + text + " as " + new EntryId(index, term));
        case ProposeResult.Refused refused ->
            trace(node.id + " refuses " + text + " (" + refused.reason() + ")");
      }
    });
  }

  private void transfer(StoryNode node, long to) {
    node.feed(raft -> {
      if (!raft.transferLeadership(to)) {
        trace(node.id + " cannot transfer the leadership to " + to);
      }
    });
  }

  // ---------------------------------------------------------------------------------------------
  // Network
  // ---------------------------------------------------------------------------------------------

  private void onLinks(List<String> words) {
    String verb = words.getFirst();
    int count = words.size() > 2 ? Integer.parseInt(words.get(2)) : Integer.MAX_VALUE;
    Consumer<Link> action =
        switch (verb) {
          case "deliver" -> link -> take(link, count).forEach(this::deliver);
          case "drop" ->
              link -> take(link, count).forEach(message -> trace("x " + Text.of(message)));
          case "duplicate" -> link -> network.queue(link).add(network.queue(link).getFirst());
          case "postpone" -> link -> network.queue(link).add(network.queue(link).remove());
          case "cut" -> network::cut;
          default -> throw new IllegalArgumentException("no such command: " + verb);
        };
    links(words.get(1)).forEach(action);
  }

  private List<Link> links(String pattern) {
    String[] ends = pattern.split("->", 2);
    List<Link> links = new ArrayList<>();
    for (long from : nodes.keySet()) {
      for (long to : nodes.keySet()) {
        if (from != to && matches(ends[0], from) && matches(ends[1], to)) {
          links.add(new Link(from, to));
        }
      }
    }
    return links;
  }

  private static boolean matches(String end, long id) {
    return end.equals("*") || end.equals(Long.toString(id));
  }

  /** Takes out what is on the link now, so that answers do not join in. */
  private List<Message> take(Link link, int count) {
    ArrayDeque<Message> queue = network.queue(link);
    List<Message> taken = new ArrayList<>();
    while (taken.size() < count && !queue.isEmpty()) {
      taken.add(queue.remove());
    }
    return taken;
  }

  private void deliver(Message message) {
    StoryNode receiver = node(message.to());
    if (!receiver.isUp()) {
      trace("x " + Text.of(message));
      return;
    }
    trace("> " + Text.of(message));
    receiver.feed(raft -> raft.step(message));
  }

  private void stabilize() {
    int limit = 10_000;
    for (List<Link> busy = network.busy(); !busy.isEmpty(); busy = network.busy()) {
      for (Link link : busy) {
        take(link, 1).forEach(this::deliver);
        if (limit-- == 0) {
          throw new IllegalStateException("the messages never end");
        }
      }
    }
  }

  private void isolate(long id) {
    for (long other : nodes.keySet()) {
      if (other != id) {
        network.cut(new Link(id, other));
        network.cut(new Link(other, id));
      }
    }
  }

  private void inject(List<String> arguments) {
    String[] ends = arguments.getFirst().split("->", 2);
    long from = Long.parseLong(ends[0]);
    long to = Long.parseLong(ends[1]);
    Map<String, String> options = options(arguments);
    long term = option(options, "term", 0);
    boolean granted = option(options, "granted", 0) == 1;
    long round = option(options, "round", 0);
    deliver(
        switch (arguments.get(1)) {
          case "PreVoteRequest" -> new Message.PreVoteRequest(from, to, term, id(options, "last"));
          case "PreVoteResponse" -> new Message.PreVoteResponse(from, to, term, granted);
          case "VoteRequest" ->
              new Message.VoteRequest(
                  from, to, term, id(options, "last"), option(options, "transfer", 0) == 1);
          case "VoteResponse" -> new Message.VoteResponse(from, to, term, granted);
          case "Append" -> {
            EntryId previous = id(options, "prev");
            yield new Message.AppendRequest(
                from,
                to,
                term,
                previous,
                entries(previous.index() + 1, numbers(options.getOrDefault("entries", ""))),
                option(options, "commit", 0),
                round,
                option(options, "answered", 1) == 1);
          }
          case "Accepted" ->
              new Message.AppendAccepted(from, to, term, option(options, "match", 0), round);
          case "Rejected" ->
              new Message.AppendRejected(
                  from,
                  to,
                  term,
                  option(options, "prev", 0),
                  option(options, "conflict", 0),
                  option(options, "from", 0),
                  round);
          case "SnapshotChunk" -> {
            int begin = (int) option(options, "from", 0);
            byte[] data = new byte[(int) option(options, "to", 100) - begin];
            yield new Message.SnapshotChunk(
                from, to, term, id(options, "last"), Membership.NONE, 100, begin, data);
          }
          case "SnapshotAck" ->
              new Message.SnapshotAck(
                  from, to, term, id(options, "last"), option(options, "received", 0));
          case "StaleTerm" -> new Message.StaleTerm(from, to, term);
          case "TimeoutNow" -> new Message.TimeoutNow(from, to, term);
          default -> throw new IllegalArgumentException("no such message: " + arguments.get(1));
        });
  }

  private void sendSnapshot(List<String> arguments) {
    String[] range = (arguments.size() > 3 ? arguments.get(3) : "0-100/100").split("[-/]", 3);
    int offset = Integer.parseInt(range[0]);
    EntryId last = id(arguments.get(2));
    network.send(
        new Message.SnapshotChunk(
            number(arguments, 0),
            number(arguments, 1),
            node(arguments).raft().term(),
            last,
            node(arguments).raft().snapshotMetadata(last.index()).membership(),
            Long.parseLong(range[2]),
            offset,
            new byte[Integer.parseInt(range[1]) - offset]));
  }

  private static EntryId id(Map<String, String> options, String name) {
    return id(options.getOrDefault(name, "0@0"));
  }

  private static EntryId id(String text) {
    String[] parts = text.split("@", 2);
    return new EntryId(Long.parseLong(parts[0]), Long.parseLong(parts[1]));
  }
}
