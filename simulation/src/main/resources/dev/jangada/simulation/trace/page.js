"use strict";

/*
 * What the reader does: choose an event, move through time, filter, search. All state is in here;
 * whatever changes it tells the parts to redraw themselves.
 */

const $ = (id) => document.getElementById(id);
const SEARCH_AT_ONCE = 200000;
const SPEEDS = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10];

class Page {
  constructor(text) {
    this.model = new Model(text);
    this.theme = new Theme();
    this.selected = this.model.count ? 0 : -1;
    this.time = this.model.count ? this.model.time[0] : 0;
    this.view = { from: 0, to: this.model.end };
    this.nodesOn = this.model.nodes.map(() => true);
    this.groupsOn = GROUPS.map(() => true);
    this.filterVersion = 0;
    this.found = null;
    this.playing = false;
    this.flags = [];
    for (let i = 0; i < this.model.count; i++) {
      if (this.model.kind[i] === "note" || this.model.kind[i] === "violation") this.flags.push(i);
    }
    this.applyFilter();
    $("logs").style.height = `${18 + this.model.nodes.length * LOG_ROW + 4}px`;
    this.diagram = new Diagram($("diagram"), this);
    this.overview = new Overview($("overview"), this);
    this.ring = new Ring($("ring"), this);
    this.logs = new Logs($("logs"), this);
    this.inspector = new Inspector($("inspector"), this);
    this.list = new EventList($("list"), this);
    this.makeFilters();
    this.bindButtons();
    this.bindDiagram();
    this.bindLogs();
    this.bindKeys();
    window.addEventListener("hashchange", () => this.followHash());
    this.theme.media.addEventListener("change", () => this.recolour());
    this.filtersChanged();
    this.begin();
  }

  /** Where a reader wants to begin: at the linked event, the violation, or the first leader. */
  begin() {
    if (this.followHash()) return;
    const violation = this.flags.find((i) => this.model.kind[i] === "violation");
    if (violation !== undefined) {
      this.select(violation, { keepHash: true });
      this.zoomTo(this.model.time[violation] - 1e6, this.model.time[violation] + 2e5);
    } else if (this.model.leaders.length) {
      const { from } = this.model.leaders[0];
      let i = this.model.firstAt(from);
      while (i + 1 < this.model.count && !(this.model.kind[i] === "role" && this.model.line(i).includes(">leader"))) i++;
      this.select(i, { keepHash: true });
    } else {
      this.select(this.selected, { keepHash: true });
    }
  }

  followHash() {
    const match = /^#e(\d+)$/.exec(location.hash);
    if (!match) return false;
    const i = this.model.indexOf(Number(match[1]));
    if (i < 0) {
      this.say(`There is no event #${match[1]}.`);
      return false;
    }
    this.select(i);
    const width = Math.min(this.view.to - this.view.from, 200000);
    this.zoomTo(this.time - width / 2, this.time + width / 2);
    return true;
  }

  // -------------------------------------------------------------------------------------------
  // The chosen event
  // -------------------------------------------------------------------------------------------

  select(i, { keepHash = false, time } = {}) {
    if (i < 0 || i >= this.model.count) return;
    this.selected = i;
    this.time = time === undefined ? this.model.time[i] : time;
    if (!keepHash) history.replaceState(null, "", `#e${this.model.number[i]}`);
    this.keepInView();
    this.inspector.show();
    this.list.reveal();
    this.showTime();
    this.redraw();
  }

  /** Moves the view, with its width, so that the chosen moment is well inside. */
  keepInView() {
    const { from, to } = this.view;
    const width = to - from;
    if (this.time < from + 0.03 * width || this.time > to - 0.06 * width) {
      this.setView(this.time - width / 3, this.time + (2 * width) / 3);
    }
  }

  /** Goes to the next event that is shown, or the previous one, perhaps of a kind. */
  step(direction, accept = () => true) {
    let place = this.placeOf(this.selected);
    const there = this.shown[place] === this.selected;
    if (direction > 0 && there) place++;
    if (direction < 0) place--;
    while (place >= 0 && place < this.shown.length) {
      if (accept(this.shown[place])) {
        this.select(this.shown[place]);
        return true;
      }
      place += direction;
    }
    return false;
  }

  /** Place, among the events that are shown, of an event or of the next one after it. */
  placeOf(i) {
    return lowerBound(this.shown, i);
  }

  isElection(i) {
    return this.model.kind[i] === "role" && / (role \S+>leader) /.test(this.model.line(i));
  }

  // -------------------------------------------------------------------------------------------
  // The part of the run in view
  // -------------------------------------------------------------------------------------------

  setView(from, to) {
    const width = Math.max(50, Math.min(to - from, this.model.end * 1.02));
    const start = Math.max(-0.01 * this.model.end, Math.min(from, this.model.end * 1.01 - width));
    this.view = { from: start, to: start + width };
    this.diagram.invalidate();
    this.overview.invalidate();
  }

  zoomTo(from, to) {
    this.setView(from, to);
  }

  zoom(factor, around) {
    const { from, to } = this.view;
    const at = around === undefined ? (this.time >= from && this.time <= to ? this.time : (from + to) / 2) : around;
    const width = Math.max(50, Math.min((to - from) * factor, this.model.end * 1.02));
    const share = (at - from) / (to - from);
    this.setView(at - share * width, at + (1 - share) * width);
  }

  center(time) {
    const width = this.view.to - this.view.from;
    this.setView(time - width / 2, time + width / 2);
  }

  // -------------------------------------------------------------------------------------------
  // Filters and search
  // -------------------------------------------------------------------------------------------

  isShown(i) {
    return this.visible[i] === 1;
  }

  get shownNodes() {
    const shown = [];
    this.nodesOn.forEach((on, k) => on && shown.push(k));
    return shown;
  }

  applyFilter() {
    const { model } = this;
    this.visible = new Uint8Array(model.count);
    this.shown = [];
    for (let i = 0; i < model.count; i++) {
      const k = model.node[i];
      if (this.groupsOn[model.group[i]] && (k < 0 || this.nodesOn[k])) {
        this.visible[i] = 1;
        this.shown.push(i);
      }
    }
    this.filterVersion++;
  }

  filtersChanged() {
    this.applyFilter();
    if (this.query) this.find(this.query);
    this.list.refresh();
    const all = `${this.model.count.toLocaleString("en")} events`;
    const some = `${this.shown.length.toLocaleString("en")} of ${all}`;
    $("count").textContent = this.shown.length === this.model.count ? all : some;
    $("count").title = some;
    $("count").dataset.shown = String(this.shown.length);
    this.redraw();
  }

  makeFilters() {
    const counts = GROUPS.map(() => 0);
    for (let i = 0; i < this.model.count; i++) counts[this.model.group[i]]++;
    this.model.nodes.forEach((name, k) => this.makeChip($("nodes"), name, `show ${name} (key ${k + 1})`, this.nodesOn, k));
    GROUPS.forEach((group, g) => {
      if (counts[g]) {
        const chip = this.makeChip($("kinds"), group.label, group.title, this.groupsOn, g);
        chip.dataset.group = group.id;
        const count = document.createElement("small");
        count.textContent = counts[g] < 10000 ? String(counts[g]) : `${Math.round(counts[g] / 1000)}k`;
        chip.append(count);
      }
    });
  }

  /** A switch; with the Alt key, or a double click, it leaves only this one on. */
  makeChip(parent, label, title, switches, at) {
    const chip = document.createElement("button");
    chip.className = "chip";
    chip.textContent = label;
    chip.title = `${title}; Alt-click: only this`;
    chip.setAttribute("aria-pressed", "true");
    chip.addEventListener("click", (event) => {
      if (event.altKey) {
        const only = switches.every((on, k) => on === (k === at));
        switches.forEach((on, k) => (switches[k] = only || k === at));
      } else {
        switches[at] = !switches[at];
      }
      [...parent.children].forEach((other) => other.refresh && other.refresh());
      this.filtersChanged();
    });
    chip.refresh = () => chip.setAttribute("aria-pressed", String(switches[at]));
    parent.append(chip);
    return chip;
  }

  /** Finds what is typed among the lines that are shown; "#12" is the event with that number. */
  find(query) {
    this.query = query;
    const number = /^#?e?(\d+)$/.exec(query.trim());
    this.found = null;
    this.hits = [];
    if (number && query.trim().startsWith("#")) {
      const i = this.model.indexOf(Number(number[1]));
      if (i >= 0) this.hits = [i];
    } else if (query.trim()) {
      const wanted = query.trim().toLowerCase();
      this.hits = this.shown.filter((i) => this.model.line(i).toLowerCase().includes(wanted));
    }
    if (query.trim()) this.found = new Set(this.hits);
    $("hits").textContent = query.trim() ? `${this.hits.length.toLocaleString("en")} found` : "";
    $("hits").dataset.hits = String(this.hits.length);
    this.list.fill();
  }

  /** Goes to the next hit, or the previous one, and begins anew at the end. */
  nextHit(direction) {
    if (!this.hits || !this.hits.length) return;
    const after = this.hits.filter((i) => (direction > 0 ? i > this.selected : i < this.selected));
    const next = direction > 0 ? (after.length ? after[0] : this.hits[0]) : after.length ? after[after.length - 1] : this.hits[this.hits.length - 1];
    this.select(next);
  }

  // -------------------------------------------------------------------------------------------
  // Playing
  // -------------------------------------------------------------------------------------------

  togglePlay() {
    this.playing = !this.playing;
    $("play").textContent = this.playing ? "❚❚" : "▶";
    $("play").setAttribute("aria-label", this.playing ? "pause" : "play");
    document.body.dataset.playing = String(this.playing);
    if (this.playing) {
      if (this.selected >= this.model.count - 1) this.select(0);
      let last = null;
      const frame = (now) => {
        if (!this.playing) return;
        if (last !== null) this.advance((now - last) * 1000 * SPEEDS[Number($("speed").value)]);
        last = now;
        requestAnimationFrame(frame);
      };
      requestAnimationFrame(frame);
    } else if (this.selected >= 0) {
      this.select(this.selected);
    }
  }

  /** Lets so many microseconds of the run pass. */
  advance(micros) {
    this.time += micros;
    if (this.time >= this.model.end) {
      this.time = this.model.end;
      this.togglePlay();
    }
    const i = Math.max(0, this.model.firstAt(this.time + 0.5) - 1);
    if (i !== this.selected) {
      this.select(i, { keepHash: true, time: this.time });
    } else {
      this.keepInView();
      this.showTime();
      this.redraw();
    }
  }

  showTime() {
    $("time").textContent = `${(this.time / 1e6).toFixed(6)} s`;
  }

  showSpeed() {
    const speed = SPEEDS[Number($("speed").value)];
    $("speed-label").textContent = `${speed}×`;
  }

  // -------------------------------------------------------------------------------------------
  // Buttons, pointer, keys
  // -------------------------------------------------------------------------------------------

  redraw() {
    this.diagram.invalidate();
    this.overview.invalidate();
    this.ring.invalidate();
    this.logs.invalidate();
  }

  recolour() {
    this.theme.refresh();
    this.redraw();
  }

  logsScrolled() {
    $("follow").hidden = this.logs.offset === null;
  }

  say(text) {
    $("message").textContent = text;
    $("message").hidden = !text;
    clearTimeout(this.silence);
    this.silence = setTimeout(() => ($("message").hidden = true), 4000);
  }

  bindButtons() {
    const click = (id, action) => $(id).addEventListener("click", action);
    click("first", () => this.select(this.shown[0]));
    click("previous", () => this.step(-1));
    click("next", () => this.step(1));
    click("last", () => this.select(this.shown[this.shown.length - 1]));
    click("play", () => this.togglePlay());
    click("previous-leader", () => this.step(-1, (i) => this.isElection(i)));
    click("next-leader", () => this.step(1, (i) => this.isElection(i)));
    click("zoom-in", () => this.zoom(0.5));
    click("zoom-out", () => this.zoom(2));
    click("fit", () => this.setView(0, this.model.end));
    click("theme", () => {
      this.theme.toggle();
      this.redraw();
    });
    click("help", () => $("help-dialog").showModal());
    click("help-close", () => $("help-dialog").close());
    click("follow", () => this.logs.scroll(Infinity));
    click("copy", () => {
      const link = `${location.href.split("#")[0]}#e${this.model.number[this.selected]}`;
      if (navigator.clipboard) navigator.clipboard.writeText(link).then(() => this.say("Link copied."), () => this.say(link));
      else this.say(link);
    });
    $("speed").addEventListener("input", () => this.showSpeed());
    this.showSpeed();
    let due;
    $("search").addEventListener("input", () => {
      clearTimeout(due);
      // A long run takes long to search: not for every letter.
      if (this.model.count < SEARCH_AT_ONCE) this.find($("search").value);
      else due = setTimeout(() => this.find($("search").value), 400);
    });
    $("search").addEventListener("keydown", (event) => {
      if (event.key === "Enter") this.nextHit(event.shiftKey ? -1 : 1);
      if (event.key === "Escape") {
        $("search").value = "";
        this.find("");
        $("search").blur();
      }
      event.stopPropagation();
    });
  }

  bindDiagram() {
    const canvas = $("diagram");
    const tip = $("tip");
    let grabbed = null;
    const place = (event) => {
      const box = canvas.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };
    canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      const width = this.view.to - this.view.from;
      if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
        const move = ((event.deltaX || event.deltaY) / this.diagram.plotWidth) * width;
        this.setView(this.view.from + move, this.view.to + move);
      } else {
        this.zoom(1.0018 ** event.deltaY, this.diagram.timeAt(place(event)[0]));
      }
    }, { passive: false });
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      grabbed = { at: place(event), view: this.view, moved: false };
      tip.hidden = true;
    });
    canvas.addEventListener("pointermove", (event) => {
      const [x, y] = place(event);
      if (grabbed) {
        const move = ((grabbed.at[0] - x) / this.diagram.plotWidth) * (grabbed.view.to - grabbed.view.from);
        if (Math.abs(x - grabbed.at[0]) > 3) grabbed.moved = true;
        if (grabbed.moved) this.setView(grabbed.view.from + move, grabbed.view.to + move);
        return;
      }
      const i = this.diagram.eventAt(x, y);
      canvas.style.cursor = i >= 0 ? "pointer" : "grab";
      tip.hidden = i < 0;
      if (i >= 0) {
        tip.textContent = describe(this.model, i).title;
        tip.style.left = `${Math.min(x + 14, this.diagram.surface.width - tip.offsetWidth - 4)}px`;
        tip.style.top = `${Math.max(2, y - 30)}px`;
      }
    });
    canvas.addEventListener("pointerup", (event) => {
      if (grabbed && !grabbed.moved) this.clicked(...place(event));
      grabbed = null;
    });
    canvas.addEventListener("pointerleave", () => (tip.hidden = true));
    canvas.addEventListener("dblclick", (event) => this.zoom(0.25, this.diagram.timeAt(place(event)[0])));
  }

  /** Chooses what is drawn at a place, or the moment. */
  clicked(x, y) {
    const i = this.diagram.eventAt(x, y);
    if (i >= 0) {
      this.select(i);
    } else if (x > LANE_LABEL_WIDTH && this.model.count) {
      const time = Math.max(0, this.diagram.timeAt(x));
      this.select(Math.max(0, this.model.firstAt(time) - 1), { time: Math.min(time, this.model.end) });
    }
  }

  /** A square of the logs tells its state, and leads to the event that wrote it. */
  bindLogs() {
    const canvas = $("logs");
    canvas.addEventListener("pointermove", (event) => {
      const entry = this.logs.entryAt(event.offsetX, event.offsetY);
      canvas.style.cursor = entry ? "pointer" : "default";
      canvas.title = entry ? entry.words : "";
    });
    canvas.addEventListener("click", (event) => {
      const entry = this.logs.entryAt(event.offsetX, event.offsetY);
      if (entry) this.select(this.model.origin(entry.k, entry.index, this.selected));
    });
  }

  bindKeys() {
    const actions = {
      ArrowRight: (event) => this.step(1, event.shiftKey ? this.sameNode() : undefined),
      ArrowLeft: (event) => this.step(-1, event.shiftKey ? this.sameNode() : undefined),
      ArrowUp: () => this.zoom(0.7),
      ArrowDown: () => this.zoom(1 / 0.7),
      "+": () => this.zoom(0.5),
      "=": () => this.zoom(0.5),
      "-": () => this.zoom(2),
      Home: () => this.select(this.shown[0]),
      End: () => this.select(this.shown[this.shown.length - 1]),
      " ": () => this.togglePlay(),
      f: () => this.setView(0, this.model.end),
      l: () => this.step(1, (i) => this.isElection(i)),
      L: () => this.step(-1, (i) => this.isElection(i)),
      n: () => this.nextHit(1),
      N: () => this.nextHit(-1),
      "/": () => $("search").focus(),
      c: () => $("copy").click(),
      t: () => $("theme").click(),
      "?": () => $("help-dialog").showModal(),
      "[": () => this.logs.scroll(-10),
      "]": () => this.logs.scroll(10),
    };
    document.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || $("help-dialog").open) return;
      if (event.target.tagName === "INPUT" && event.target.type !== "range") return;
      const node = Number(event.key) - 1;
      if (node >= 0 && node < this.model.nodes.length) {
        $("nodes").children[node].click();
      } else if (actions[event.key]) {
        if (event.key === " " && event.target.tagName === "BUTTON") event.target.blur();
        actions[event.key](event);
      } else {
        return;
      }
      event.preventDefault();
    });
  }

  sameNode() {
    const k = this.model.node[this.selected];
    return (i) => this.model.node[i] === k;
  }
}

window.addEventListener("error", (event) => {
  document.body.dataset.error = event.message;
  $("message").textContent = `The page is broken: ${event.message}`;
  $("message").hidden = false;
});

/** Kept when everything is there; the browser may paint first, since a long run takes a moment. */
window.ready = new Promise((done) => {
  requestAnimationFrame(() => setTimeout(() => {
    window.page = new Page($("lines").textContent);
    $("message").hidden = true;
    document.body.dataset.ready = "true";
    done("ready");
  }));
});
