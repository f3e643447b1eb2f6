"use strict";

/*
 * What an event means, in a sentence for somebody who learns Raft, with the place in the paper
 * ("In Search of an Understandable Consensus Algorithm", extended version) that has more.
 */

const MESSAGE_WORDS = {
  "pre-vote": ["asks whether it could win an election", "dissertation 9.6"],
  "pre-vote-granted": ["would vote for it", "dissertation 9.6"],
  "pre-vote-refused": ["would not vote for it", "dissertation 9.6"],
  vote: ["asks for its vote", "5.2"],
  "vote-granted": ["gives its vote, which is on disk", "5.2"],
  "vote-refused": ["refuses its vote", "5.4.1"],
  append: ["sends entries", "5.3"],
  heartbeat: ["sends a heartbeat", "5.2"],
  accepted: ["confirms: its durable log matches", "5.3"],
  rejected: ["refuses: its log has no such predecessor", "5.3"],
  "stale-term": ["tells it that its term is over", "5.1"],
  "timeout-now": ["hands leadership over to it", "dissertation 3.10"],
  forward: ["forwards commands of its clients", "8"],
  "forward-refused": ["refuses forwarded commands", "8"],
  "read-index": ["asks from which index on a read is safe", "8"],
  "read-index-reply": ["says from which index on a read is safe", "8"],
  snapshot: ["sends a piece of its snapshot", "7"],
  "snapshot-received": ["says how much of the snapshot it has", "7"],
};

const FATE_WORDS = {
  lost: "The network lost it by chance.",
  cut: "There is no way between the two at this moment.",
  down: "The receiver is not running.",
};

/** Numbers of a message, for people. */
function describeKeys(kind, keys) {
  const parts = [`term ${keys.term}`];
  if (kind.startsWith("snapshot")) {
    parts.push(`up to entry ${keys.last.replace("@", " of term ")}`);
    if (keys.received) parts.push(`${keys.received} B so far`);
    else parts.push(`${keys.bytes} B from ${keys.offset} on, of ${keys.total} B`);
    return parts.join(" · ");
  }
  if (keys.last === "0@0") parts.push("its log is empty");
  else if (keys.last) parts.push(`its log ends with entry ${keys.last.replace("@", " of term ")}`);
  if (keys.entries) parts.push(`entries ${keys.entries.replace(/@/g, " of term ")}, ${keys.bytes} B`);
  if (keys.prev && kind === "rejected") {
    const [index, term] = keys.conflict.split("@");
    parts.push(`not entry ${keys.prev}; try again from ${index}${term === "0" ? "" : `, where term ${term} begins`}`);
  } else if (keys.prev) {
    parts.push(keys.prev === "0@0" ? "from the beginning of the log" : `after entry ${keys.prev.replace("@", " of term ")}`);
  }
  if (keys.commit) parts.push(`commit index ${keys.commit}`);
  if (keys.match) parts.push(`up to entry ${keys.match}`);
  if (keys.commands) parts.push(`${keys.commands} command${keys.commands === "1" ? "" : "s"}`);
  if (keys.index) parts.push(keys.index === "0" ? "it cannot say" : `index ${keys.index}`);
  if (keys.reason) parts.push(keys.reason.replace(/-/g, " "));
  if (keys.round) parts.push(`read round ${keys.round}`);
  if (keys.transfer) parts.push("because the leader told it to");
  return parts.join(" · ");
}

function describeRuns(text) {
  return parseRuns(text)
    .map(([first, last, term]) => `${first === last ? `entry ${first}` : `entries ${first} to ${last}`} of term ${term}`)
    .join(", ") || "no entries";
}

function range(text) {
  const [first, last] = text.split("-");
  return first === last ? `entry ${first}` : `entries ${first} to ${last}`;
}

/** The event as { title, detail, paper }. */
function describe(model, i) {
  const kind = model.kind[i];
  const { words, keys, text } = model.fields(i);
  const who = model.node[i] < 0 ? "" : model.nodes[model.node[i]];
  const peer = model.peer[i];
  switch (kind) {
    case "send": {
      const [phrase, paper] = MESSAGE_WORDS[model.messageKind[i]] || [model.messageKind[i], ""];
      return { title: `${who} → ${peer}: ${phrase}`, detail: describeKeys(model.messageKind[i], keys), paper };
    }
    case "recv":
    case "drop": {
      const [phrase, paper] = MESSAGE_WORDS[model.messageKind[i]] || [model.messageKind[i], ""];
      const sent = model.ref[i];
      const detail = sent < 0 ? "" : describeKeys(model.messageKind[i], model.fields(sent).keys);
      if (kind === "recv") return { title: `${who} receives: ${peer} ${phrase}`, detail, paper };
      return { title: `${model.messageKind[i]} from ${peer} never reaches ${who}`, detail: `${FATE_WORDS[words[3]] || ""} ${detail}`, paper };
    }
    case "ignore":
      return { title: `${who} ignores ${model.messageKind[i]} from ${peer}`, detail: text, paper: "" };
    case "role":
      return describeRole(who, words[0], keys, text);
    case "voted":
      return {
        title: who === words[0] ? `${who} votes for itself in term ${keys.term}` : `${who} votes for ${words[0]} in term ${keys.term}`,
        detail: "It must be on disk before anybody is told: after a restart it may not vote again in this term.",
        paper: "5.2",
      };
    case "appended":
      return { title: `${who} appends ${describeRuns(words[0])}`, detail: `${keys.bytes} B of commands, on their way to its disk.`, paper: "5.3" };
    case "truncated":
      return { title: `${who} drops ${range(words[0])}`, detail: "They conflict with the leader's log. They cannot have been committed.", paper: "5.3" };
    case "synced":
      return { title: `${who}: on disk up to entry ${words[0]}`, detail: "Now it may confirm them, and votes as well.", paper: "5.3" };
    case "committed":
      return { title: `${who} knows that entry ${words[0]} is committed`, detail: "A majority has it on disk; it will never be lost.", paper: "5.3, 5.4.2" };
    case "applied":
      return { title: `${who} applies ${range(words[0])}`, detail: "Its state machine takes over the commands, and clients are answered.", paper: "5.3" };
    case "start":
      return {
        title: `${who} starts in term ${keys.term}`,
        detail: `On its disk: ${describeRuns(keys.log)}${keys.base === "0@0" ? "" : ` after a snapshot up to ${keys.base}`}; vote for ${keys.vote === "-" ? "nobody" : keys.vote}; applied up to ${keys.applied}.`,
        paper: "5.1",
      };
    case "start-failed":
      return { title: `${who} cannot start`, detail: text, paper: "" };
    case "crash":
      return { title: `${who} goes down: ${text}`, detail: "It forgets all but its disk.", paper: "5.5" };
    case "pause":
      return { title: `${who} stands still`, detail: "As in a long garbage collection, or a stopped virtual machine.", paper: "" };
    case "resume":
      return { title: `${who} goes on`, detail: "", paper: "" };
    case "snapshot-taken":
      return { title: `${who} has a snapshot up to entry ${words[0]}`, detail: `${keys.bytes} B`, paper: "7" };
    case "snapshot-sent":
      return { title: `${who} begins to send ${words[0]} a snapshot up to entry ${words[1]}`, detail: `${keys.bytes} B: the log no longer has what ${words[0]} lacks.`, paper: "7" };
    case "snapshot-installed":
      return { title: `${who} takes over a snapshot up to entry ${words[0]}`, detail: "Its state machine is now where the sender's was.", paper: "7" };
    case "compacted":
      return { title: `${who} drops its log up to entry ${words[0]}`, detail: "A snapshot stands for it.", paper: "7" };
    case "fault": {
      const concerned = words[0] === "-" ? "all nodes" : words[0].replace(/,/g, ", ");
      const length = Number(keys.for) >= 0.001 ? `, for ${Number(keys.for).toFixed(3)} s` : "";
      return { title: `Fault: ${words[1].replace(/-/g, " ")}`, detail: `Concerns ${concerned}${length}. ${text}`, paper: "" };
    }
    case "fault-end":
      return { title: words[0] === "-" ? "All faults end" : "The fault ends", detail: "", paper: "" };
    case "ask":
      return { title: `Client ${words[0]} asks ${who}`, detail: text, paper: "8" };
    case "answer": {
      const result = { ok: "gets its answer", refused: "is refused", unknown: "will not know what became of its request" }[words[2]];
      return { title: `Client ${words[1]} ${result}`, detail: text, paper: "8" };
    }
    case "violation":
      return { title: "A property does not hold", detail: text, paper: "" };
    case "note":
      return { title: "Note", detail: text, paper: "" };
    default:
      return { title: kind, detail: text, paper: "" };
  }
}

function describeRole(who, change, keys, reason) {
  const [before, after] = change.split(">");
  const titles = {
    follower: keys.leader === "-" ? `${who} is a follower in term ${keys.term}, without a leader` : `${who} follows ${keys.leader} in term ${keys.term}`,
    "pre-candidate": `${who} asks around before it campaigns`,
    candidate: `${who} campaigns in term ${keys.term}`,
    leader: `${who} leads term ${keys.term}`,
  };
  const asksAgain = after === "candidate" && reason.startsWith("election timeout;");
  return {
    title: asksAgain ? `${who} asks around, and is still a candidate in term ${keys.term}` : titles[after] || `${who} becomes ${after}`,
    detail: `${before === after ? "" : `Was ${before}. `}Why: ${reason}.`,
    paper: asksAgain || after === "pre-candidate" ? "dissertation 9.6" : "5.1, 5.2",
  };
}

/** Where somebody may want to go from an event, as [label, index] pairs. */
function related(model, i) {
  const links = [];
  const kind = model.kind[i];
  if (kind === "send") {
    for (const end of model.arrivals.get(i) || []) {
      links.push([model.kind[end] === "recv" ? "arrival" : "loss", end]);
    }
  } else if ((kind === "recv" || kind === "drop") && model.ref[i] >= 0) {
    links.push(["sending", model.ref[i]]);
    for (const end of model.arrivals.get(model.ref[i]) || []) {
      if (end !== i) links.push(["other copy", end]);
    }
  } else if (kind === "answer" && model.ref[i] >= 0) {
    links.push(["request", model.ref[i]]);
  } else if (kind === "ask") {
    const answer = model.answers.get(i);
    if (answer !== undefined) links.push(["answer", answer]);
  } else if (kind === "fault-end" && model.ref[i] >= 0) {
    links.push(["beginning", model.ref[i]]);
  }
  return links;
}

/** Microseconds as seconds, with as many decimals as a step needs. */
function seconds(time, step = 1) {
  const decimals = step >= 1e6 ? 0 : Math.min(6, Math.ceil(6 - Math.log10(Math.max(1, step))));
  return (time / 1e6).toFixed(decimals);
}
