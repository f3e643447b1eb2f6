"use strict";

/*
 * What surrounds the diagram: the whole run at a glance, the cluster at the chosen moment, all logs
 * at that moment, the chosen event, and the list of events.
 */

/** The whole run: who led which term when, where it was busy, and what part is in view. */
class Overview {
  constructor(canvas, page) {
    this.page = page;
    this.canvas = canvas;
    this.surface = new Surface(canvas, (context, width, height) => this.draw(context, width, height));
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      this.drag(event);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (event.buttons & 1) this.drag(event);
    });
  }

  drag(event) {
    const box = this.canvas.getBoundingClientRect();
    this.page.center(((event.clientX - box.left) / box.width) * this.page.model.end);
  }

  invalidate() {
    this.surface.invalidate();
  }

  draw(context, width, height) {
    const { model, theme, view, time } = this.page;
    const x = (at) => (at / model.end) * width;
    const strip = height - 16;
    context.font = "10px system-ui, sans-serif";
    context.textBaseline = "middle";
    // How many messages at a time.
    const counts = this.countPerPixel(width);
    const most = Math.max(1, ...counts);
    context.fillStyle = theme.faint;
    counts.forEach((count, at) => {
      const size = Math.sqrt(count / most) * (strip - 8);
      context.fillRect(at, strip - 2 - size, 1, size);
    });
    context.fillStyle = theme.bad;
    for (const fault of model.faults) context.fillRect(x(fault.from), 1, Math.max(1.5, x(fault.to) - x(fault.from)), 3);
    for (const reign of model.leaders) {
      const from = x(reign.from);
      const size = Math.max(1, x(reign.to) - from);
      context.fillStyle = theme.term(reign.term);
      context.fillRect(from, strip, size, 14);
      const label = `${model.nodes[reign.k]} · ${reign.term}`;
      if (context.measureText(label).width + 6 < size) {
        context.fillStyle = theme.onTerm();
        context.textAlign = "left";
        context.fillText(label, from + 3, strip + 7.5);
      }
    }
    for (const i of this.page.flags) {
      context.fillStyle = model.kind[i] === "violation" ? theme.bad : theme.accent;
      context.fillRect(x(model.time[i]) - 1, 0, 2, strip);
    }
    context.fillStyle = theme.accent;
    context.fillRect(x(time) - 1, 0, 2, height);
    const from = x(view.from);
    const size = Math.max(4, x(view.to) - from);
    context.globalAlpha = 0.14;
    context.fillRect(from, 0, size, height);
    context.globalAlpha = 1;
    context.strokeStyle = theme.accent;
    context.lineWidth = 1;
    context.strokeRect(from + 0.5, 0.5, size - 1, height - 1);
  }

  countPerPixel(width) {
    const pixels = Math.ceil(width);
    if (this.counts && this.counts.length === pixels && this.countedFilter === this.page.filterVersion) return this.counts;
    this.counts = new Array(pixels).fill(0);
    this.countedFilter = this.page.filterVersion;
    const { model } = this.page;
    for (let i = 0; i < model.count; i++) {
      if (model.kind[i] === "send" && this.page.isShown(i)) {
        this.counts[Math.min(pixels - 1, Math.floor((model.time[i] / model.end) * pixels))]++;
      }
    }
    return this.counts;
  }
}

/** The nodes in a ring, with the messages that are on their way between them. */
class Ring {
  constructor(canvas, page) {
    this.page = page;
    this.surface = new Surface(canvas, (context, width, height) => this.draw(context, width, height));
  }

  invalidate() {
    this.surface.invalidate();
  }

  draw(context, width, height) {
    const { page } = this;
    const { model, theme } = page;
    const states = model.statesAfter(page.selected);
    const n = model.nodes.length;
    const size = n > 5 ? 17 : 21;
    const centre = [width / 2, height / 2 + (n % 2 && n > 1 ? 6 : 0)];
    const radius = [Math.min(width / 2 - 50, 110), height / 2 - size - 10];
    const at = (k) => {
      const angle = (k / n) * 2 * Math.PI - Math.PI / 2;
      return [centre[0] + radius[0] * Math.cos(angle), centre[1] + radius[1] * Math.sin(angle)];
    };
    this.drawMessages(context, at);
    model.nodes.forEach((name, k) => this.drawNode(context, name, states[k], at(k), size));
    const leader = states.find((s) => s.up && s.role === "leader" && s === model.referenceLog(states));
    context.fillStyle = theme.soft;
    context.font = "11px system-ui, sans-serif";
    context.textAlign = "center";
    context.fillText(leader ? `term ${leader.term}` : "no leader", centre[0], centre[1] - 7);
    context.font = "10px ui-monospace, monospace";
    context.fillText(`${seconds(page.time)} s`, centre[0], centre[1] + 8);
  }

  drawMessages(context, at) {
    const { model, theme, time } = this.page;
    model.segmentsBetween(time, time, (s) => {
      if (s.to < 0 || s.t0 >= s.t1 || !this.page.isShown(s.sent)) return;
      const [x0, y0] = at(s.from);
      const [x1, y1] = at(s.to);
      const done = (time - s.t0) / (s.t1 - s.t0);
      context.strokeStyle = theme.line;
      context.lineWidth = 1;
      context.beginPath();
      context.moveTo(x0, y0);
      context.lineTo(x1, y1);
      context.stroke();
      context.fillStyle = s.fate && s.fate !== "under way" ? theme.bad : theme.message(s.kind);
      context.beginPath();
      context.arc(x0 + (x1 - x0) * done, y0 + (y1 - y0) * done, 4.5, 0, 2 * Math.PI);
      context.fill();
    });
  }

  drawNode(context, name, state, [x, y], size) {
    const { theme } = this.page;
    context.beginPath();
    context.arc(x, y, size, 0, 2 * Math.PI);
    context.fillStyle = state.up ? theme.term(state.term) : theme.line;
    context.globalAlpha = state.paused ? 0.4 : 1;
    context.fill();
    context.globalAlpha = 1;
    if (state.up && state.role !== "follower") {
      context.strokeStyle = state.role === "leader" ? theme.ink : theme.term(state.term);
      context.lineWidth = state.role === "leader" ? 3 : 2;
      context.setLineDash(state.role === "leader" ? [] : [4, 3]);
      context.beginPath();
      context.arc(x, y, size + 3.5, 0, 2 * Math.PI);
      context.stroke();
      context.setLineDash([]);
    }
    context.fillStyle = state.up ? theme.onTerm() : theme.soft;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.font = "700 12px system-ui, sans-serif";
    context.fillText(name, x, y - (state.up ? 5 : 0));
    if (state.up) {
      context.font = "10px system-ui, sans-serif";
      context.fillText(state.paused ? "paused" : `t${state.term}`, x, y + 8);
    }
  }
}

const SQUARE = 21;
const LOG_ROW = 25;
const LOG_LEFT = 178;

/** All logs at the chosen moment, entry by entry, as in Figures 6 and 7 of the paper. */
class Logs {
  constructor(canvas, page) {
    this.page = page;
    this.canvas = canvas;
    this.offset = null;
    this.surface = new Surface(canvas, (context, width, height) => this.draw(context, width, height));
    canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      this.scroll(Math.sign(event.deltaY || event.deltaX) * 3);
    }, { passive: false });
  }

  invalidate() {
    this.surface.invalidate();
  }

  get columns() {
    return Math.max(1, Math.floor((this.surface.width - LOG_LEFT - 30) / SQUARE));
  }

  scroll(entries) {
    const last = this.lastIndex();
    const latest = Math.max(1, last - this.columns + 1);
    const now = this.offset === null ? latest : this.offset;
    const next = Math.max(1, Math.min(latest, now + entries));
    this.offset = next >= latest ? null : next;
    this.page.logsScrolled();
    this.invalidate();
  }

  lastIndex() {
    return Math.max(0, ...this.page.model.statesAfter(this.page.selected).map((s) => s.last()));
  }

  /** Index of the entry in the first column; the newest entries are in view unless one scrolls. */
  firstColumn() {
    const latest = Math.max(1, this.lastIndex() - this.columns + 1);
    return this.offset === null ? latest : Math.min(this.offset, latest);
  }

  /** The entry that is drawn at a place, null if there is none. */
  entryAt(x, y) {
    const { page } = this;
    const k = Math.floor((y - 18) / LOG_ROW);
    const index = this.firstColumn() + Math.floor((x - LOG_LEFT) / SQUARE);
    const state = page.model.statesAfter(page.selected)[k];
    if (!state || x < LOG_LEFT || index <= state.base.index || index > state.last()) return null;
    const parts = [`entry ${index} of term ${state.termAt(index)} at ${page.model.nodes[k]}`];
    parts.push(index <= state.durable ? "on disk" : "not yet on disk");
    parts.push(index <= state.applied ? "applied" : index <= state.committed ? "committed" : "not committed as far as it knows");
    return { k, index, words: `${parts.join(", ")}; click for its origin` };
  }

  draw(context, width) {
    const { page } = this;
    const { model, theme } = page;
    const states = model.statesAfter(page.selected);
    const reference = model.referenceLog(states);
    const first = this.firstColumn();
    const last = Math.min(this.lastIndex(), first + this.columns - 1);
    context.textBaseline = "middle";
    this.drawIndexes(context, first, last);
    model.nodes.forEach((name, k) => {
      const y = 18 + k * LOG_ROW;
      this.drawNode(context, name, states[k], y);
      this.drawEntries(context, states[k], reference, first, last, y);
    });
    if (reference && this.lastIndex() === 0) {
      context.fillStyle = theme.soft;
      context.textAlign = "left";
      context.font = "11px system-ui, sans-serif";
      context.fillText("all logs are empty", LOG_LEFT + 6, 30);
    }
    context.fillStyle = theme.soft;
    if (first > 1) {
      context.textAlign = "right";
      context.font = "12px system-ui, sans-serif";
      context.fillText("‹", LOG_LEFT - 12, 8);
    }
    if (last < this.lastIndex()) {
      context.textAlign = "left";
      context.fillText("›", LOG_LEFT + (last - first + 1) * SQUARE + 4, 8);
    }
    this.canvas.setAttribute("aria-label",
      `Logs: ${model.nodes.map((name, k) => `${name} ${states[k].up ? states[k].role : "down"}, last ${states[k].last()}, committed ${states[k].committed}`).join("; ")}`);
  }

  drawIndexes(context, first, last) {
    const { theme } = this.page;
    context.fillStyle = theme.soft;
    context.font = "10px system-ui, sans-serif";
    context.textAlign = "center";
    const step = last > 999 ? 5 : last > 99 ? 2 : 1;
    for (let index = first; index <= last; index++) {
      if (index % step === 0 || step === 1) {
        context.fillText(String(index), LOG_LEFT + (index - first + 0.5) * SQUARE, 8);
      }
    }
  }

  drawNode(context, name, state, y) {
    const { theme } = this.page;
    const middle = y + SQUARE / 2 + 1;
    context.textAlign = "left";
    context.font = "700 12px system-ui, sans-serif";
    context.fillStyle = theme.ink;
    context.fillText(name, 8, middle);
    context.font = "11px system-ui, sans-serif";
    context.fillStyle = theme.soft;
    if (!state.up) {
      context.fillText("down", 34, middle);
      return;
    }
    context.fillStyle = theme.term(state.term);
    context.fillRect(34, middle - 7, 4, 14);
    context.fillStyle = state.role === "follower" ? theme.soft : theme.ink;
    context.font = `${state.role === "leader" ? "600 " : ""}11px system-ui, sans-serif`;
    context.fillText(state.paused ? "paused" : SHORT_ROLE[state.role], 42, middle);
    context.font = "11px system-ui, sans-serif";
    context.fillStyle = theme.soft;
    context.fillText(`t${state.term}`, 114, middle);
    context.fillText(state.vote === "-" ? "" : `→${state.vote}`, 144, middle);
  }

  drawEntries(context, state, reference, first, last, y) {
    const { theme } = this.page;
    const faded = !state.up;
    if (state.base.index >= first) {
      const end = Math.min(state.base.index, last);
      const size = (end - first + 1) * SQUARE - 2;
      context.fillStyle = theme.line;
      context.fillRect(LOG_LEFT + 1, y + 1, size, SQUARE);
      context.fillStyle = theme.soft;
      context.font = "10px system-ui, sans-serif";
      context.textAlign = "left";
      if (size > 80) context.fillText(`snapshot up to ${state.base.index}`, LOG_LEFT + 6, y + SQUARE / 2 + 1);
    }
    for (let index = Math.max(first, state.base.index + 1); index <= Math.min(last, state.last()); index++) {
      this.drawEntry(context, state, reference, index, LOG_LEFT + (index - first) * SQUARE + 1, y + 1, faded);
    }
    if (state.last() < first && state.last() > 0) {
      context.fillStyle = theme.soft;
      context.font = "10px system-ui, sans-serif";
      context.textAlign = "left";
      context.fillText(`ends at ${state.last()}`, LOG_LEFT + 6, y + SQUARE / 2 + 1);
    }
  }

  drawEntry(context, state, reference, index, x, y, faded) {
    const { theme } = this.page;
    const size = SQUARE - 2;
    const term = state.termAt(index);
    const committed = index <= state.committed;
    const colour = theme.term(term);
    const conflicting = reference && reference !== state && !committed
      && reference.base.index < index && reference.termAt(index) !== term;
    context.globalAlpha = faded ? 0.35 : 1;
    if (committed) {
      context.fillStyle = colour;
      context.fillRect(x, y, size, size);
    } else {
      context.globalAlpha *= 0.2;
      context.fillStyle = colour;
      context.fillRect(x, y, size, size);
      context.globalAlpha = faded ? 0.35 : 1;
    }
    if (conflicting) hatch(context, x, y, size, size, theme.bad, 5);
    context.strokeStyle = conflicting ? theme.bad : colour;
    context.lineWidth = 1.5;
    context.setLineDash(index <= state.durable ? [] : [3, 2]);
    context.strokeRect(x + 0.75, y + 0.75, size - 1.5, size - 1.5);
    context.setLineDash([]);
    context.fillStyle = committed ? theme.onTerm() : conflicting ? theme.bad : theme.ink;
    context.font = "600 11px system-ui, sans-serif";
    context.textAlign = "center";
    context.fillText(String(term), x + size / 2, y + size / 2 - (committed ? 1 : -0.5));
    if (index <= state.applied) {
      context.fillStyle = theme.onTerm();
      context.fillRect(x + 4, y + size - 4.5, size - 8, 2);
    }
    context.globalAlpha = 1;
  }
}

/** The chosen event, with its raw line and what belongs to it. */
class Inspector {
  constructor(element, page) {
    this.element = element;
    this.page = page;
  }

  show() {
    const { page } = this;
    const { model } = page;
    const i = page.selected;
    this.element.replaceChildren();
    if (i < 0) {
      this.element.dataset.event = "";
      this.add("p", "soft", "Choose an event: click on it, or step with the arrow keys.");
      return;
    }
    const { title, detail, paper } = describe(model, i);
    this.element.dataset.event = String(model.number[i]);
    const head = this.add("div", "where", "");
    head.append(`#${model.number[i]} · ${seconds(model.time[i])} s`);
    if (paper) {
      const cite = document.createElement("span");
      cite.className = "cite";
      cite.textContent = paper.startsWith("dissertation") ? paper.replace("dissertation", "diss.") : `paper ${paper}`;
      head.append(cite);
    }
    this.add("h2", "", title);
    if (detail.trim()) this.add("p", "", detail.trim());
    const links = related(model, i);
    if (links.length) {
      const line = this.add("p", "links", "");
      for (const [label, target] of links) {
        const link = document.createElement("a");
        link.href = `#e${model.number[target]}`;
        link.textContent = `${label} #${model.number[target]}`;
        link.addEventListener("click", (event) => {
          event.preventDefault();
          page.select(target);
        });
        line.append(link, " ");
      }
    }
    this.add("pre", "raw", model.line(i));
  }

  add(tag, style, text) {
    const element = document.createElement(tag);
    if (style) element.className = style;
    element.textContent = text;
    this.element.append(element);
    return element;
  }
}

const ROW = 19;

/** No browser has elements of any height. */
const MAX_LIST_HEIGHT = 4000000;

/** The events that the filters let through; only the rows in view exist. */
class EventList {
  constructor(element, page) {
    this.element = element;
    this.page = page;
    this.rows = document.createElement("div");
    this.rows.className = "rows";
    element.append(this.rows);
    element.addEventListener("scroll", () => this.fill());
    element.addEventListener("click", (event) => {
      const row = event.target.closest(".row");
      if (row) page.select(Number(row.dataset.index));
    });
    new ResizeObserver(() => this.fill()).observe(element);
  }

  /** How many pixels of a list without limit one pixel of this one stands for. */
  get scale() {
    const { clientHeight } = this.element;
    const whole = this.page.shown.length * ROW;
    return whole <= MAX_LIST_HEIGHT ? 1 : (whole - clientHeight) / (MAX_LIST_HEIGHT - clientHeight);
  }

  /** The filters have changed. */
  refresh() {
    this.rows.style.height = `${Math.min(MAX_LIST_HEIGHT, this.page.shown.length * ROW)}px`;
    this.reveal();
  }

  /** Scrolls to the chosen event. */
  reveal() {
    const at = this.page.placeOf(this.page.selected) * ROW;
    const { clientHeight } = this.element;
    const top = this.element.scrollTop * this.scale;
    if (at < top + ROW || at > top + clientHeight - 3 * ROW) {
      this.element.scrollTop = Math.max(0, (at - clientHeight / 2) / this.scale);
    }
    this.fill();
  }

  fill() {
    const { shown } = this.page;
    const { scrollTop, clientHeight } = this.element;
    const top = scrollTop * this.scale;
    const first = Math.max(0, Math.floor(top / ROW) - 2);
    const last = Math.min(shown.length, first + Math.ceil(clientHeight / ROW) + 5);
    const rows = [];
    for (let place = first; place < last; place++) {
      const row = this.row(shown[place]);
      row.style.top = `${Math.round(scrollTop + place * ROW - top)}px`;
      rows.push(row);
    }
    this.rows.replaceChildren(...rows);
  }

  row(i) {
    const { model, selected, found } = this.page;
    const row = document.createElement("div");
    row.className = "row";
    row.dataset.index = String(i);
    row.dataset.event = String(model.number[i]);
    if (i === selected) row.classList.add("selected");
    if (found && found.has(i)) row.classList.add("found");
    const time = document.createElement("span");
    time.className = "time";
    time.textContent = (model.time[i] / 1e6).toFixed(4);
    const line = model.line(i);
    const text = document.createElement("span");
    text.textContent = line.slice(line.indexOf(" ", line.indexOf(" ") + 1) + 1);
    if (/ (drop|crash|start-failed|violation|truncated|rejected|\S+-refused)( |$)/.test(line)) text.className = "bad";
    else if (/ role /.test(line)) text.className = "strong";
    row.append(time, text);
    return row;
  }
}
