"use strict";

/*
 * The run: its lines, parsed once into arrays by index, and the state of all nodes after any of
 * them. An index counts the lines from 0; a number is what stands after the # of a line. Times are
 * microseconds. Nothing in here knows of the page.
 */

/** What the filters tell apart, and how important it is when there is no room for everything. */
const GROUPS = [
  { id: "elections", label: "elections", title: "roles, votes, and the messages that ask for them", rank: 0 },
  { id: "append", label: "append", title: "entries on their way to followers, and refusals", rank: 1 },
  { id: "accepted", label: "accepted", title: "followers confirm appends and heartbeats", rank: 3 },
  { id: "heartbeat", label: "heartbeats", title: "appends without entries", rank: 4 },
  { id: "reads", label: "reads", title: "read-index requests, and commands forwarded to the leader", rank: 2 },
  { id: "log", label: "log", title: "entries added to a log, cut off, made durable", rank: 3 },
  { id: "commit", label: "commit", title: "entries committed and applied", rank: 3 },
  { id: "snapshots", label: "snapshots", title: "snapshots taken, sent and installed", rank: 0 },
  { id: "clients", label: "clients", title: "what clients ask and are answered", rank: 3 },
  { id: "faults", label: "faults", title: "crashes, starts, pauses, cuts", rank: 0 },
  { id: "notes", label: "notes", title: "remarks and violations", rank: 0 },
];

const GROUP_OF_EVENT = {
  start: "faults", "start-failed": "faults", crash: "faults", pause: "faults", resume: "faults",
  fault: "faults", "fault-end": "faults",
  role: "elections", voted: "elections",
  appended: "log", truncated: "log", synced: "log",
  committed: "commit", applied: "commit",
  "snapshot-taken": "snapshots", "snapshot-sent": "snapshots", "snapshot-installed": "snapshots",
  compacted: "snapshots",
  ask: "clients", answer: "clients",
  violation: "notes", note: "notes",
};

const GROUP_OF_MESSAGE = {
  "pre-vote": "elections", "pre-vote-granted": "elections", "pre-vote-refused": "elections",
  vote: "elections", "vote-granted": "elections", "vote-refused": "elections",
  "stale-term": "elections", "timeout-now": "elections",
  append: "append", rejected: "append", accepted: "accepted", heartbeat: "heartbeat",
  forward: "reads", "forward-refused": "reads", "read-index": "reads", "read-index-reply": "reads",
  snapshot: "snapshots", "snapshot-received": "snapshots",
};

const GROUP_INDEX = Object.fromEntries(GROUPS.map((group, i) => [group.id, i]));
const MESSAGE_EVENTS = new Set(["send", "recv", "drop", "ignore"]);
const KEYFRAME_DISTANCE = 4096;

/** A message that takes longer than this is looked at by itself. */
const LONG_MICROS = 200000;

/** Place of the first of some ascending numbers that is not less than a given one. */
function lowerBound(numbers, wanted) {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (numbers[middle] < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Undoes what the page's own escape added to the text form. */
function unescapeLine(line) {
  return line.includes("\\") ? line.replace(/\\(.)/g, (all, c) => (c === "l" ? "<" : all)) : line;
}

/** "3-5@2,6-6@3" as [[3, 5, 2], [6, 6, 3]]. */
function parseRuns(text) {
  if (!text || text === "-") return [];
  return text.split(",").map((run) => {
    const [, first, last, term] = /^(\d+)-(\d+)@(\d+)$/.exec(run);
    return [Number(first), Number(last), Number(term)];
  });
}

/** "5@2" as { index: 5, term: 2 }. */
function parseEntry(text) {
  const [index, term] = (text || "0@0").split("@").map(Number);
  return { index, term };
}

class NodeState {
  constructor() {
    this.up = false;
    this.started = false;
    this.paused = false;
    this.role = "follower";
    this.term = 0;
    this.leader = "-";
    this.vote = "-";
    this.base = { index: 0, term: 0 };
    this.runs = [];
    this.durable = 0;
    this.committed = 0;
    this.applied = 0;
    this.snapshot = 0;
  }

  copy() {
    const copy = Object.assign(new NodeState(), this);
    copy.runs = this.runs.map((run) => run.slice());
    return copy;
  }

  last() {
    return this.runs.length ? this.runs[this.runs.length - 1][1] : this.base.index;
  }

  /** Term of the entry at an index; 0 if the log has none there. */
  termAt(index) {
    let low = 0;
    let high = this.runs.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const [first, last, term] = this.runs[middle];
      if (index < first) high = middle - 1;
      else if (index > last) low = middle + 1;
      else return term;
    }
    return index > 0 && index === this.base.index ? this.base.term : 0;
  }

  append(runs) {
    for (const [first, last, term] of runs) {
      const end = this.runs[this.runs.length - 1];
      if (end && end[2] === term && end[1] + 1 === first) end[1] = last;
      else this.runs.push([first, last, term]);
    }
  }

  /** Keeps entries before an index. */
  cut(index) {
    while (this.runs.length && this.runs[this.runs.length - 1][0] >= index) this.runs.pop();
    const end = this.runs[this.runs.length - 1];
    if (end && end[1] >= index) end[1] = index - 1;
    this.durable = Math.min(this.durable, index - 1);
  }

  /** Drops entries up to one. */
  compact(base) {
    this.base = base;
    while (this.runs.length && this.runs[0][1] <= base.index) this.runs.shift();
    if (this.runs.length && this.runs[0][0] <= base.index) this.runs[0][0] = base.index + 1;
  }

  /** What an event of this node makes of its state. */
  apply(kind, fields) {
    const { words, keys } = fields;
    switch (kind) {
      case "start":
        Object.assign(this, new NodeState());
        this.up = true;
        this.started = true;
        this.term = Number(keys.term);
        this.vote = keys.vote;
        this.base = parseEntry(keys.base);
        this.runs = parseRuns(keys.log);
        this.durable = this.last();
        this.applied = Number(keys.applied);
        this.committed = Math.max(this.applied, this.base.index);
        break;
      case "crash":
        this.up = false;
        this.paused = false;
        this.role = "follower";
        this.leader = "-";
        break;
      case "pause":
        this.paused = true;
        break;
      case "resume":
        this.paused = false;
        break;
      case "role": {
        const term = Number(keys.term);
        if (term !== this.term) this.vote = "-";
        this.term = term;
        this.role = words[0].slice(words[0].indexOf(">") + 1);
        this.leader = keys.leader;
        break;
      }
      case "voted":
        this.term = Number(keys.term);
        this.vote = words[0];
        break;
      case "appended":
        this.append(parseRuns(words[0]));
        break;
      case "truncated":
        this.cut(parseInt(words[0], 10));
        break;
      case "synced":
        this.durable = Number(words[0]);
        break;
      case "committed":
        this.committed = Number(words[0]);
        break;
      case "applied":
        this.applied = Number(words[0].split("-")[1]);
        break;
      case "snapshot-taken":
        this.snapshot = parseEntry(words[0]).index;
        break;
      case "compacted":
        this.compact(parseEntry(words[0]));
        break;
      case "snapshot-installed": {
        const base = parseEntry(words[0]);
        if (this.termAt(base.index) !== base.term) this.runs = [];
        this.compact(base);
        this.durable = Math.max(this.durable, base.index);
        this.committed = Math.max(this.committed, base.index);
        this.applied = base.index;
        this.snapshot = base.index;
        break;
      }
      default:
    }
  }
}

class Model {
  constructor(text) {
    this.text = text;
    this.findLines();
    const n = this.count;
    this.number = new Float64Array(n);
    this.time = new Float64Array(n);
    this.node = new Int16Array(n);
    this.kind = new Array(n);
    this.messageKind = new Array(n);
    this.group = new Uint8Array(n);
    this.ref = new Int32Array(n).fill(-1);
    this.peer = new Array(n);
    this.reigns = [];
    this.faults = [];
    this.segments = [];
    this.leaders = [];
    this.keyframes = [];
    this.indexLines();
    this.end = n ? Math.max(this.time[n - 1], 1) : 1;
    this.trackStates();
    this.linkMessages();
    this.linkFaults();
    this.cache = null;
  }

  findLines() {
    const starts = [];
    let from = 0;
    while (from < this.text.length) {
      let to = this.text.indexOf("\n", from);
      if (to < 0) to = this.text.length;
      if (this.text[from] === "#") starts.push(from);
      from = to + 1;
    }
    this.starts = starts;
    this.count = starts.length;
  }

  /** The line as the text form has it. */
  line(i) {
    let end = this.text.indexOf("\n", this.starts[i]);
    if (end < 0) end = this.text.length;
    return unescapeLine(this.text.slice(this.starts[i], end));
  }

  /** The line after number, time and node, taken apart. */
  fields(i) {
    const line = this.line(i);
    const colon = line.indexOf(" : ");
    const head = colon < 0 ? line : line.slice(0, colon);
    const words = [];
    const keys = {};
    for (const token of head.split(" ").slice(4)) {
      const equals = token.indexOf("=");
      if (equals > 0) keys[token.slice(0, equals)] = token.slice(equals + 1);
      else words.push(token);
    }
    const raw = colon < 0 ? "" : line.slice(colon + 3);
    const text = raw.replace(/\\(u[0-9a-f]{4}|.)/g, (all, c) =>
      c === "n" ? "\n" : c.length > 1 ? String.fromCharCode(parseInt(c.slice(1), 16)) : c);
    return { words, keys, text };
  }

  indexLines() {
    const names = new Set();
    const heads = [];
    for (let i = 0; i < this.count; i++) {
      const start = this.starts[i];
      const stop = i + 1 < this.count ? this.starts[i + 1] - 1 : this.text.length;
      const tokens = this.text.slice(start, Math.min(stop, start + 120)).split(" ", 8);
      heads.push(tokens);
      this.number[i] = Number(tokens[0].slice(1));
      this.time[i] = Math.round(Number(tokens[1]) * 1e6);
      this.kind[i] = tokens[3].trim();
      if (tokens[2] !== "-") names.add(tokens[2]);
    }
    this.nodes = [...names].sort((a, b) => Number(a.slice(1)) - Number(b.slice(1)));
    const place = new Map(this.nodes.map((name, k) => [name, k]));
    this.place = place;
    for (let i = 0; i < this.count; i++) {
      const tokens = heads[i];
      this.node[i] = place.has(tokens[2]) ? place.get(tokens[2]) : -1;
      this.indexEvent(i, this.kind[i], tokens);
    }
  }

  indexEvent(i, kind, tokens) {
    let group = GROUP_OF_EVENT[kind];
    if (MESSAGE_EVENTS.has(kind)) {
      const shift = kind === "recv" || kind === "drop" ? 1 : 0;
      if (shift) this.ref[i] = this.indexOf(Number(tokens[4].slice(1)));
      this.peer[i] = tokens[4 + shift];
      this.messageKind[i] = (tokens[5 + shift] || "").trim();
      group = GROUP_OF_MESSAGE[this.messageKind[i]];
    } else if (kind === "answer" || (kind === "fault-end" && tokens[4].startsWith("#"))) {
      this.ref[i] = this.indexOf(Number(tokens[4].slice(1)));
    }
    this.group[i] = GROUP_INDEX[group === undefined ? "notes" : group];
  }

  /** Index of the event with a number, -1 if there is none. */
  indexOf(number) {
    const i = lowerBound(this.number, number);
    return this.number[i] === number ? i : -1;
  }

  /** Index of the first event at or after a time. */
  firstAt(time) {
    return lowerBound(this.time, time);
  }

  isMessage(i) {
    return MESSAGE_EVENTS.has(this.kind[i]);
  }

  // -------------------------------------------------------------------------------------------
  // States
  // -------------------------------------------------------------------------------------------

  /** Notes what each node was from when to when, and keeps the states at some events. */
  trackStates() {
    const states = this.nodes.map(() => new NodeState());
    const open = this.nodes.map(() => null);
    this.reigns = this.nodes.map(() => []);
    const close = (k, time) => {
      if (open[k]) {
        open[k].to = time;
        if (time > open[k].from) this.reigns[k].push(open[k]);
        open[k] = null;
      }
    };
    this.nodes.forEach((name, k) => {
      open[k] = { from: 0, to: 0, up: false, started: false, paused: false, role: "follower", term: 0 };
    });
    for (let i = 0; i < this.count; i++) {
      if (i % KEYFRAME_DISTANCE === 0) this.keyframes.push(states.map((state) => state.copy()));
      const k = this.node[i];
      if (k < 0 || this.isMessage(i) || this.kind[i] === "ask" || this.kind[i] === "answer") continue;
      const state = states[k];
      state.apply(this.kind[i], this.fields(i));
      const now = open[k];
      if (now.up !== state.up || now.paused !== state.paused || now.role !== state.role || now.term !== state.term) {
        close(k, this.time[i]);
        const { up, started, paused, role, term } = state;
        open[k] = { from: this.time[i], to: 0, up, started, paused, role, term };
      }
    }
    this.nodes.forEach((name, k) => close(k, this.end));
    this.terms = new Set();
    this.reigns.forEach((reigns, k) => reigns.forEach((reign) => {
      this.terms.add(reign.term);
      if (reign.up && reign.role === "leader") this.leaders.push({ ...reign, k });
    }));
    this.leaders.sort((a, b) => a.from - b.from);
  }

  /** The states of all nodes after an event; to be read only, and only until the next call. */
  statesAfter(i) {
    const frame = Math.max(0, Math.floor(i / KEYFRAME_DISTANCE));
    if (!this.cache || this.cache.i > i || this.cache.i < frame * KEYFRAME_DISTANCE - 1) {
      const states = this.count ? this.keyframes[frame].map((state) => state.copy()) : [];
      this.cache = { i: frame * KEYFRAME_DISTANCE - 1, states };
    }
    const { states } = this.cache;
    for (let j = this.cache.i + 1; j <= i; j++) {
      const k = this.node[j];
      if (k >= 0 && !this.isMessage(j) && this.kind[j] !== "ask" && this.kind[j] !== "answer") {
        states[k].apply(this.kind[j], this.fields(j));
      }
    }
    this.cache.i = Math.max(i, this.cache.i);
    return states;
  }

  /**
   * The log that all others will come to equal, as far as that can be said: that of the leader of
   * the highest term that runs, otherwise the one that section 5.4.1 calls the most up to date.
   */
  referenceLog(states) {
    let best = null;
    for (const state of states) {
      if (state.up && state.role === "leader" && (!best || state.term > best.term)) best = state;
    }
    if (best) return best;
    const lastTerm = (state) => state.termAt(state.last());
    for (const state of states) {
      if (!best || lastTerm(state) > lastTerm(best)
          || (lastTerm(state) === lastTerm(best) && state.last() > best.last())) best = state;
    }
    return best;
  }

  /** The last event, not after one, by which a node's log got the entry at an index; -1 if none. */
  origin(k, index, i) {
    for (let j = i; j >= 0; j--) {
      if (this.node[j] !== k || (this.kind[j] !== "appended" && this.kind[j] !== "start")) continue;
      const { words, keys } = this.fields(j);
      const runs = parseRuns(this.kind[j] === "start" ? keys.log : words[0]);
      if (runs.some(([first, last]) => first <= index && index <= last)) return j;
    }
    return -1;
  }

  // -------------------------------------------------------------------------------------------
  // What belongs together
  // -------------------------------------------------------------------------------------------

  /** Makes a segment of each way that a message, or a copy of it, went. */
  linkMessages() {
    this.answers = new Map();
    const arrivals = new Map();
    for (let i = 0; i < this.count; i++) {
      const kind = this.kind[i];
      const sent = this.ref[i];
      if (kind === "recv" || kind === "drop") {
        if (sent >= 0) {
          const list = arrivals.get(sent);
          if (list) list.push(i);
          else arrivals.set(sent, [i]);
        }
      } else if (kind === "answer" && sent >= 0) {
        this.answers.set(sent, i);
      }
    }
    for (let i = 0; i < this.count; i++) {
      if (this.kind[i] !== "send") continue;
      const ends = arrivals.get(i) || [-1];
      for (const end of ends) this.segments.push(this.segment(i, end));
    }
    this.arrivals = arrivals;
    // By time of sending; those that take long are few and looked at one by one.
    this.longSegments = this.segments.filter((s) => s.t1 - s.t0 > LONG_MICROS);
    this.shortSegments = this.segments.filter((s) => s.t1 - s.t0 <= LONG_MICROS);
    this.shortStarts = Float64Array.from(this.shortSegments, (s) => s.t0);
  }

  segment(sent, end) {
    const fate = end < 0 ? "under way" : this.kind[end] === "recv" ? "" : this.fields(end).words[3];
    const t0 = this.time[sent];
    const to = this.place.has(this.peer[sent]) ? this.place.get(this.peer[sent]) : -1;
    return {
      sent, end, fate, to,
      from: this.node[sent],
      t0,
      t1: end < 0 ? this.end : this.time[end],
      kind: this.messageKind[sent],
      group: this.group[sent],
    };
  }

  /** Calls back with every message that is under way at some time between two. */
  segmentsBetween(from, to, visit) {
    for (const s of this.longSegments) {
      if (s.t0 <= to && s.t1 >= from) visit(s);
    }
    for (let j = lowerBound(this.shortStarts, from - LONG_MICROS); j < this.shortStarts.length && this.shortStarts[j] <= to; j++) {
      const s = this.shortSegments[j];
      if (s.t1 >= from) visit(s);
    }
  }

  linkFaults() {
    const byBeginning = new Map();
    for (let i = 0; i < this.count; i++) {
      if (this.kind[i] === "fault") {
        const { words, keys, text } = this.fields(i);
        const planned = Math.round(Number(keys.for || 0) * 1e6);
        const nodes = words[0] === "-" ? [] : words[0].split(",").map((name) => this.place.get(name));
        const fault = {
          i, name: words[1], text, from: this.time[i],
          to: planned ? Math.min(this.time[i] + planned, this.end) : this.end,
          nodes: nodes.filter((k) => k !== undefined),
        };
        this.faults.push(fault);
        byBeginning.set(i, fault);
      } else if (this.kind[i] === "fault-end") {
        const ended = this.ref[i] < 0 ? this.faults : [byBeginning.get(this.ref[i])];
        for (const fault of ended) if (fault) fault.to = Math.min(fault.to, this.time[i]);
      }
    }
  }
}
